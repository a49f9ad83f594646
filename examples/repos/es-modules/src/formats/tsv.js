'use strict';

// A header line, then one line per row. Tabs and line breaks in values become blanks: there is no quoting in TSV.

function row(values) {
  return `${values.map((value) => String(value ?? '').replace(/[\t\r\n]+/g, ' ')).join('\t')}\n`;
}

exports.hits = function (hits) {
  const lines = hits.map((hit) => row([hit.path, hit.title, hit.date, hit.tags.join(','), hit.score.toFixed(4)]));
  return row(['path', 'title', 'date', 'tags', 'score']) + lines.join('');
};

exports.stats = function (stats) {
  return row(Object.keys(stats)) + row(Object.values(stats));
};

exports.tags = function (tags) {
  return row(['tag', 'notes']) + tags.map(({ tag, notes }) => row([tag, notes])).join('');
};
