'use strict';

const { UsageError } = require('../errors');

const NAMES = ['json', 'text', 'tsv'];

/** The output format of that name: `{ hits, stats, tags }`, functions from data to text. Loaded when it is asked for. */
function find(name) {
  if (!NAMES.includes(name)) {
    throw new UsageError(`unknown format "${name}"; formats are ${NAMES.join(', ')}`);
  }
  return require(`./${name}`);
}

module.exports = { NAMES, find };
