// One team in a week: members, guests, hours.

import {columns, count, hours, page, title} from '../lib/text.js';
import {selectTeamsById, selectWeek} from '../selectors/base.js';
import {selectHoursOf} from '../selectors/capacity.js';
import {selectOnLeave} from '../selectors/leave.js';
import {selectGuestsOf, selectMembersOf} from '../selectors/members.js';

/** The page of a team. */
export function teamPage(state, id) {
  const teams = selectTeamsById(state);
  const onLeave = selectOnLeave(state);
  const shown = (person) => (onLeave.has(person.id) ? `${person.name} (on leave)` : person.name);
  const members = selectMembersOf(id)(state);
  const guests = selectGuestsOf(id)(state);
  const rows = members.map((person) => [shown(person), teams[person.home].name, hours(person.hours)]);
  return page(
    title(`${teams[id].name}, ${selectWeek(state)}`),
    count(members.length, 'member'),
    rows.length > 0 ? columns(rows, {right: [2]}) : 'Nobody.',
    guests.length > 0 ? ['Guests', ...guests.map((person) => `- ${shown(person)}`)] : '',
    `Hours: ${hours(selectHoursOf(id)(state).hours)}`,
  );
}
