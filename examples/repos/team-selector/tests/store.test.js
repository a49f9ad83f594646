import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import {
  addLeave,
  addMembership,
  addPerson,
  assign,
  cancelLeave,
  changeHours,
  chooseWeek,
  endMembership,
  pickTeams,
} from '../src/store/actions.js';
import {createSelector, keyed} from '../src/store/create-selector.js';
import {createStore} from '../src/store/create-store.js';
import {DataError, load} from '../src/store/load.js';
import {reducer} from '../src/store/reducers.js';
import {company} from './support/state.js';

function refused(words, action, state = company()) {
  assert.throws(() => reducer(state, action), words);
}

test('listeners hear of changes until they leave', () => {
  const store = createStore(reducer, company());
  const heard = [];
  const leave = store.subscribe((state) => heard.push(state.plan.week));
  store.dispatch(chooseWeek('2026-W11'));
  store.dispatch({type: 'nothing/happened'});
  leave();
  store.dispatch(chooseWeek('2026-W12'));
  assert.deepEqual(heard, ['2026-W11']);
  assert.equal(store.getState().plan.week, '2026-W12');
});

test('what did not change stays the same object', () => {
  const before = company();
  assert.equal(reducer(before, {type: 'nothing/happened'}), before);
  const after = reducer(before, chooseWeek('2026-W11'));
  assert.equal(after.people, before.people);
  assert.notEqual(after.plan, before.plan);
});

test('a person comes with a membership at home', () => {
  const person = {id: 'hal', name: 'Hal', home: 'west', hours: 10};
  const state = reducer(company(), addPerson(person, '2026-W10'));
  assert.deepEqual(state.memberships.at(-1), {person: 'hal', team: 'west', role: 'member', from: '2026-W10', to: null});
  refused(/already a person hal/, addPerson(person), state);
});

test('memberships of a person in a team do not overlap', () => {
  refused(/bea already belongs to south as member/, addMembership('bea', 'south', {role: 'guest'}));
  refused(/gus already belongs/, addMembership('gus', 'south', {to: '2026-W11'}));
  const state = reducer(company(), addMembership('gus', 'south', {role: 'guest', to: '2026-W10'}));
  assert.equal(state.memberships.at(-1).role, 'guest');
  refused(/boss is no role/, addMembership('eli', 'west', {role: 'boss'}));
});

test('a membership can end, but not the one at home', () => {
  const state = reducer(company(), endMembership('bea', 'south', '2026-W20'));
  const {to} = state.memberships.find((each) => each.person === 'bea' && each.team === 'south');
  assert.equal(to, '2026-W20');
  refused(/nobody can leave their home team/, endMembership('bea', 'north', '2026-W20'));
});

test('leaves are added and cancelled', () => {
  const state = reducer(company(), addLeave('eli', '2026-03-02', '2026-03-06', 'sick'));
  assert.equal(state.leaves.length, 1);
  assert.equal(reducer(state, cancelLeave('eli', '2026-03-02')).leaves.length, 0);
  refused(/before it begins/, addLeave('eli', '2026-03-06', '2026-03-02'));
});

test('a week has five days to give away', () => {
  const state = reducer(company(), assign('bea', 'south', '2026-W10', 3));
  refused(/bea has 2 days left/, assign('bea', 'west', '2026-W10', 3), state);
  refused(/nobody is assigned to their home team/, assign('bea', 'north', '2026-W10', 1), state);
});

test('hours have limits', () => {
  assert.equal(reducer(company(), changeHours('eli', 32)).people.byId.eli.hours, 32);
  refused(/61 hours a week are not possible/, changeHours('eli', 61));
});

test('teams are picked once each, and only those that exist', () => {
  const state = reducer(company(), pickTeams(['south', 'north', 'south']));
  assert.deepEqual(state.plan.selected, ['south', 'north']);
  refused(/there is no team east/, pickTeams(['north', 'east']));
  refused(/2026-10 is no week/, chooseWeek('2026-10'));
});

test('a selector computes again only if an input changed', () => {
  const selectA = (state) => state.a;
  const selectSum = createSelector([selectA], (list) => list.reduce((sum, each) => sum + each, 0));
  const a = [1, 2];
  assert.equal(selectSum({a, b: 1}), 3);
  assert.equal(selectSum({a, b: 2}), 3);
  assert.equal(selectSum.runs(), 1);
  assert.equal(selectSum({a: [4], b: 2}), 4);
  assert.equal(selectSum.runs(), 2);
});

test('a family of selectors gives the same one for the same id', () => {
  const select = keyed((id) => (state) => state[id]);
  assert.equal(select('a'), select('a'));
  assert.notEqual(select('a'), select('b'));
});

function unreadable(words, different) {
  assert.throws(() => company(different), words);
}

test('the sample can be read', () => {
  const state = load(readFileSync(new URL('../data/sample.json', import.meta.url), 'utf8'), 'sample.json');
  assert.equal(state.teams.order.length, 6);
  assert.deepEqual(state.plan, {week: '2026-W10', selected: []});
});

test('what is not JSON or too old is said', () => {
  assert.throws(() => load('{', 'x.json'), /x\.json is not JSON/);
  assert.throws(() => load('{"teams": [], "people": []}', 'x.json'), /the list `memberships` is missing/);
  assert.throws(() => load('[]', 'x.json'), DataError);
});

test('everyone is a member at home', () => {
  unreadable(/abe is no member of their home north/, {memberships: []});
  const memberships = [{person: 'abe', team: 'north', role: 'guest'}];
  unreadable(/abe is no member of their home north/, {memberships});
});

test('what is named has to exist, and the place is said', () => {
  unreadable(/memberships\[11\]: there is no team east/, {also: [{person: 'abe', team: 'east'}]});
  unreadable(/memberships\[11\] ends before it begins/, {also: [{person: 'abe', team: 'west', from: '2026-W02', to: '2026-W01'}]});
  unreadable(/leaves\[0\]: there is no person zed/, {leaves: [{person: 'zed', from: '2026-03-02', to: '2026-03-02'}]});
  unreadable(/north is led by zed/, {teams: [{id: 'north', name: 'North', lead: 'zed'}, {id: 'south', name: 'S', lead: 'abe'}, {id: 'west', name: 'W', lead: 'abe'}]});
});
