// Who is away in the week that is planned: docs/rules.md, second section.

import {createSelector} from '../store/create-selector.js';
import {workdaysBetween} from '../lib/weeks.js';
import {byName} from '../lib/names.js';
import {selectLeaves, selectPeopleById, selectWeek} from './base.js';

/** Away on that many of the five working days is on leave. */
export const LEAVE_DAYS = 3;

/** For each person who is away the number of working days: `Map(person id -> days)`. A day counts once. */
export const selectDaysAway = createSelector([selectLeaves, selectWeek], (leaves, week) => {
  const days = new Map();
  for (const {person, from, to} of leaves) {
    const away = workdaysBetween(week, from, to);
    if (away.length === 0) continue;
    if (!days.has(person)) days.set(person, new Set());
    for (const day of away) days.get(person).add(day);
  }
  return new Map([...days].map(([person, set]) => [person, set.size]));
});

/** Ids of those who are on leave in the week. */
export const selectOnLeave = createSelector(
  [selectDaysAway],
  (days) => new Set([...days].filter(([, number]) => number >= LEAVE_DAYS).map(([person]) => person)),
);

/** Everyone with a day away, by name: `{person, days, onLeave}`. */
export const selectAway = createSelector([selectDaysAway, selectOnLeave, selectPeopleById], (days, onLeave, people) =>
  [...days.keys()]
    .map((id) => people[id])
    .sort(byName)
    .map((person) => ({person, days: days.get(person.id), onLeave: onLeave.has(person.id)})),
);
