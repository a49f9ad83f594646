import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';

const CLI = fileURLToPath(new URL('../src/cli.js', import.meta.url));

function crewboard(...words) {
  const {status, stdout, stderr} = spawnSync(process.execPath, [CLI, ...words], {encoding: 'utf8'});
  return {status, stdout, stderr};
}

test('a page is printed for the week that is asked for', () => {
  const {status, stdout} = crewboard('team', 'payments', '--week', '2026-W09');
  assert.equal(status, 0);
  assert.match(stdout, /^Payments, 2026-W09\n/);
  assert.match(stdout, /Bo Lindqvist/, 'left after that week');
});

test('joint names the leads of the teams picked', () => {
  const {stdout} = crewboard('joint', 'payments', 'platform');
  assert.match(stdout, /Platform  Ines Araujo\nPayments  Marek Dvorak\n/);
});

test('mistakes are said on standard error, with exit code 2', () => {
  const cases = [
    [['nothing'], /usage:\n  crewboard team TEAM/],
    [['team', 'nowhere'], /there is no team nowhere/],
    [['leave', '--file', 'missing.json'], /missing\.json/],
  ];
  for (const [words, message] of cases) {
    const {status, stdout, stderr} = crewboard(...words);
    assert.equal(status, 2, words.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, message);
  }
});
