// Everyone, or those who were searched for.

import {columns, count, page, title} from '../lib/text.js';
import {search, selectDirectory} from '../selectors/directory.js';

/** The directory; an empty word shows everyone. */
export function directoryPage(state, word = '') {
  const found = search(selectDirectory(state), word);
  const rows = found.map(({person, home, teams}) => [person.name, home.name, teams.map((team) => team.name).join(', ')]);
  return page(
    title(word ? `Directory: ${word}` : 'Directory'),
    rows.length > 0 ? columns(rows) : 'Nobody.',
    count(rows.length, 'person', 'people'),
  );
}
