// How actions change the state. Each reducer gets its own part, the action, and the whole state before it.

import {
  ASSIGNED,
  HOURS_CHANGED,
  LEAVE_ADDED,
  LEAVE_CANCELLED,
  MEMBERSHIP_ADDED,
  MEMBERSHIP_ENDED,
  PERSON_ADDED,
  TEAMS_PICKED,
  WEEK_CHOSEN,
} from './actions.js';
import {combineReducers} from './create-store.js';
import {isDay, isWeek, WORKDAYS} from '../lib/weeks.js';

/** An action that the state does not allow. */
export class RefusedAction extends Error {}

function refuse(words) {
  throw new RefusedAction(words);
}

function known(state, {person, team}) {
  if (person !== undefined && !state.people.byId[person]) refuse(`there is no person ${person}`);
  if (team !== undefined && !state.teams.byId[team]) refuse(`there is no team ${team}`);
}

function teams(part) {
  return part;
}

function people(part, action, state) {
  switch (action.type) {
    case PERSON_ADDED: {
      const {person} = action;
      known(state, {team: person.home});
      if (part.byId[person.id]) refuse(`there is already a person ${person.id}`);
      return {...part, byId: {...part.byId, [person.id]: person}};
    }
    case HOURS_CHANGED: {
      known(state, action);
      if (!(action.hours >= 0 && action.hours <= 60)) refuse(`${action.hours} hours a week are not possible`);
      const person = {...part.byId[action.person], hours: action.hours};
      return {...part, byId: {...part.byId, [action.person]: person}};
    }
    default:
      return part;
  }
}

/** Whether two memberships of the same person in the same team hold at the same time. */
function collide(a, b) {
  if (a.person !== b.person || a.team !== b.team) return false;
  const before = (to, from) => to !== null && from !== null && to < from;
  return !before(a.to, b.from) && !before(b.to, a.from);
}

function memberships(part, action, state) {
  switch (action.type) {
    case PERSON_ADDED: {
      const {person, from} = action;
      return [...part, {person: person.id, team: person.home, role: 'member', from, to: null}];
    }
    case MEMBERSHIP_ADDED: {
      const {membership} = action;
      known(state, membership);
      if (!['member', 'guest'].includes(membership.role)) refuse(`${membership.role} is no role: member or guest`);
      const other = part.find((each) => collide(each, membership));
      if (other) refuse(`${membership.person} already belongs to ${membership.team} as ${other.role}`);
      return [...part, membership];
    }
    case MEMBERSHIP_ENDED: {
      known(state, action);
      if (state.people.byId[action.person].home === action.team) refuse(`nobody can leave their home team`);
      return part.map((each) =>
        each.person === action.person && each.team === action.team && each.to === null
          ? {...each, to: action.week}
          : each,
      );
    }
    default:
      return part;
  }
}

function leaves(part, action, state) {
  switch (action.type) {
    case LEAVE_ADDED: {
      const {leave} = action;
      known(state, {person: leave.person});
      if (!isDay(leave.from) || !isDay(leave.to)) refuse(`a leave needs two days, not ${leave.from} and ${leave.to}`);
      if (leave.to < leave.from) refuse(`a leave cannot end on ${leave.to}, before it begins`);
      return [...part, leave];
    }
    case LEAVE_CANCELLED:
      return part.filter((leave) => leave.person !== action.person || leave.from !== action.from);
    default:
      return part;
  }
}

function assignments(part, action, state) {
  if (action.type !== ASSIGNED) return part;
  const {assignment} = action;
  known(state, assignment);
  if (state.people.byId[assignment.person].home === assignment.team) refuse(`nobody is assigned to their home team`);
  const taken = part
    .filter((each) => each.person === assignment.person && each.week === assignment.week)
    .reduce((sum, each) => sum + each.days, 0);
  if (taken + assignment.days > WORKDAYS) refuse(`${assignment.person} has ${WORKDAYS - taken} days left`);
  return [...part, assignment];
}

function plan(part, action, state) {
  switch (action.type) {
    case WEEK_CHOSEN:
      if (!isWeek(action.week)) refuse(`${action.week} is no week; write it like 2026-W10`);
      return {...part, week: action.week};
    case TEAMS_PICKED: {
      for (const team of action.teams) known(state, {team});
      return {...part, selected: [...new Set(action.teams)]};
    }
    default:
      return part;
  }
}

/** The reducer of the whole state. */
export const reducer = combineReducers({teams, people, memberships, leaves, assignments, plan});
