import assert from 'node:assert/strict';
import {test} from 'node:test';

import {parse, UsageError} from '../src/lib/args.js';
import {byName, mentions} from '../src/lib/names.js';
import {columns, count, hours, page, title} from '../src/lib/text.js';
import {holdsIn, isDay, isWeek, weekOf, weeksOfYear, workdays, workdaysBetween} from '../src/lib/weeks.js';

test('names are sorted without regard to accents and case', () => {
  const people = [{id: '3', name: 'zoe'}, {id: '1', name: 'Émile'}, {id: '2', name: 'Edgar'}, {id: '0', name: 'Zoe'}];
  assert.deepEqual(people.sort(byName).map((person) => person.id), ['2', '1', '0', '3']);
});

test('searching ignores accents and case', () => {
  assert.equal(mentions('LEA', ['Léa Fournier']), true);
  assert.equal(mentions(' vega', ['Tomás Vega', 'Platform']), true);
  assert.equal(mentions('x', ['Bo', 'Platform']), false);
});

test('columns are padded and have no trailing spaces', () => {
  assert.deepEqual(columns([['a', 'long', ''], ['bbb', 'c', 'd']]), ['a    long', 'bbb  c     d']);
  assert.deepEqual(columns([['a', '1'], ['b', '100']], {right: [1]}), ['a    1', 'b  100']);
});

test('numbers have their unit', () => {
  assert.equal(count(1, 'person', 'people'), '1 person');
  assert.equal(count(0, 'person', 'people'), '0 people');
  assert.equal(count(2, 'day'), '2 days');
  assert.equal(hours(97.60000000000001), '97.6 h');
});

test('empty parts of a page leave no gap', () => {
  assert.equal(page(title('Ab'), '', ['one', 'two']), 'Ab\n--\n\none\ntwo\n');
});

test('a command line is a command, words and options', () => {
  assert.deepEqual(parse(['joint', 'a', '--week', '2026-W10', 'b', '--file=x=y'], ['week', 'file']), {
    command: 'joint',
    words: ['a', 'b'],
    options: {week: '2026-W10', file: 'x=y'},
  });
});

test('a wrong option says which there are', () => {
  assert.throws(() => parse(['--wek', '1'], ['week', 'file']), /unknown option --wek; there are --week, --file/);
  assert.throws(() => parse(['--week'], ['week']), /--week needs a value/);
  assert.throws(() => parse(['--week', '1', '--week', '2'], ['week']), UsageError);
});

test('a week begins on Monday, also across a year', () => {
  assert.deepEqual(workdays('2026-W10'), ['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06']);
  assert.deepEqual(workdays('2026-W01')[0], '2025-12-29');
  assert.equal(weekOf('2025-12-29'), '2026-W01');
  assert.equal(weekOf('2027-01-03'), '2026-W53');
});

test('some years have 53 weeks', () => {
  assert.deepEqual([2025, 2026, 2027].map(weeksOfYear), [52, 53, 52]);
  assert.equal(isWeek('2026-W53'), true);
  assert.equal(isWeek('2027-W53'), false);
});

test('what is no week or no day is refused', () => {
  for (const text of ['2026-W00', '2026-W1', '2026W10', '']) assert.equal(isWeek(text), false, text);
  for (const text of ['2026-02-29', '2026-2-3', '2026-13-01', '']) assert.equal(isDay(text), false, text);
  assert.equal(isDay('2028-02-29'), true);
});

test('both ends of a span belong to it', () => {
  assert.equal(holdsIn('2026-W10', '2026-W10', '2026-W10'), true);
  assert.equal(holdsIn('2026-W10', null, '2026-W09'), false);
  assert.equal(holdsIn('2026-W10', '2026-W11', null), false);
  assert.equal(holdsIn('2026-W01', '2025-W52', null), true);
});

test('weekends are no working days', () => {
  assert.deepEqual(workdaysBetween('2026-W10', '2026-03-06', '2026-03-08'), ['2026-03-06']);
  assert.deepEqual(workdaysBetween('2026-W10', '2026-03-07', '2026-03-09'), []);
});
