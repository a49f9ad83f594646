// Hours of teams in the week that is planned: docs/rules.md, third section.

import {createSelector, keyed} from '../store/create-selector.js';
import {WORKDAYS} from '../lib/weeks.js';
import {selectAssignments, selectPeopleById, selectWeek} from './base.js';
import {selectDaysAway} from './leave.js';
import {selectTeams} from './teams.js';

/** Assignments of the week. */
const selectCurrentAssignments = createSelector([selectAssignments, selectWeek], (assignments, week) =>
  assignments.filter((each) => each.week === week),
);

/** Assigned days that are left when days away are taken off first: `[{person, team, days}]`. */
export const selectHelp = createSelector([selectCurrentAssignments, selectDaysAway], (assignments, away) => {
  const free = new Map();
  return assignments.map(({person, team, days}) => {
    const left = free.get(person) ?? WORKDAYS - (away.get(person) ?? 0);
    const given = Math.min(days, left);
    free.set(person, left - given);
    return {person, team, days: given};
  });
});

/** Hours of a team: `{contract, hours}`. */
export const selectHoursOf = keyed((team) =>
  createSelector([selectPeopleById, selectDaysAway, selectHelp], (people, away, help) => {
    const aDay = (person) => person.hours / WORKDAYS;
    const own = Object.values(people).filter((person) => person.home === team);
    const contract = own.reduce((sum, person) => sum + person.hours, 0);
    const lost = own.reduce((sum, person) => sum + (away.get(person.id) ?? 0) * aDay(person), 0);
    const lent = help
      .filter(({person}) => people[person].home === team)
      .reduce((sum, {person, days}) => sum + days * aDay(people[person]), 0);
    const borrowed = help
      .filter((each) => each.team === team)
      .reduce((sum, {person, days}) => sum + days * aDay(people[person]), 0);
    return {contract, hours: contract - lost - lent + borrowed};
  }),
);

/** All teams with their hours, in the company's order: `{team, contract, hours}`. */
export const selectCapacity = (state) => selectTeams(state).map((team) => ({team, ...selectHoursOf(team.id)(state)}));
