// Planning the work of several teams together.

import {columns, page, title} from '../lib/text.js';
import {selectWeek} from '../selectors/base.js';
import {selectPickedLeads} from '../selectors/teams.js';

/** The teams picked, each with its lead. */
export function jointPage(state) {
  const heading = title(`Joint planning, ${selectWeek(state)}`);
  const leads = selectPickedLeads(state);
  if (leads.length === 0) return page(heading, 'No teams picked.');
  return page(heading, columns(leads.map(({team, lead}) => [team.name, lead.name])));
}
