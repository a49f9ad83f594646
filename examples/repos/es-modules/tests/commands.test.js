'use strict';

// The commands, called in this process: quicker than starting one for each.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { run } = require('../src/cli');
const { NOTES, put, temporary } = require('./helpers');

/** What a command line prints and how it ends: `{ code, out, err }`. */
function call(args) {
  return new Promise((resolve) => {
    const printed = { out: '', err: '' };
    const stream = (name) => ({ write: (text) => (printed[name] += text) });
    run(args, { out: stream('out'), err: stream('err'), env: {} }, (code) => resolve({ code, ...printed }));
  });
}

const search = (...words) => call(['search', '--notes', NOTES, '--no-cache', ...words]);

test('every term has to fit', async () => {
  const { out } = await search('frost', 'beans', '--format', 'tsv');
  const rows = out.trimEnd().split('\n').slice(1);
  assert.deepEqual(rows.map((row) => row.split('\t')[0]), ['garden/frost.md']);
});

test('a phrase is found as it stands and only there', async () => {
  const { out } = await search('"late frost"');
  assert.match(out, /^1 {2}garden\/frost\.md {2}Late frost\n {3}/);
  assert.equal(out.split('\n').filter((line) => /^\d/.test(line)).length, 1);
});

test('a synonym is found behind the word itself', async () => {
  const { out } = await search('zucchini', '--format', 'json');
  const paths = JSON.parse(out).map((hit) => hit.path);
  assert.deepEqual(paths, ['garden/courgettes.md', 'garden/slugs.md']);
  const exact = await search('zucchini', '--exact');
  assert.deepEqual([exact.code, exact.out], [1, 'Nothing found.\n']);
});

test('a minus leaves notes out and a tag narrows down', async () => {
  const { out } = await search('tag:garden', '-slugs', '-courgettes', '--format', 'tsv', '--limit=2');
  assert.deepEqual(
    out.split('\n').map((row) => row.split('\t').slice(0, 4)),
    [
      ['path', 'title', 'date', 'tags'],
      ['garden/tomatoes.md', 'Tomatoes under glass', '2024-08-17', 'garden,greenhouse'],
      ['garden/beans.md', 'Runner beans on a new frame', '2024-05-19', 'garden'],
      [''],
    ],
  );
});

test('json holds what a program needs', async () => {
  const { out } = await search('title:boiler', '--format', 'json');
  const [hit, ...others] = JSON.parse(out);
  assert.deepEqual(others, []);
  assert.deepEqual(Object.keys(hit), ['path', 'title', 'date', 'tags', 'score', 'snippet']);
  assert.deepEqual([hit.path, hit.date, hit.tags], ['house/boiler.md', '2024-01-08', ['house', 'heating']]);
});

test('statistics are counted over all notes', async () => {
  const { out } = await call(['stats', '--notes', NOTES, '--no-cache']);
  const lines = out.split('\n');
  assert.equal(lines[0], 'notes           10');
  assert.equal(lines[4], 'oldest  2023-10-28');
  assert.equal(lines[5], 'newest  2024-08-17');
});

test('tags are listed by use', async () => {
  const { out } = await call(['tags', '--notes', NOTES, '--no-cache']);
  assert.equal(out.split('\n').slice(0, 3).join('\n'), '6  garden\n3  house\n1  checklist');
});

test('a second search reads the cache, and a changed note is read again', async (t) => {
  const folder = temporary(t);
  const [notes, cache] = [path.join(folder, 'notes'), path.join(folder, 'cache')];
  put(notes, { 'a.md': '# Ladders\n\nThe long one is in the barn.\n', 'b.md': '# Keys\n\nOn the hook.\n' });
  const ask = (word) => call(['search', '--notes', notes, '--cache', cache, word]);
  assert.match((await ask('barn')).out, /a\.md/);
  const [file] = fs.readdirSync(cache);
  const stored = JSON.parse(fs.readFileSync(path.join(cache, file), 'utf8'));
  stored.notes[1].body = 'In the teapot.';
  fs.writeFileSync(path.join(cache, file), JSON.stringify(stored));
  assert.match((await ask('teapot')).out, /b\.md/, 'the stored text is searched');
  put(notes, { 'b.md': '# Keys\n\nIn the blue bowl by the door.\n' });
  assert.equal((await ask('teapot')).code, 1);
  assert.match((await ask('bowl')).out, /b\.md/);
});

test('where the cache lies can be said with each call', async () => {
  assert.equal((await call(['where', '--cache', '/tmp/there'])).out, '/tmp/there\n');
  assert.equal((await call(['where', '--no-cache'])).out, '(no cache)\n');
});

test('a mistake is told with what is allowed', async () => {
  const cases = [
    [['serch', 'x'], 'unknown command "serch"; commands are search, stats, tags, where, version, help'],
    [['search', '--limit', '0', 'x'], '--limit needs a number from 1 on, not "0"'],
    [['search', '--format', 'xml', 'x'], 'unknown format "xml"; formats are json, text, tsv'],
    [['search', 'the', 'of'], 'nothing to search for'],
    [['search', '--', '-slugs'], 'a query needs a term without a minus'],
    [['search', 'colour:red'], 'unknown field "colour"; fields are tag, title'],
  ];
  for (const [args, message] of cases) {
    assert.deepEqual(await call(args), { code: 2, out: '', err: `lookout: ${message}\nTry \`lookout help\`.\n` });
  }
});
