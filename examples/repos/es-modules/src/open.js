'use strict';

const { readCache, writeCache } = require('./cache');
const { readNote } = require('./document');
const { Index } = require('./index');
const { walk } = require('./walk');

/**
 * Makes an index of the notes in `folders.notes`. With `folders.cache` a stored index is taken for every note that has
 * not changed since; null means no cache. Calls back with `(error, index)`.
 */
function openIndex(folders, done) {
  walk(folders.notes, (error, files) => {
    if (error) {
      return done(error);
    }
    if (folders.cache === null) {
      return readAll(folders.notes, files, new Map(), done);
    }
    return readCache(folders.cache, folders.notes, (cacheError, known) => {
      if (cacheError) {
        return done(cacheError);
      }
      return readAll(folders.notes, files, known, (readError, index, fresh) => {
        if (readError || fresh === 0) {
          return done(readError, index);
        }
        return writeCache(folders.cache, folders.notes, index.notes(), (writeError) => done(writeError, index));
      });
    });
  });
}

/** Reads what the cache does not know, one file after the other, and counts it. */
function readAll(base, files, known, done) {
  const index = new Index();
  let fresh = files.length === known.size ? 0 : 1;
  const next = (at) => {
    if (at === files.length) {
      return done(null, index, fresh);
    }
    const file = files[at];
    const stored = known.get(file.path);
    if (stored && stored.stamp === file.stamp) {
      index.add(stored);
      // A long list of known notes must not grow the stack.
      return at % 500 === 499 ? setImmediate(next, at + 1) : next(at + 1);
    }
    fresh += 1;
    return readNote(base, file, (error, note) => {
      if (error) {
        return done(error);
      }
      index.add(note);
      return next(at + 1);
    });
  };
  next(0);
}

module.exports = { openIndex };
