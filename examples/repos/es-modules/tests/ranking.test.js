'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { WEIGHTS, idf, rank } = require('../src/ranking');
const { Index } = require('../src/index');
const { parseQuery } = require('../src/query');

const note = (path, fields) => ({ path, title: path, headings: [], tags: [], date: null, body: '', ...fields });

function order(notes, query) {
  const index = new Index();
  notes.forEach((one) => index.add(one));
  return rank(index, parseQuery(query)).map((hit) => hit.path);
}

test('every field has a weight', () => {
  assert.deepEqual(WEIGHTS, { title: 3, headings: 1.8, tags: 2.2, body: 1 });
});

test('a rare term tells more, and none tells less than nothing', () => {
  assert.ok(idf(1, 100) > idf(50, 100));
  assert.ok(idf(100, 100) > 0);
});

test('a title counts more than a text', () => {
  const notes = [note('text', { body: 'ladder in the barn' }), note('title', { title: 'ladder', body: 'in the barn' })];
  assert.deepEqual(order(notes, 'ladder'), ['title', 'text']);
});

test('once in a short text counts more than once in a long one', () => {
  const notes = [note('long', { body: `ladder ${'rung '.repeat(200)}` }), note('short', { body: 'ladder rung' })];
  assert.deepEqual(order(notes, 'ladder'), ['short', 'long']);
});

test('the word itself beats its synonym', () => {
  const notes = [note('synonym', { body: 'a drip somewhere' }), note('word', { body: 'a leak somewhere' })];
  assert.deepEqual(order(notes, 'leak'), ['word', 'synonym']);
});

test('equals are sorted by date, then by path', () => {
  const notes = [note('b', {}), note('a', {}), note('c', { date: '2024-02-01' }), note('d', { date: '2024-03-01' })];
  const same = notes.map((one) => ({ ...one, title: 'same', body: 'ladder' }));
  assert.deepEqual(order(same, 'ladder'), ['d', 'c', 'a', 'b']);
});

test('a hyphenated tag can be found by its words', () => {
  assert.deepEqual(order([note('a', { tags: ['black-fly'] }), note('b', {})], 'fly'), ['a']);
});
