'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { StorageError } = require('./errors');
const { version } = require('./version');

// Raised when the shape of a stored note changes. The program's version counts too: another tokeniser, another index.
const SHAPE = 3;

/** Where indexes are kept when nobody says otherwise: beside the program, so that it leaves no traces in the home folder. */
function defaultFolder(env) {
  return env.LOOKOUT_CACHE || path.join(__dirname, '..', '.cache');
}

/** Each folder of notes has a file of its own. */
function cacheFile(folder, notes) {
  const key = crypto.createHash('sha256').update(notes).digest('hex').slice(0, 16);
  return path.join(folder, `${key}.json`);
}

/** Calls back with `(error, known)`, a map from path to note. No cache and an outdated one are empty maps, not errors. */
function readCache(folder, notes, done) {
  const file = cacheFile(folder, notes);
  fs.readFile(file, 'utf8', (error, text) => {
    if (error && error.code === 'ENOENT') {
      return done(null, new Map());
    }
    if (error) {
      return done(new StorageError('cannot read the cache', file, error));
    }
    return done(null, decode(text, notes));
  });
}

function decode(text, notes) {
  let stored;
  try {
    stored = JSON.parse(text);
  } catch {
    // Cut off by a full disk, perhaps. It is only a cache.
    return new Map();
  }
  if (stored.shape !== SHAPE || stored.version !== version || stored.folder !== notes) {
    return new Map();
  }
  return new Map(stored.notes.map((note) => [note.path, note]));
}

/** Writes the notes beside the old file and renames: a reader sees the old cache or the new one. */
function writeCache(folder, notes, list, done) {
  const file = cacheFile(folder, notes);
  const draft = `${file}.${process.pid}`;
  const text = JSON.stringify({ shape: SHAPE, version, folder: notes, notes: list.map(stored) });
  fs.mkdir(folder, { recursive: true }, (folderError) => {
    if (folderError) {
      return done(new StorageError('cannot make the cache folder', folder, folderError));
    }
    return fs.writeFile(draft, text, (writeError) => {
      if (writeError) {
        return done(new StorageError('cannot write the cache', draft, writeError));
      }
      return fs.rename(draft, file, (error) => {
        done(error ? new StorageError('cannot write the cache', file, error) : null);
      });
    });
  });
}

/** Lengths are counted anew when a note is added. */
function stored({ lengths, ...note }) {
  return note;
}

module.exports = { cacheFile, defaultFolder, readCache, writeCache };
