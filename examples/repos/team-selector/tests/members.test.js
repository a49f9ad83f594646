import assert from 'node:assert/strict';
import {test} from 'node:test';

import {selectGuestsOf, selectMembersOf, selectPeopleOfPicked, selectTeamsOfPeople} from '../src/selectors/members.js';
import {company, names, planned} from './support/state.js';

test('members are those whose membership holds in the week', () => {
  const state = company();
  assert.deepEqual(names(selectMembersOf('north')(state)), ['Abe', 'Bea', 'Cem', 'Dot']);
  assert.deepEqual(names(selectMembersOf('south')(state)), ['Bea', 'Dot', 'Eli', 'Fay']);
  const next = planned(state, {week: '2026-W11'});
  assert.deepEqual(names(selectMembersOf('north')(next)), ['Abe', 'Bea', 'Cem']);
  assert.deepEqual(names(selectMembersOf('south')(next)), ['Bea', 'Dot', 'Eli', 'Fay', 'Gus']);
});

test('guests are no members', () => {
  assert.deepEqual(names(selectGuestsOf('south')(company())), ['Cem']);
  assert.deepEqual(names(selectGuestsOf('north')(company())), []);
});

test('the teams of a person are those in which they work', () => {
  const teams = selectTeamsOfPeople(company());
  assert.deepEqual([...teams.get('bea')], ['north', 'south']);
  assert.deepEqual([...teams.get('cem')], ['north'], 'a guest of south');
  assert.deepEqual([...teams.get('gus')], ['west'], 'not yet in south');
});

test('the people of the teams picked are listed once, with guests', () => {
  const state = company();
  assert.deepEqual(names(selectPeopleOfPicked(planned(state, {selected: ['south', 'west']}))), [
    'Bea',
    'Cem',
    'Dot',
    'Eli',
    'Fay',
    'Gus',
  ]);
  assert.deepEqual(selectPeopleOfPicked(planned(state, {selected: []})), []);
});

test('choosing another week does not compute the same week again', () => {
  const state = company();
  const select = selectMembersOf('west');
  const before = select.runs();
  select(state);
  select({...state, leaves: [...state.leaves]});
  assert.equal(select.runs(), before + 1);
});
