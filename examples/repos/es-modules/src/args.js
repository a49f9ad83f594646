'use strict';

const { UsageError } = require('./errors');

// Options that take a value, and how that value is read.
const VALUES = {
  '--notes': { name: 'notes', read: text },
  '--cache': { name: 'cache', read: text },
  '--format': { name: 'format', read: text },
  '--limit': { name: 'limit', read: positive },
};

const SWITCHES = {
  '--no-cache': { cache: null },
  '--exact': { exact: true },
  '--help': { help: true },
  '-h': { help: true },
};

const COMMANDS = ['search', 'stats', 'tags', 'where', 'version', 'help'];

function text(option, value) {
  if (value === '') {
    throw new UsageError(`${option} needs a value that is not empty`);
  }
  return value;
}

function positive(option, value) {
  if (!/^[1-9][0-9]*$/.test(value)) {
    throw new UsageError(`${option} needs a number from 1 on, not "${value}"`);
  }
  return Number(value);
}

/** Reads a command line into `{ command, words, options }`; throws a UsageError that says what is allowed. */
function parseArgs(argv) {
  const options = { notes: '.', format: 'text', limit: 10, exact: false, help: false };
  const words = [];
  const rest = [...argv];
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === '--') {
      words.push(...rest);
      break;
    }
    const [name, given] = split(word);
    if (VALUES[name]) {
      const value = given ?? rest.shift();
      if (value === undefined) {
        throw new UsageError(`${name} needs a value`);
      }
      options[VALUES[name].name] = VALUES[name].read(name, value);
    } else if (SWITCHES[word]) {
      Object.assign(options, SWITCHES[word]);
    } else if (word.startsWith('--')) {
      throw new UsageError(`unknown option ${word}; options are ${optionNames().join(', ')}`);
    } else {
      words.push(word);
    }
  }
  const command = options.help ? 'help' : words.shift() ?? 'help';
  if (!COMMANDS.includes(command)) {
    throw new UsageError(`unknown command "${command}"; commands are ${COMMANDS.join(', ')}`);
  }
  return { command, words, options };
}

/** `--limit=3` is `--limit 3`. */
function split(word) {
  const at = word.indexOf('=');
  return word.startsWith('--') && at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

function optionNames() {
  return [...Object.keys(VALUES), ...Object.keys(SWITCHES)].filter((name) => name.startsWith('--')).sort();
}

module.exports = { parseArgs, COMMANDS };
