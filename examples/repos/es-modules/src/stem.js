'use strict';

// Cuts English endings. Not a linguist's stemmer: it only has to send the forms of a word that appear in notes to the same
// place, and to leave short words alone. Order matters, the first rule that fits is taken.
const RULES = [
  { ending: 'ies', shortest: 5, to: 'y' },
  { ending: 'sses', shortest: 5, to: 'ss' },
  { ending: 'ches', shortest: 6, to: 'ch' },
  { ending: 'shes', shortest: 6, to: 'sh' },
  { ending: 'oes', shortest: 6, to: 'o' },
  { ending: 'ingly', shortest: 8, to: '' },
  { ending: 'edly', shortest: 7, to: '' },
  { ending: 'ing', shortest: 6, to: '' },
  { ending: 'ed', shortest: 5, to: '' },
  { ending: 'ss', shortest: 3, to: 'ss' },
  { ending: 'us', shortest: 3, to: 'us' },
  { ending: 'is', shortest: 3, to: 'is' },
  { ending: 's', shortest: 4, to: '' },
];

const IRREGULAR = new Map([
  ['leaves', 'leaf'],
  ['mice', 'mouse'],
  ['knives', 'knife'],
  ['shelves', 'shelf'],
  ['sown', 'sow'],
  ['dug', 'dig'],
  ['froze', 'freez'],
  ['frozen', 'freez'],
]);

/** The stem of a word that is already in lower case. */
function stem(word) {
  const irregular = IRREGULAR.get(word);
  if (irregular) {
    return irregular;
  }
  const rule = RULES.find(({ ending, shortest }) => word.endsWith(ending) && word.length >= shortest);
  if (!rule) {
    return word.length > 4 && word.endsWith('e') ? word.slice(0, -1) : word;
  }
  return tidy(word.slice(0, -rule.ending.length) + rule.to, rule.to === '' && rule.ending !== 's');
}

/** `digg` after `digging` is `dig`; `pruning` and `prune` meet at `prun`. */
function tidy(word, undouble) {
  if (undouble && /([bdgmnprt])\1$/.test(word)) {
    return word.slice(0, -1);
  }
  return word.length > 4 && word.endsWith('e') ? word.slice(0, -1) : word;
}

module.exports = { stem };
