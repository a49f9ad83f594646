// What stands in the state as it is. Everything else builds on these.

export const selectTeamsById = (state) => state.teams.byId;
export const selectTeamOrder = (state) => state.teams.order;
export const selectPeopleById = (state) => state.people.byId;
export const selectMemberships = (state) => state.memberships;
export const selectLeaves = (state) => state.leaves;
export const selectAssignments = (state) => state.assignments;
export const selectWeek = (state) => state.plan.week;

/** Ids of the teams picked, in the order in which they were picked. */
export const selectPickedIds = (state) => state.plan.selected;
