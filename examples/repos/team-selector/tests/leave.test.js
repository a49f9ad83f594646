import assert from 'node:assert/strict';
import {test} from 'node:test';

import {selectAway, selectDaysAway, selectOnLeave} from '../src/selectors/leave.js';
import {company} from './support/state.js';

const off = (person, from, to) => ({person, from, to, kind: 'holiday'});

test('three working days away are a leave, two are not', () => {
  const state = company({leaves: [off('abe', '2026-03-04', '2026-03-10'), off('bea', '2026-03-05', '2026-03-08')]});
  assert.deepEqual([...selectOnLeave(state)], ['abe']);
  assert.equal(selectDaysAway(state).get('bea'), 2);
});

test('leaves are added up, and a day counts once', () => {
  const leaves = [off('eli', '2026-03-02', '2026-03-02'), off('eli', '2026-03-02', '2026-03-03'), off('eli', '2026-03-06', '2026-03-20')];
  const state = company({leaves});
  assert.equal(selectDaysAway(state).get('eli'), 3);
  assert.equal(selectOnLeave(state).has('eli'), true);
});

test('other weeks and weekends do not matter', () => {
  const state = company({leaves: [off('gus', '2026-02-23', '2026-03-01'), off('fay', '2026-03-07', '2026-03-13')]});
  assert.equal(selectDaysAway(state).size, 0);
});

test('who is away is listed by name', () => {
  const state = company({leaves: [off('fay', '2026-03-02', '2026-03-02'), off('abe', '2026-03-02', '2026-03-06')]});
  assert.deepEqual(
    selectAway(state).map(({person, days, onLeave}) => [person.name, days, onLeave]),
    [
      ['Abe', 5, true],
      ['Fay', 1, false],
    ],
  );
});
