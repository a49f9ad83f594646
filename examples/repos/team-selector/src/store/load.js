// From the text of a data file to a state. Whatever is wrong is said with the place where it is.

import {isDay, isWeek} from '../lib/weeks.js';

/** What is wrong with a data file. */
export class DataError extends Error {}

function check(condition, words) {
  if (!condition) throw new DataError(words);
}

function byId(list, what) {
  const found = {};
  list.forEach((entry, index) => {
    check(typeof entry.id === 'string' && entry.id !== '', `${what}[${index}] has no id`);
    check(!found[entry.id], `${what}[${index}]: the id ${entry.id} is used twice`);
    check(typeof entry.name === 'string', `${what}[${index}] (${entry.id}) has no name`);
    found[entry.id] = entry;
  });
  return found;
}

function weekOrOpen(value, where) {
  const week = value ?? null;
  check(week === null || isWeek(week), `${where}: ${week} is no week; write it like 2026-W10`);
  return week;
}

function membership(entry, where, people, teams) {
  check(people[entry.person], `${where}: there is no person ${entry.person}`);
  check(teams[entry.team], `${where}: there is no team ${entry.team}`);
  const role = entry.role ?? 'member';
  check(['member', 'guest'].includes(role), `${where}: ${role} is no role: member or guest`);
  const from = weekOrOpen(entry.from, where);
  const to = weekOrOpen(entry.to, where);
  check(from === null || to === null || from <= to, `${where} ends before it begins`);
  return {person: entry.person, team: entry.team, role, from, to};
}

/** Reads a data file. `where` names it in errors. */
export function load(text, where) {
  let data;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new DataError(`${where} is not JSON: ${error.message}`);
  }
  for (const key of ['teams', 'people', 'memberships', 'leaves']) {
    check(Array.isArray(data[key]), `${where}: the list \`${key}\` is missing; files of version 1 have to be converted`);
  }
  const teams = byId(data.teams, `${where}: teams`);
  const people = byId(data.people, `${where}: people`);
  const memberships = data.memberships.map((entry, index) =>
    membership(entry, `${where}: memberships[${index}]`, people, teams),
  );
  for (const person of Object.values(people)) {
    check(teams[person.home], `${where}: ${person.id} has the home ${person.home}, which is no team`);
    const atHome = memberships.some(
      (each) => each.person === person.id && each.team === person.home && each.role === 'member',
    );
    check(atHome, `${where}: ${person.id} is no member of their home ${person.home}`);
  }
  for (const team of Object.values(teams)) {
    check(people[team.lead], `${where}: ${team.id} is led by ${team.lead}, who is not among the people`);
  }
  data.leaves.forEach((leave, index) => {
    const at = `${where}: leaves[${index}]`;
    check(people[leave.person], `${at}: there is no person ${leave.person}`);
    check(isDay(leave.from) && isDay(leave.to) && leave.from <= leave.to, `${at}: ${leave.from} to ${leave.to}`);
  });
  const week = data.week ?? '2026-W01';
  check(isWeek(week), `${where}: ${week} is no week; write it like 2026-W10`);
  return {
    teams: {byId: teams, order: data.teams.map((team) => team.id)},
    people: {byId: people},
    memberships,
    leaves: data.leaves,
    assignments: data.assignments ?? [],
    plan: {week, selected: []},
  };
}
