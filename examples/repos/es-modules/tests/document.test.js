'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { parseNote } = require('../src/document');

test('fields at the beginning are read', () => {
  const note = parseNote('---\ntitle: "A: b"\ntags: [One, two, one]\ndate: 2024-02-29\n---\nText.\n', 'a.md');
  assert.deepEqual(note, { path: 'a.md', title: 'A: b', headings: [], tags: ['one', 'two'], date: '2024-02-29', body: 'Text.' });
});

test('a title is the first heading or else the file name', () => {
  assert.equal(parseNote('Text\n\n## Second ##\n', 'x/a.md').title, 'Second');
  assert.equal(parseNote('Text', 'x/shopping list.md').title, 'shopping list');
});

test('what stands in a fence is text, whatever it looks like', () => {
  const note = parseNote('# Title\n\n```sh\n# not a heading\n```\n\n## Part\n', 'a.md');
  assert.deepEqual([note.headings, note.body], [['Part'], '# not a heading']);
});

test('marks are not words', () => {
  const note = parseNote('- *one* and [two](https://example.com/three)\n> four\n', 'a.md');
  assert.equal(note.body, 'one and two\nfour');
});

test('a block that is not closed is text, and a wrong date is none', () => {
  assert.equal(parseNote('---\ntitle: x\n', 'a.md').title, 'a');
  assert.equal(parseNote('---\ndate: yesterday\n---\n', 'a.md').date, null);
});
