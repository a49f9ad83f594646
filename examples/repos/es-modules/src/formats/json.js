'use strict';

// One document per call, with a line break at its end. Scores have four digits: more would differ between machines.

function print(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

exports.hits = function (hits) {
  return print(
    hits.map(({ path, title, date, tags, score, snippet }) => ({
      path,
      title,
      date,
      tags,
      score: Number(score.toFixed(4)),
      snippet,
    })),
  );
};

exports.stats = print;

exports.tags = print;
