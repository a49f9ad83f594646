'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { StorageError } = require('./errors');

const FENCE = /^(```|~~~)/;
const HEADING = /^#{1,6}\s+(.*?)\s*#*$/;

/** Reads a note. Calls back with `(error, note)`. */
function readNote(base, file, done) {
  const full = path.join(base, file.path);
  fs.readFile(full, 'utf8', (error, text) => {
    if (error) {
      return done(new StorageError('cannot read', full, error));
    }
    return done(null, { ...parseNote(text, file.path), stamp: file.stamp });
  });
}

/** Takes a note apart: `{ path, title, headings, tags, date, body }`. */
function parseNote(text, name) {
  const { fields, rest } = frontMatter(text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n'));
  const headings = [];
  const body = [];
  let fenced = false;
  for (const line of rest.split('\n')) {
    if (FENCE.test(line)) {
      fenced = !fenced;
      continue;
    }
    const heading = fenced ? null : HEADING.exec(line);
    if (heading) {
      headings.push(plain(heading[1]));
    } else {
      body.push(fenced ? line : plain(line));
    }
  }
  const title = fields.title || headings[0] || path.posix.basename(name, '.md');
  return {
    path: name,
    title,
    headings: headings.filter((heading) => heading !== title),
    tags: list(fields.tags),
    date: /^\d{4}-\d{2}-\d{2}$/.test(fields.date ?? '') ? fields.date : null,
    body: body.join('\n').trim(),
  };
}

/** The block between two lines of dashes at the very beginning; a block that is not closed is text. */
function frontMatter(text) {
  const lines = text.split('\n');
  const end = lines[0] === '---' ? lines.indexOf('---', 1) : -1;
  if (end < 0) {
    return { fields: {}, rest: text };
  }
  const fields = {};
  for (const line of lines.slice(1, end)) {
    const match = /^([a-z]+):\s*(.*?)\s*$/.exec(line);
    if (match) {
      fields[match[1]] = match[2].replace(/^(["'])(.*)\1$/, '$2');
    }
  }
  return { fields, rest: lines.slice(end + 1).join('\n') };
}

function list(text) {
  const parts = (text ?? '').replace(/^\[|\]$/g, '').split(',');
  return [...new Set(parts.map((part) => part.trim().toLowerCase()).filter((part) => part !== ''))];
}

/** Markdown's marks are not words: links keep their text, emphasis and list marks go. */
function plain(line) {
  return line
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(?:[-*+]|\d+\.|>)\s+/, '')
    .replace(/[*_`]+/g, '');
}

module.exports = { parseNote, readNote };
