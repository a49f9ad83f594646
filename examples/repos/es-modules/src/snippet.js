'use strict';

const { stem } = require('./stem');
const { words } = require('./tokenise');

/** Words in a snippet. */
const WIDTH = 16;

/** The piece of a note's body that shows best why it was found, on one line, hits in square brackets. */
function snippet(note, query) {
  const all = words(note.body);
  if (all.length === 0) {
    return '';
  }
  const wanted = matchers(query);
  const marks = all.map(({ word }) => wanted.findIndex((fits) => fits(word)));
  const from = bestWindow(marks);
  const to = Math.min(from + WIDTH, all.length);
  let text = '';
  let at = all[from].start;
  for (let place = from; place < to; place += 1) {
    const { start, end } = all[place];
    text += note.body.slice(at, start);
    text += marks[place] >= 0 ? `[${note.body.slice(start, end)}]` : note.body.slice(start, end);
    at = end;
  }
  const line = text.replace(/\s+/g, ' ').trim();
  return `${from > 0 ? '... ' : ''}${line}${to < all.length ? ' ...' : ''}`;
}

/** One function per word of the query: does a word of the text fit? */
function matchers(query) {
  const found = [];
  for (const term of query.terms.filter((one) => !one.not && one.kind !== 'tag')) {
    if (term.kind === 'prefix') {
      found.push((word) => word.startsWith(term.words[0]));
    } else if (term.kind === 'phrase') {
      term.words.forEach((own) => found.push((word) => word === own));
    } else {
      const forms = new Set([...term.words, ...term.also]);
      found.push((word) => forms.has(query.exact ? word : stem(word)));
    }
  }
  return found;
}

/** Where the first window begins that holds most different words of the query. */
function bestWindow(marks) {
  let start = 0;
  let most = 0;
  for (let from = 0; from + 1 <= Math.max(1, marks.length - WIDTH + 1); from += 1) {
    const distinct = new Set(marks.slice(from, from + WIDTH).filter((mark) => mark >= 0)).size;
    if (distinct > most) {
      most = distinct;
      start = from;
    }
  }
  return start;
}

module.exports = { snippet };
