// Memoised selectors. A selector is a function of the state; one made here computes again only if an input changed.

/**
 * `createSelector([inputA, inputB], (a, b) => result)`. Inputs are selectors and are compared by identity, so a selector has
 * to give back the same object as long as nothing changed: never build a new list in an input.
 */
export function createSelector(inputs, compute) {
  let lastState;
  let lastArguments;
  let lastResult;
  let runs = 0;
  const selector = (state) => {
    if (lastArguments && state === lastState) return lastResult;
    const given = inputs.map((input) => input(state));
    lastState = state;
    if (!lastArguments || given.some((value, index) => value !== lastArguments[index])) {
      lastResult = compute(...given);
      runs += 1;
    }
    lastArguments = given;
    return lastResult;
  };
  /** How often it computed: for tests. */
  selector.runs = () => runs;
  return selector;
}

/**
 * A family of selectors, one for each id: `const selectTeam = keyed((id) => createSelector(...))`, then
 * `selectTeam('platform')(state)`. The same id gives the same selector, so memoising works.
 */
export function keyed(make) {
  const made = new Map();
  return (id) => {
    if (!made.has(id)) made.set(id, make(id));
    return made.get(id);
  };
}
