'use strict';

const { FIELDS } = require('./index');

// See docs/ranking.md for where these come from.
const K = 1.4;
const B = 0.6;
const PHRASE = 1.5;
const INDIRECT = 0.5;
const CHOSEN = { title: 3, headings: 1.8, tags: 2.2 };
const WEIGHTS = Object.fromEntries(FIELDS.map((field) => [field, CHOSEN[field] ?? 1]));

exports.WEIGHTS = WEIGHTS;

/** How telling a term is that `found` of `all` notes have. */
exports.idf = function (found, all) {
  return Math.log(1 + (all - found + 0.5) / (found + 0.5));
};

/** Hits for a parsed query, best first. */
exports.rank = function (index, query) {
  const scores = query.terms.filter((term) => !term.not).map((term) => scoreTerm(index, term, query.exact));
  const excluded = query.terms.filter((term) => term.not).map((term) => scoreTerm(index, term, query.exact));
  const hits = [];
  for (const path of scores[0].keys()) {
    if (scores.every((found) => found.has(path)) && !excluded.some((found) => found.has(path))) {
      const score = scores.reduce((sum, found) => sum + found.get(path), 0);
      const { title, date, tags } = index.note(path);
      hits.push({ path, title, date, tags, score });
    }
  }
  return hits.sort(better);
};

/** `path -> score` for one term. */
function scoreTerm(index, term, exact) {
  switch (term.kind) {
    case 'tag':
      return scoreTag(index, term.words[0]);
    case 'phrase':
      return scorePhrase(index, term);
    case 'prefix':
      return best(index.wordsFrom(term.words[0]).map((word) => scoreWord(index, word, term.field, true, INDIRECT)));
    default: {
      const own = scoreWord(index, term.words[0], term.field, exact, 1);
      const others = term.also.map((word) => scoreWord(index, word, term.field, exact, INDIRECT));
      return best([own, ...others]);
    }
  }
}

function scoreTag(index, tag) {
  const notes = index.notes().filter((note) => note.tags.includes(tag));
  const telling = exports.idf(notes.length, index.size);
  return new Map(notes.map((note) => [note.path, WEIGHTS.tags * telling]));
}

function scoreWord(index, word, only, exact, factor) {
  const places = index.places(word, exact);
  const telling = exports.idf(places.size, index.size);
  const scores = new Map();
  for (const [path, counts] of places) {
    const score = scoreFields(index, path, counts, only) * telling * factor;
    if (score > 0) {
      scores.set(path, score);
    }
  }
  return scores;
}

function scorePhrase(index, term) {
  const fields = term.field ? [term.field] : FIELDS.filter((field) => field !== 'tags');
  const notes = index.notes().map((note) => {
    const counts = {};
    for (const field of fields) {
      const count = index.countPhrase(note.path, field, term.words);
      if (count > 0) {
        counts[field] = count;
      }
    }
    return [note.path, counts];
  });
  const found = notes.filter(([, counts]) => Object.keys(counts).length > 0);
  const rarest = Math.min(...term.words.map((word) => index.places(word, true).size || index.size));
  const telling = exports.idf(rarest, index.size) * PHRASE;
  return new Map(found.map(([path, counts]) => [path, scoreFields(index, path, counts, term.field) * telling]));
}

function scoreFields(index, path, counts, only) {
  const { lengths } = index.note(path);
  let sum = 0;
  for (const [field, count] of Object.entries(counts)) {
    if (only && field !== only) {
      continue;
    }
    const relative = lengths[field] / (index.averageLength(field) || 1);
    sum += (WEIGHTS[field] * count * (K + 1)) / (count + K * (1 - B + B * relative));
  }
  return sum;
}

/** For each note the best of several scores: a word and its synonym in one note count once. */
function best(tables) {
  const scores = new Map();
  for (const [path, score] of tables.flatMap((table) => [...table])) {
    scores.set(path, Math.max(score, scores.get(path) ?? 0));
  }
  return scores;
}

/** By score, then newest, then path. */
function better(a, b) {
  if (Math.abs(a.score - b.score) > 1e-9) {
    return b.score - a.score;
  }
  if (a.date !== b.date) {
    return (a.date ?? '') > (b.date ?? '') ? -1 : 1;
  }
  return a.path < b.path ? -1 : 1;
}
