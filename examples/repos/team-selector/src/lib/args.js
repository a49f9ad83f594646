// Command line arguments: a command, words behind it, and options with values.

/** What is wrong with a command line, in words for the person who typed it. */
export class UsageError extends Error {}

/**
 * Splits arguments into `{command, words, options}`. Options are `--name value` or `--name=value`; only those in `known`
 * are allowed, and each once.
 */
export function parse(argv, known) {
  const words = [];
  const options = {};
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index];
    if (!argument.startsWith('--')) {
      words.push(argument);
      continue;
    }
    const [name, ...rest] = argument.slice(2).split('=');
    if (!known.includes(name)) {
      throw new UsageError(`unknown option --${name}; there are ${known.map((each) => `--${each}`).join(', ')}`);
    }
    if (name in options) throw new UsageError(`--${name} is given twice`);
    const value = rest.length > 0 ? rest.join('=') : argv[(index += 1)];
    if (value === undefined || value === '') throw new UsageError(`--${name} needs a value`);
    options[name] = value;
  }
  const [command, ...others] = words;
  return {command, words: others, options};
}
