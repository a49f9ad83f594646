'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { stem } = require('../src/stem');
const { tokenise, words } = require('../src/tokenise');

test('forms of a word have one stem', () => {
  const families = [
    ['frost', 'frosts', 'frosted'],
    ['tomato', 'tomatoes'],
    ['dig', 'digging', 'dug'],
    ['prune', 'pruned', 'pruning'],
    ['berry', 'berries'],
    ['leaf', 'leaves'],
    ['sow', 'sowing', 'sown', 'sows'],
  ];
  for (const family of families) {
    assert.equal(new Set(family.map(stem)).size, 1, family.join(', '));
  }
});

test('short words and words that only look like plurals stay', () => {
  for (const word of ['gas', 'bus', 'glass', 'iris', 'red', 'ring']) {
    assert.equal(stem(word), word);
  }
});

test('accents, case and possessives do not matter', () => {
  assert.deepEqual(tokenise('Café CAFÉ cafe’s'), ['cafe', 'cafe', 'cafe']);
  assert.deepEqual(tokenise('Gardener’s Delight', { exact: true }), ['gardener', 'delight']);
});

test('common words and single letters are left out', () => {
  assert.deepEqual(tokenise('the rest of a day, x'), ['rest', 'day']);
});

test('places are those in the text', () => {
  const text = 'Half-hardy, 20 °C';
  assert.deepEqual(
    words(text).map(({ start, end }) => text.slice(start, end)),
    ['Half', 'hardy', '20', 'C'],
  );
});
