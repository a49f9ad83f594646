import assert from 'node:assert/strict';
import {test} from 'node:test';

import {selectCapacity, selectHelp, selectHoursOf} from '../src/selectors/capacity.js';
import {company} from './support/state.js';

const lend = (person, team, days, week = '2026-W10') => ({person, team, days, week});

test('a team has the hours of its home people', () => {
  assert.deepEqual(selectHoursOf('north')(company()), {contract: 110, hours: 110});
});

test('each day away takes a fifth, also of somebody who is not on leave', () => {
  const state = company({leaves: [{person: 'bea', from: '2026-03-02', to: '2026-03-03', kind: 'sick'}]});
  assert.deepEqual(selectHoursOf('north')(state), {contract: 110, hours: 98});
  assert.deepEqual(selectHoursOf('south')(state), {contract: 100, hours: 100});
});

test('assigned days move from home to the other team', () => {
  const state = company({assignments: [lend('bea', 'south', 2), lend('gus', 'south', 5, '2026-W11')]});
  assert.equal(selectHoursOf('north')(state).hours, 98);
  assert.equal(selectHoursOf('south')(state).hours, 112);
});

test('somebody who is away all week helps nobody', () => {
  const state = company({
    leaves: [{person: 'bea', from: '2026-03-02', to: '2026-03-05', kind: 'holiday'}],
    assignments: [lend('bea', 'south', 2), lend('bea', 'west', 1)],
  });
  assert.deepEqual(
    selectHelp(state).map(({days}) => days),
    [1, 0],
  );
  assert.equal(selectHoursOf('north')(state).hours, 80);
});

test('all teams are listed in the order of the company', () => {
  assert.deepEqual(
    selectCapacity(company()).map(({team, hours}) => [team.name, hours]),
    [
      ['North', 110],
      ['South', 100],
      ['West', 40],
    ],
  );
});
