'use strict';

exports.hits = function (hits) {
  if (hits.length === 0) {
    return 'Nothing found.\n';
  }
  const width = String(hits.length).length;
  const indent = ' '.repeat(width + 2);
  return hits
    .map((hit, at) => {
      const number = String(at + 1).padStart(width);
      const line = `${number}  ${hit.path}  ${hit.title}\n`;
      return hit.snippet === '' ? line : `${line}${indent}${hit.snippet}\n`;
    })
    .join('');
};

exports.stats = function (stats) {
  const rows = [
    ['notes', stats.notes],
    ['words', stats.words],
    ['terms', stats.terms],
    ['tags', stats.tags],
    ['oldest', stats.oldest ?? '-'],
    ['newest', stats.newest ?? '-'],
  ];
  const width = Math.max(...rows.map(([, value]) => String(value).length));
  return rows.map(([name, value]) => `${name.padEnd(8)}${String(value).padStart(width)}\n`).join('');
};

exports.tags = function (tags) {
  const width = Math.max(0, ...tags.map(({ notes }) => String(notes).length));
  return tags.map(({ tag, notes }) => `${String(notes).padStart(width)}  ${tag}\n`).join('');
};
