// Names of people and teams: order and search.

const collator = new Intl.Collator('en', {sensitivity: 'base', numeric: true});

/** For `sort`: by name, accents and case ignored, the id where names are the same. */
export function byName(a, b) {
  return collator.compare(a.name, b.name) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** Without accents and in small letters, for searching. */
export function folded(text) {
  return text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();
}

/** Whether any of the texts contains the word. An empty word is in everything. */
export function mentions(word, texts) {
  const wanted = folded(word.trim());
  return texts.some((text) => folded(text).includes(wanted));
}
