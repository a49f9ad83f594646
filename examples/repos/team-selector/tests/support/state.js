// A small company for tests: three teams, seven people. Tests say what is different in theirs.

import {load} from '../../src/store/load.js';

const COMPANY = {
  week: '2026-W10',
  teams: [
    {id: 'north', name: 'North', lead: 'abe'},
    {id: 'south', name: 'South', lead: 'fay'},
    {id: 'west', name: 'West', lead: 'abe'},
  ],
  people: [
    {id: 'abe', name: 'Abe', home: 'north', hours: 40},
    {id: 'bea', name: 'Bea', home: 'north', hours: 30},
    {id: 'cem', name: 'Cem', home: 'north', hours: 40},
    {id: 'dot', name: 'Dot', home: 'south', hours: 40},
    {id: 'eli', name: 'Eli', home: 'south', hours: 20},
    {id: 'fay', name: 'Fay', home: 'south', hours: 40},
    {id: 'gus', name: 'Gus', home: 'west', hours: 40},
  ],
  memberships: [
    {person: 'abe', team: 'north'},
    {person: 'bea', team: 'north'},
    {person: 'cem', team: 'north'},
    {person: 'dot', team: 'south'},
    {person: 'eli', team: 'south'},
    {person: 'fay', team: 'south'},
    {person: 'gus', team: 'west'},
    {person: 'bea', team: 'south'},
    {person: 'dot', team: 'north', to: '2026-W10'},
    {person: 'cem', team: 'south', role: 'guest'},
    {person: 'gus', team: 'south', from: '2026-W11'},
  ],
  leaves: [],
  assignments: [],
};

/** The state of the company, with other lists in the place of its own. `also` adds memberships. */
export function company({also = [], ...different} = {}) {
  const data = {...COMPANY, ...different};
  return load(JSON.stringify({...data, memberships: [...data.memberships, ...also]}), 'test');
}

/** The same state with other things planned. */
export function planned(state, plan) {
  return {...state, plan: {...state.plan, ...plan}};
}

/** Names of people, for comparing. */
export const names = (people) => people.map((person) => person.name);
