'use strict';

const { normalise, tokenise, words } = require('./tokenise');
const { parseQuery } = require('./query');

/** The parts of a note that are searched. */
const FIELDS = ['title', 'headings', 'tags', 'body'];

/** An inverted index over notes, in memory. */
class Index {
  #notes = new Map();
  // term -> path -> field -> how often; once for stems, once for words as they stand.
  #stems = new Map();
  #exact = new Map();
  #lengths = Object.fromEntries(FIELDS.map((field) => [field, 0]));

  /** Adds a note as `parseNote` makes it, or replaces the one of the same path. */
  add(note) {
    if (this.#notes.has(note.path)) {
      this.remove(note.path);
    }
    const lengths = {};
    for (const field of FIELDS) {
      const text = fieldText(note, field);
      const stems = tokenise(text);
      lengths[field] = stems.length;
      this.#lengths[field] += stems.length;
      stems.forEach((term) => enter(this.#stems, term, note.path, field));
      tokenise(text, { exact: true }).forEach((term) => enter(this.#exact, term, note.path, field));
    }
    this.#notes.set(note.path, { ...note, lengths });
  }

  /** Forgets a note; nothing happens if there is none of that path. */
  remove(path) {
    const note = this.#notes.get(path);
    if (!note) {
      return;
    }
    for (const field of FIELDS) {
      this.#lengths[field] -= note.lengths[field];
    }
    for (const table of [this.#stems, this.#exact]) {
      for (const [term, places] of table) {
        places.delete(path);
        if (places.size === 0) {
          table.delete(term);
        }
      }
    }
    this.#notes.delete(path);
  }

  /** The note of that path, with the number of words in each field; undefined if there is none. */
  note(path) {
    return this.#notes.get(path);
  }

  /** All notes, sorted by path. */
  notes() {
    return [...this.#notes.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  get size() {
    return this.#notes.size;
  }

  /** Mean number of words in a field. */
  averageLength(field) {
    return this.size === 0 ? 0 : this.#lengths[field] / this.size;
  }

  /** `path -> field -> how often` for a term as the query has it. */
  places(term, exact) {
    return (exact ? this.#exact : this.#stems).get(term) ?? new Map();
  }

  /** All words of the notes that begin so, sorted. */
  wordsFrom(prefix) {
    return [...this.#exact.keys()].filter((word) => word.startsWith(prefix)).sort();
  }

  /** How often a phrase stands in a field of a note. */
  countPhrase(path, field, phrase) {
    const note = this.#notes.get(path);
    const all = note ? words(fieldText(note, field)).map(({ word }) => word) : [];
    let count = 0;
    for (let at = 0; at + phrase.length <= all.length; at += 1) {
      if (phrase.every((word, offset) => all[at + offset] === word)) {
        count += 1;
      }
    }
    return count;
  }

  /** Hits, best first: `{ path, title, date, tags, score }`. A query is text or what `parseQuery` made of it. */
  search(query, { limit = 10, exact = false } = {}) {
    const parsed = typeof query === 'string' ? parseQuery(query, { exact }) : query;
    return ranking.rank(this, parsed).slice(0, limit);
  }

  stats() {
    const notes = this.notes();
    const dates = notes.map((note) => note.date).filter(Boolean).sort();
    return {
      notes: notes.length,
      words: FIELDS.reduce((sum, field) => sum + this.#lengths[field], 0),
      terms: this.#stems.size,
      tags: this.tags().length,
      oldest: dates[0] ?? null,
      newest: dates[dates.length - 1] ?? null,
    };
  }

  /** `{ tag, notes }`, most used first. */
  tags() {
    const counted = new Map();
    for (const tag of this.notes().flatMap((note) => note.tags)) {
      counted.set(tag, (counted.get(tag) ?? 0) + 1);
    }
    return [...counted]
      .map(([tag, notes]) => ({ tag, notes }))
      .sort((a, b) => b.notes - a.notes || (a.tag < b.tag ? -1 : 1));
  }
}

function fieldText(note, field) {
  const value = note[field];
  return Array.isArray(value) ? value.map(normaliseTag).join('\n') : value;
}

/** `black-fly` is a tag of two words. */
function normaliseTag(text) {
  return text.split('-').map(normalise).join(' ') === normalise(text) ? text : text.replace(/-/g, ' ');
}

function enter(table, term, path, field) {
  const places = table.get(term) ?? new Map();
  const fields = places.get(path) ?? {};
  fields[field] = (fields[field] ?? 0) + 1;
  places.set(path, fields);
  table.set(term, places);
}

module.exports = { Index, FIELDS };

// At the end: ranking needs FIELDS, which have to be there when it is loaded.
const ranking = require('./ranking');
