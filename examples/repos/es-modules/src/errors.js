'use strict';

// Each kind of failure has the exit code that the command ends with. `main` catches nothing else: any other error is a
// bug and is shown with its stack.

class LookoutError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = this.constructor.name;
  }
}

/** The command line or the query is wrong. */
class UsageError extends LookoutError {
  get exitCode() {
    return 2;
  }
}

/** Notes or cache cannot be read or written. */
class StorageError extends LookoutError {
  constructor(what, path, cause) {
    super(`${what} ${path}: ${reason(cause)}`, { cause });
    this.path = path;
  }

  get exitCode() {
    return 3;
  }
}

const REASONS = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'this is not a folder',
  EACCES: 'permission denied',
  EISDIR: 'this is a folder',
  ENOSPC: 'the disk is full',
};

function reason(cause) {
  return REASONS[cause.code] || cause.message;
}

module.exports = { LookoutError, UsageError, StorageError };
