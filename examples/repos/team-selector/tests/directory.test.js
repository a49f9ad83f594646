import assert from 'node:assert/strict';
import {test} from 'node:test';

import {search, selectDirectory} from '../src/selectors/directory.js';
import {selectPickedLeads, selectPickedTeams} from '../src/selectors/teams.js';
import {company, planned} from './support/state.js';

test('everyone is listed with home first', () => {
  const dot = selectDirectory(company()).find(({person}) => person.id === 'dot');
  assert.equal(dot.home.name, 'South');
  assert.deepEqual(dot.teams.map((team) => team.name), ['South', 'North']);
});

test('a word is looked for in names and teams', () => {
  const entries = selectDirectory(company());
  const found = (word) => search(entries, word).map(({person}) => person.name);
  assert.deepEqual(found('wes'), ['Gus']);
  assert.deepEqual(found('NORTH'), ['Abe', 'Bea', 'Cem', 'Dot']);
  assert.deepEqual(found('e'), ['Abe', 'Bea', 'Cem', 'Eli', 'Gus']);
  assert.equal(found('').length, 7);
});

test('picked teams stand in the order of the company, with their leads', () => {
  const state = planned(company(), {selected: ['south', 'north']});
  assert.deepEqual(selectPickedTeams(state).map((team) => team.name), ['North', 'South']);
  assert.deepEqual(selectPickedLeads(state).map(({lead}) => lead.name), ['Abe', 'Fay']);
});
