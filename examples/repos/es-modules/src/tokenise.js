'use strict';

const stopwords = new Set(require('../data/stopwords.json'));
const { stem } = require('./stem');

const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu;

/** Lower case, without accents and apostrophes. */
function normalise(word) {
  return word.normalize('NFD').replace(/\p{M}/gu, '').replace(/['’].*$/u, '').toLowerCase();
}

/** All words of a text as they stand, with their places: `{ word, start, end }`. */
function words(text) {
  const found = [];
  for (const match of text.matchAll(WORD)) {
    found.push({ word: normalise(match[0]), start: match.index, end: match.index + match[0].length });
  }
  return found;
}

/** Whether a word is worth an entry in the index. */
function counts(word) {
  return word.length > 1 && !stopwords.has(word);
}

/** The words of a text that count; stems of them unless `exact`. */
function tokenise(text, { exact = false } = {}) {
  return words(text)
    .map(({ word }) => word)
    .filter(counts)
    .map((word) => (exact ? word : stem(word)));
}

module.exports = { counts, normalise, tokenise, words };
