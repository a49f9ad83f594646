// Hours of every team in a week.

import {columns, hours, page, title} from '../lib/text.js';
import {selectWeek} from '../selectors/base.js';
import {selectCapacity} from '../selectors/capacity.js';

/** A line for each team: by contract, in this week, the difference. */
export function capacityPage(state) {
  const rows = selectCapacity(state).map(({team, contract, hours: left}) => {
    const difference = left - contract;
    return [team.name, hours(contract), hours(left), `${difference > 0 ? '+' : ''}${hours(difference)}`];
  });
  return page(title(`Capacity, ${selectWeek(state)}`), columns(rows, {right: [1, 2, 3]}));
}
