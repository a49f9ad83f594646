// Teams and their leads.

import {createSelector} from '../store/create-selector.js';
import {selectPeopleById, selectPickedIds, selectTeamOrder, selectTeamsById} from './base.js';

/** All teams in the company's order. */
export const selectTeams = createSelector([selectTeamsById, selectTeamOrder], (teams, order) =>
  order.map((id) => teams[id]),
);

/** The teams picked, in the company's order, whatever the order of picking. */
export const selectPickedTeams = createSelector([selectTeams, selectPickedIds], (teams, picked) =>
  teams.filter((team) => picked.includes(team.id)),
);

/** The teams picked, each with the person who leads it: `{team, lead}`. */
export const selectPickedLeads = createSelector([selectPickedTeams, selectPeopleById], (teams, people) =>
  teams.map((team) => ({team, lead: people[team.lead]})),
);
