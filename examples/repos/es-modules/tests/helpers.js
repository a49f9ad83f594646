'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const NOTES = path.join(__dirname, 'notes');

/** Starts the program with these arguments; resolves to `{ code, out, err }`. */
function lookout(args, { env = {}, cwd = ROOT, program = path.join(ROOT, 'bin', 'lookout.js') } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: { PATH: process.env.PATH, ...env },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** A new folder that is removed when the test is over. */
function temporary(t) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lookout-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes notes into a folder: `{ 'a/b.md': text }`. */
function put(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const full = path.join(folder, name);
    fs.mkdirSync(path.dirname(full), { recursive: true });
    fs.writeFileSync(full, text);
  }
}

module.exports = { NOTES, ROOT, lookout, put, temporary };
