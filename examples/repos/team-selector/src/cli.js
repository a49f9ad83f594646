#!/usr/bin/env node
// The program: reads a data file, chooses week and teams, prints a page.

import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

import {parse, UsageError} from './lib/args.js';
import {capacityPage} from './pages/capacity.js';
import {directoryPage} from './pages/directory.js';
import {jointPage} from './pages/joint.js';
import {leavePage} from './pages/leave.js';
import {mailingPage} from './pages/mailing.js';
import {teamPage} from './pages/team.js';
import {chooseWeek, pickTeams} from './store/actions.js';
import {createStore} from './store/create-store.js';
import {DataError, load} from './store/load.js';
import {reducer, RefusedAction} from './store/reducers.js';

const SAMPLE = fileURLToPath(new URL('../data/sample.json', import.meta.url));

/** Pages by command: what words they take, and how they are made from a store. */
const PAGES = {
  team: {
    usage: 'team TEAM',
    takes: (words) => words.length === 1,
    show(store, [team]) {
      // Refuses a team that does not exist, like picking it would.
      store.dispatch(pickTeams([team]));
      return teamPage(store.getState(), team);
    },
  },
  directory: {
    usage: 'directory [WORD]',
    takes: (words) => words.length <= 1,
    show: (store, [word]) => directoryPage(store.getState(), word),
  },
  mailing: {
    usage: 'mailing TEAM...',
    takes: () => true,
    show(store, words) {
      store.dispatch(pickTeams(words));
      return mailingPage(store.getState());
    },
  },
  leave: {usage: 'leave', takes: (words) => words.length === 0, show: (store) => leavePage(store.getState())},
  capacity: {usage: 'capacity', takes: (words) => words.length === 0, show: (store) => capacityPage(store.getState())},
  joint: {
    usage: 'joint TEAM...',
    takes: () => true,
    show(store, words) {
      store.dispatch(pickTeams(words));
      return jointPage(store.getState());
    },
  },
};

const USAGE = Object.values(PAGES)
  .map((page) => `  crewboard ${page.usage} [--week WEEK] [--file FILE]`)
  .join('\n');

function run(argv) {
  const {command, words, options} = parse(argv, ['week', 'file']);
  const page = PAGES[command];
  if (!page || !page.takes(words)) throw new UsageError(`usage:\n${USAGE}`);
  const file = options.file ?? SAMPLE;
  const store = createStore(reducer, load(readFileSync(file, 'utf8'), file));
  if (options.week) store.dispatch(chooseWeek(options.week));
  return page.show(store, words);
}

try {
  process.stdout.write(run(process.argv.slice(2)));
} catch (error) {
  const expected = error instanceof UsageError || error instanceof DataError || error instanceof RefusedAction;
  if (!expected && error.code !== 'ENOENT') throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
