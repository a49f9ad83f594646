// Everything that can happen to the state. Reducers check what these carry; here are only the names and shapes.

export const WEEK_CHOSEN = 'plan/weekChosen';
export const TEAMS_PICKED = 'plan/teamsPicked';
export const PERSON_ADDED = 'people/added';
export const HOURS_CHANGED = 'people/hoursChanged';
export const MEMBERSHIP_ADDED = 'memberships/added';
export const MEMBERSHIP_ENDED = 'memberships/ended';
export const LEAVE_ADDED = 'leaves/added';
export const LEAVE_CANCELLED = 'leaves/cancelled';
export const ASSIGNED = 'assignments/added';

export const chooseWeek = (week) => ({type: WEEK_CHOSEN, week});

export const pickTeams = (teams) => ({type: TEAMS_PICKED, teams});

/** A person comes with the membership in their home team. */
export const addPerson = (person, from = null) => ({type: PERSON_ADDED, person, from});

export const changeHours = (person, hours) => ({type: HOURS_CHANGED, person, hours});

export const addMembership = (person, team, {role = 'member', from = null, to = null} = {}) => ({
  type: MEMBERSHIP_ADDED,
  membership: {person, team, role, from, to},
});

/** The last week of somebody's membership in a team. */
export const endMembership = (person, team, week) => ({type: MEMBERSHIP_ENDED, person, team, week});

export const addLeave = (person, from, to, kind = 'holiday') => ({type: LEAVE_ADDED, leave: {person, from, to, kind}});

export const cancelLeave = (person, from) => ({type: LEAVE_CANCELLED, person, from});

export const assign = (person, team, week, days) => ({type: ASSIGNED, assignment: {person, team, week, days}});
