#!/usr/bin/env node
'use strict';

// Says which notes will be hard to find: no tags, no date, a title that another note has too.
// node scripts/lint-notes.js FOLDER

const path = require('node:path');
const { openIndex } = require('../src/main');

/** Calls back with `(error, complaints)`, each one line of text. */
function lint(folder, done) {
  openIndex({ notes: folder, cache: null }, (error, index) => {
    if (error) {
      return done(error);
    }
    const complaints = [];
    const titles = new Map();
    for (const note of index.notes()) {
      if (note.tags.length === 0) {
        complaints.push(`${note.path}: no tags`);
      }
      if (note.date === null) {
        complaints.push(`${note.path}: no date`);
      }
      const earlier = titles.get(note.title);
      if (earlier) {
        complaints.push(`${note.path}: has the title of ${earlier}`);
      }
      titles.set(note.title, earlier ?? note.path);
    }
    return done(null, complaints);
  });
}

module.exports = { lint };

if (require.main === module) {
  const folder = path.resolve(process.argv[2] ?? '.');
  lint(folder, (error, complaints) => {
    if (error) {
      console.error(error.message);
      process.exitCode = 3;
      return;
    }
    complaints.forEach((line) => console.log(line));
    process.exitCode = complaints.length > 0 ? 1 : 0;
  });
}
