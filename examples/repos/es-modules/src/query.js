'use strict';

const synonyms = require('../data/synonyms.json');
const { UsageError } = require('./errors');
const { stem } = require('./stem');
const { counts, normalise, words } = require('./tokenise');

const FIELD_NAMES = ['tag', 'title'];

// One term: an optional minus, an optional field, then a phrase or everything up to the next blank.
const TERM = /(-?)(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/gu;

/**
 * Reads a query into `{ terms, exact }`. A term is `{ kind, field, not, words, also }`: its kind is `word`, `prefix`,
 * `phrase` or `tag`; `words` are in the form in which the index has them, `also` are synonyms.
 */
function parseQuery(text, { exact = false } = {}) {
  if ((text.match(/"/g) ?? []).length % 2 === 1) {
    throw new UsageError('a quote is not closed');
  }
  const terms = [];
  for (const [, minus, field, phrase, word] of text.matchAll(TERM)) {
    if (field !== undefined && !FIELD_NAMES.includes(field)) {
      throw new UsageError(`unknown field "${field}"; fields are ${FIELD_NAMES.join(', ')}`);
    }
    const found = phrase === undefined ? wordTerms(word, field, exact) : [phraseTerm(phrase, field)];
    terms.push(...found.filter(Boolean).map((term) => ({ ...term, not: minus === '-' })));
  }
  if (terms.length === 0) {
    throw new UsageError('nothing to search for');
  }
  if (terms.every((term) => term.not)) {
    throw new UsageError('a query needs a term without a minus');
  }
  return { terms, exact };
}

/** `half-hardy` is two words, `sow*` is the beginning of one. */
function wordTerms(text, field, exact) {
  if (field === 'tag') {
    return [{ kind: 'tag', field, words: [text.toLowerCase()], also: [] }];
  }
  const prefix = /^([\p{L}\p{N}]{2,})\*$/u.exec(text);
  if (prefix) {
    return [{ kind: 'prefix', field, words: [normalise(prefix[1])], also: [] }];
  }
  return words(text)
    .map(({ word }) => word)
    .filter(counts)
    .map((word) => ({
      kind: 'word',
      field,
      words: [exact ? word : stem(word)],
      also: exact ? [] : synonymsOf(word).map(stem),
    }));
}

function phraseTerm(text, field) {
  if (field === 'tag') {
    return { kind: 'tag', field, words: [text.trim().toLowerCase()], also: [] };
  }
  const all = words(text).map(({ word }) => word);
  return all.length === 0 ? null : { kind: 'phrase', field, words: all, also: [] };
}

function synonymsOf(word) {
  const singular = word.endsWith('s') ? word.slice(0, -1) : word;
  const group = synonyms.find((names) => names.includes(word) || names.includes(singular)) ?? [];
  return group.filter((name) => name !== word && name !== singular);
}

module.exports = { parseQuery };
