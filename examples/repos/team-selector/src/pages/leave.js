// Who is away in a week.

import {columns, count, page, title} from '../lib/text.js';
import {selectWeek} from '../selectors/base.js';
import {selectAway} from '../selectors/leave.js';

/** Everyone with a day away. */
export function leavePage(state) {
  const rows = selectAway(state).map(({person, days, onLeave}) => [
    person.name,
    count(days, 'day'),
    onLeave ? 'on leave' : '',
  ]);
  return page(title(`Leave, ${selectWeek(state)}`), rows.length > 0 ? columns(rows) : 'Nobody.');
}
