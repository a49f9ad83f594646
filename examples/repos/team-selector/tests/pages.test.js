// What the pages print: the contract of docs/pages.md.

import assert from 'node:assert/strict';
import {test} from 'node:test';

import {capacityPage} from '../src/pages/capacity.js';
import {directoryPage} from '../src/pages/directory.js';
import {jointPage} from '../src/pages/joint.js';
import {leavePage} from '../src/pages/leave.js';
import {mailingPage} from '../src/pages/mailing.js';
import {teamPage} from '../src/pages/team.js';
import {company, planned} from './support/state.js';

const away = [
  {person: 'bea', from: '2026-03-02', to: '2026-03-04', kind: 'holiday'},
  {person: 'fay', from: '2026-03-06', to: '2026-03-06', kind: 'sick'},
];

function lines(text) {
  assert.equal(text.endsWith('\n'), true);
  for (const line of text.split('\n')) assert.equal(line, line.trimEnd(), 'no trailing spaces');
  return text.split('\n').filter((line) => line !== '');
}

test('team shows members, guests and hours', () => {
  assert.deepEqual(lines(teamPage(company({leaves: away}), 'south')), [
    'South, 2026-W10',
    '---------------',
    '4 members',
    'Bea (on leave)  North  30 h',
    'Dot             South  40 h',
    'Eli             South  20 h',
    'Fay             South  40 h',
    'Guests',
    '- Cem',
    'Hours: 92 h',
  ]);
});

test('a team without guests has no heading for them', () => {
  assert.deepEqual(lines(teamPage(company(), 'west')), ['West, 2026-W10', '--------------', '1 member', 'Gus  West  40 h', 'Hours: 40 h']);
});

test('directory says how many were found', () => {
  assert.deepEqual(lines(directoryPage(company(), 'dot')).slice(2), ['Dot  South  South, North', '1 person']);
  assert.deepEqual(lines(directoryPage(company(), 'zed')).slice(2), ['Nobody.', '0 people']);
});

test('mailing lists members and guests, on leave or not, and nothing else', () => {
  const state = planned(company({leaves: away}), {selected: ['south', 'north']});
  assert.deepEqual(lines(mailingPage(state)), [
    'Mailing list: North, South',
    '--------------------------',
    'Abe',
    'Bea',
    'Cem',
    'Dot',
    'Eli',
    'Fay',
  ]);
});

test('leave shows who is away and for how long', () => {
  assert.deepEqual(lines(leavePage(company({leaves: away}))).slice(2), ['Bea  3 days  on leave', 'Fay  1 day']);
  assert.deepEqual(lines(leavePage(company())).slice(2), ['Nobody.']);
});

test('capacity has a line for each team', () => {
  assert.deepEqual(lines(capacityPage(company({leaves: away}))).slice(2), [
    'North  110 h  92 h  -18 h',
    'South  100 h  92 h   -8 h',
    'West    40 h  40 h    0 h',
  ]);
});

test('joint shows the teams picked with their leads', () => {
  const state = planned(company(), {selected: ['west', 'south']});
  assert.deepEqual(lines(jointPage(state)).slice(0, 4), ['Joint planning, 2026-W10', '------------------------', 'South  Fay', 'West   Abe']);
});

test('pages of several teams say when none is picked', () => {
  for (const page of [mailingPage, jointPage]) assert.equal(lines(page(company())).at(-1), 'No teams picked.');
});
