'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { parseQuery } = require('../src/query');

const terms = (text, options) => parseQuery(text, options).terms;

test('words become stems and bring their synonyms', () => {
  assert.deepEqual(terms('Boilers'), [{ kind: 'word', field: undefined, not: false, words: ['boiler'], also: ['furnac'] }]);
  assert.deepEqual(terms('Boilers', { exact: true })[0].words, ['boilers']);
  assert.deepEqual(terms('boiler', { exact: true })[0].also, []);
});

test('a word with a hyphen is two words', () => {
  assert.deepEqual(terms('half-hardy').map((term) => term.words[0]), ['half', 'hardy']);
});

test('phrases keep common words', () => {
  assert.deepEqual(terms('"out of the wind"')[0].words, ['out', 'of', 'the', 'wind']);
});

test('fields, prefixes and minus signs go together', () => {
  const found = terms('title:"late frost" sow* -tag:pests');
  assert.deepEqual(
    found.map(({ kind, field, not }) => [kind, field, not]),
    [
      ['phrase', 'title', false],
      ['prefix', undefined, false],
      ['tag', 'tag', true],
    ],
  );
});

test('what cannot be searched for is refused', () => {
  const cases = { '': /nothing to search/, 'the of': /nothing to search/, '-a -bc': /without a minus/, '"abc': /not closed/ };
  for (const [text, message] of Object.entries(cases)) {
    assert.throws(() => parseQuery(text), { name: 'UsageError', message });
  }
});
