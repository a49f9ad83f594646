'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { StorageError } = require('./errors');

// Folders that hold no notes, whatever is in them.
const SKIPPED = new Set(['node_modules', '.git', '.cache']);

/**
 * Finds the notes beneath a folder. Calls back with `(error, files)`; a file is `{ path, stamp }`, its path relative with
 * forward slashes, its stamp different whenever size or time of change differ. Sorted by path.
 */
function walk(base, done) {
  const files = [];
  // Functions that are still to be called back by; the walk is over when none is left.
  let open = 1;
  let failed = false;

  const close = (error) => {
    if (failed) {
      return;
    }
    if (error) {
      failed = true;
      done(error);
      return;
    }
    open -= 1;
    if (open === 0) {
      files.sort((a, b) => (a.path < b.path ? -1 : 1));
      done(null, files);
    }
  };

  const enter = (folder) => {
    fs.readdir(path.join(base, folder), { withFileTypes: true }, (error, entries) => {
      if (error) {
        return close(new StorageError('cannot list', path.join(base, folder), error));
      }
      for (const entry of entries) {
        const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory() && !SKIPPED.has(entry.name)) {
          open += 1;
          enter(relative);
        } else if (entry.isFile() && entry.name.endsWith('.md')) {
          open += 1;
          look(relative);
        }
      }
      return close(null);
    });
  };

  const look = (relative) => {
    fs.stat(path.join(base, relative), (error, stat) => {
      if (error) {
        return close(new StorageError('cannot look at', path.join(base, relative), error));
      }
      files.push({ path: relative, stamp: `${stat.size}-${Math.trunc(stat.mtimeMs)}` });
      return close(null);
    });
  };

  enter('');
}

module.exports = { walk };
