'use strict';

// The module as other programs use it.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const lookout = require('../src/main');
const { lint } = require('../scripts/lint-notes');
const { NOTES, put, temporary } = require('./helpers');

const open = (folders) =>
  new Promise((resolve, reject) => {
    lookout.openIndex(folders, (error, index) => (error ? reject(error) : resolve(index)));
  });

test('the module offers what the README promises', () => {
  assert.deepEqual(Object.keys(lookout).sort(), [
    'FIELDS',
    'Index',
    'formats',
    'openIndex',
    'parseQuery',
    'tokenise',
    'version',
  ]);
});

test('an index is opened, searched and changed', async () => {
  const index = await open({ notes: NOTES, cache: null });
  assert.equal(index.size, 10);
  assert.deepEqual(
    index.search('frost', { limit: 2 }).map((hit) => hit.path),
    ['garden/frost.md', 'house/winter.md'],
  );
  index.remove('garden/frost.md');
  index.add({ path: 'new.md', title: 'Frost flowers', headings: [], tags: [], date: null, body: 'On the window.' });
  assert.deepEqual(
    index.search('frost', { limit: 1 }).map((hit) => hit.title),
    ['Frost flowers'],
  );
  assert.equal(index.size, 10);
});

test('the callback comes after the function has returned', async (t) => {
  const folder = temporary(t);
  put(folder, { 'a.md': 'Something.' });
  let returned = false;
  await new Promise((resolve, reject) => {
    lookout.openIndex({ notes: folder, cache: null }, (error) => {
      assert.equal(returned, true);
      return error ? reject(error) : resolve();
    });
    returned = true;
  });
});

test('an error says which folder', async (t) => {
  const folder = temporary(t);
  await assert.rejects(open({ notes: `${folder}/x`, cache: null }), {
    name: 'StorageError',
    path: `${folder}/x`,
    exitCode: 3,
  });
});

test('every format prints hits, statistics and tags', () => {
  for (const name of lookout.formats.NAMES) {
    const format = lookout.formats.find(name);
    assert.deepEqual(Object.keys(format).sort(), ['hits', 'stats', 'tags'], name);
  }
  assert.throws(() => lookout.formats.find('toString'), { name: 'UsageError' });
});

test('lint can be called as a function', (t, done) => {
  const folder = temporary(t);
  put(folder, { 'a.md': '---\ntags: x\ndate: 2024-01-01\n---\n# Same\n', 'b.md': '# Same\n' });
  lint(folder, (error, complaints) => {
    assert.ifError(error);
    assert.deepEqual(complaints, ['b.md: no tags', 'b.md: no date', 'b.md: has the title of a.md']);
    done();
  });
});
