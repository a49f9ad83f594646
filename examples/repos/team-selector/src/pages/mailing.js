// Whom to write to. The mail program reads this: names only.

import {page, title} from '../lib/text.js';
import {selectPeopleOfPicked} from '../selectors/members.js';
import {selectPickedTeams} from '../selectors/teams.js';

/** The mailing list of the teams picked. */
export function mailingPage(state) {
  const teams = selectPickedTeams(state);
  if (teams.length === 0) return page(title('Mailing list'), 'No teams picked.');
  const names = selectPeopleOfPicked(state).map((person) => person.name);
  return page(
    title(`Mailing list: ${teams.map((team) => team.name).join(', ')}`),
    names.length > 0 ? names : 'Nobody.',
  );
}
