#!/usr/bin/env node
'use strict';

const { run } = require('../src/cli');

run(process.argv.slice(2), { out: process.stdout, err: process.stderr, env: process.env }, function (code) {
  // Not process.exit: a pipe that is slow to read would lose the end of the output.
  process.exitCode = code;
});
