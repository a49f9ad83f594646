// A store: one state, changed by actions through a reducer, with listeners that are told afterwards.

/** Makes a store with a reducer and a first state. */
export function createStore(reducer, initial) {
  let state = initial;
  let reducing = false;
  const listeners = new Set();
  return {
    getState: () => state,

    /** Changes the state. A reducer that dispatches would see half a change, so that is refused. */
    dispatch(action) {
      if (reducing) throw new Error(`a reducer dispatched ${action.type}`);
      reducing = true;
      let next;
      try {
        next = reducer(state, action);
      } finally {
        reducing = false;
      }
      if (next !== state) {
        state = next;
        for (const listener of [...listeners]) listener(state);
      }
      return action;
    },

    /** Calls `listener` after every change; gives a function that ends it. */
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** One reducer from several, each for a key of the state. The state stays the same object where nothing changed. */
export function combineReducers(reducers) {
  const entries = Object.entries(reducers);
  return (state, action) => {
    let changed = false;
    const next = {};
    for (const [key, reducer] of entries) {
      next[key] = reducer(state[key], action, state);
      changed ||= next[key] !== state[key];
    }
    return changed ? next : state;
  };
}
