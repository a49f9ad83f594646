// Who belongs to which team in the week that is planned: docs/rules.md, first section.

import {createSelector, keyed} from '../store/create-selector.js';
import {holdsIn} from '../lib/weeks.js';
import {byName} from '../lib/names.js';
import {selectMemberships, selectPeopleById, selectPickedIds, selectWeek} from './base.js';

/** The memberships that hold in the week, guests included. */
export const selectCurrentMemberships = createSelector([selectMemberships, selectWeek], (memberships, week) =>
  memberships.filter(({from, to}) => holdsIn(week, from, to)),
);

/** People of a team in a role, by name. */
function inRole(role) {
  return keyed((team) =>
    createSelector([selectCurrentMemberships, selectPeopleById], (memberships, people) =>
      memberships
        .filter((each) => each.team === team && each.role === role)
        .map((each) => people[each.person])
        .sort(byName),
    ),
  );
}

/** Members of a team, by name: `selectMembersOf('platform')(state)`. */
export const selectMembersOf = inRole('member');

/** Guests of a team, by name. */
export const selectGuestsOf = inRole('guest');

/** For each person the ids of the teams in which they are a member: `Map(person id -> Set(team id))`. */
export const selectTeamsOfPeople = createSelector([selectCurrentMemberships], (memberships) => {
  const teams = new Map();
  for (const {person, team, role} of memberships) {
    if (role !== 'member') continue;
    if (!teams.has(person)) teams.set(person, new Set());
    teams.get(person).add(team);
  }
  return teams;
});

/** The people of the teams picked, each once, by name. */
export const selectPeopleOfPicked = createSelector(
  [selectCurrentMemberships, selectPickedIds, selectPeopleById],
  (memberships, picked, people) => {
    const ids = new Set(memberships.filter(({team}) => picked.includes(team)).map(({person}) => person));
    return [...ids].map((id) => people[id]).sort(byName);
  },
);
