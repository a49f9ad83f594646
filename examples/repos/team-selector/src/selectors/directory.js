// Everyone, and searching among them.

import {createSelector} from '../store/create-selector.js';
import {byName, mentions} from '../lib/names.js';
import {selectPeopleById, selectTeamsById} from './base.js';
import {selectTeamsOfPeople} from './members.js';
import {selectTeams} from './teams.js';

/** Everyone by name: `{person, home, teams}`, where `teams` are those in which they are a member, home first. */
export const selectDirectory = createSelector(
  [selectPeopleById, selectTeamsOfPeople, selectTeamsById, selectTeams],
  (people, teamsOf, byId, teams) =>
    Object.values(people)
      .sort(byName)
      .map((person) => {
        const own = teamsOf.get(person.id) ?? new Set();
        const others = teams.filter((team) => own.has(team.id) && team.id !== person.home);
        return {person, home: byId[person.home], teams: [byId[person.home], ...others]};
      }),
);

/** Those of the directory whose name or team contains a word. */
export function search(entries, word) {
  return entries.filter(({person, teams}) => mentions(word, [person.name, ...teams.map((team) => team.name)]));
}
