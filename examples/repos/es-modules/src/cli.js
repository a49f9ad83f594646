'use strict';

const path = require('node:path');
const { parseArgs } = require('./args');
const { LookoutError, UsageError } = require('./errors');
const { defaultFolder } = require('./cache');
const { openIndex } = require('./open');
const { parseQuery } = require('./query');
const { snippet } = require('./snippet');
const formats = require('./formats');
const { version } = require('./version');

const HELP = `lookout searches a folder of Markdown notes.

  lookout search [options] QUERY    print the notes that fit, best first
  lookout stats [options]           count notes, words and tags
  lookout tags [options]            list tags and how often they are used
  lookout where                     print the folder in which the cache lies
  lookout version                   print the version

Options:
  --notes DIR      folder with the notes (default: the current folder)
  --cache DIR      folder for the index (default: see \`lookout where\`)
  --no-cache       neither read nor write the cache
  --format NAME    text, json or tsv (default: text)
  --limit N        at most so many notes (default: 10)
  --exact          no synonyms and no word stems
`;

/**
 * Runs a command line. `streams` is `{ out, err, env }`; `done` is called once, with the exit code.
 */
function run(argv, streams, done) {
  const fail = (error) => {
    if (!(error instanceof LookoutError)) {
      throw error;
    }
    streams.err.write(`lookout: ${error.message}\n`);
    if (error instanceof UsageError) {
      streams.err.write('Try `lookout help`.\n');
    }
    process.nextTick(done, error.exitCode);
  };
  let line;
  try {
    line = parseArgs(argv);
    COMMANDS[line.command](line, streams, (error, code) => (error ? fail(error) : done(code)));
  } catch (error) {
    fail(error);
  }
}

const COMMANDS = {
  help(line, { out }, done) {
    out.write(HELP);
    process.nextTick(done, null, 0);
  },

  version(line, { out }, done) {
    out.write(`lookout ${version}\n`);
    process.nextTick(done, null, 0);
  },

  where(line, { out, env }, done) {
    out.write(`${cacheFolder(line.options, env) ?? '(no cache)'}\n`);
    process.nextTick(done, null, 0);
  },

  search(line, streams, done) {
    const { options, words } = line;
    const format = formats.find(options.format);
    // Parsed before anything is read: a typing error should not cost a walk through the notes.
    const query = parseQuery(words.join(' '), { exact: options.exact });
    withIndex(line, streams, done, (index) => {
      const hits = index.search(query, { limit: options.limit });
      const shown = hits.map((hit) => ({ ...hit, snippet: snippet(index.note(hit.path), query) }));
      streams.out.write(format.hits(shown));
      return shown.length > 0 ? 0 : 1;
    });
  },

  stats(line, streams, done) {
    const format = formats.find(line.options.format);
    withIndex(line, streams, done, (index) => {
      streams.out.write(format.stats(index.stats()));
      return 0;
    });
  },

  tags(line, streams, done) {
    const format = formats.find(line.options.format);
    withIndex(line, streams, done, (index) => {
      streams.out.write(format.tags(index.tags()));
      return 0;
    });
  },
};

function cacheFolder(options, env) {
  if (options.cache === null) {
    return null;
  }
  return path.resolve(options.cache ?? defaultFolder(env));
}

function withIndex(line, { env }, done, use) {
  const folders = { notes: path.resolve(line.options.notes), cache: cacheFolder(line.options, env) };
  openIndex(folders, (error, index) => {
    if (error) {
      return done(error);
    }
    return done(null, use(index));
  });
}

module.exports = { run };
