'use strict';

// End to end: the program as a process, what it prints and how it ends.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { version } = require('../package.json');
const { NOTES, ROOT, lookout, temporary } = require('./helpers');

test('the best note comes first, with the line that made it fit', async () => {
  const { code, out, err } = await lookout(['search', '--notes', NOTES, '--no-cache', 'blight', 'tomato']);
  assert.equal(err, '');
  assert.equal(
    out,
    '1  garden/tomatoes.md  Tomatoes under glass\n' +
      '   ... the water, so next year all of them go there. The first brown spots of [blight] ...\n',
  );
  assert.equal(code, 0);
});

test('the version is the one of the package', async () => {
  assert.deepEqual(await lookout(['version']), { code: 0, out: `lookout ${version}\n`, err: '' });
});

test('the cache lies beside the program unless someone says otherwise', async () => {
  assert.equal((await lookout(['where'])).out, `${path.join(ROOT, '.cache')}\n`);
  assert.equal((await lookout(['where'], { env: { LOOKOUT_CACHE: '/tmp/elsewhere' } })).out, '/tmp/elsewhere\n');
});

test('a mistake is told on the error stream', async () => {
  const { code, out, err } = await lookout(['search', '--notes', NOTES, '--limit', '0', 'frost']);
  assert.equal(err, 'lookout: --limit needs a number from 1 on, not "0"\nTry `lookout help`.\n');
  assert.deepEqual([code, out], [2, '']);
});

test('a folder that is not there ends with code 3', async (t) => {
  const folder = path.join(temporary(t), 'none');
  const { code, err } = await lookout(['search', '--notes', folder, '--no-cache', 'x-ray']);
  assert.equal(code, 3);
  assert.equal(err, `lookout: cannot list ${folder}: there is no such file or folder\n`);
});

test('notes are linted by a script of their own', async () => {
  const program = path.join(ROOT, 'scripts', 'lint-notes.js');
  const { code, out } = await lookout([NOTES], { program });
  assert.equal(out, 'house/paint.md: no tags\nhouse/paint.md: no date\n');
  assert.equal(code, 1);
});
