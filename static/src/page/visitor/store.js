/** The page's localStorage, or memory where it is denied, full or not yet allowed. Never throws. */

import { attempt, bare, each, getItem, keys, localStorage, removeItem, setItem } from "../natives.js";

/** @typedef {ReturnType<typeof createStore>} Store */

export function createStore() {
  /** What localStorage did not take, and what was set before `open`. @type {Record<string, string | null>} */
  const memory = bare();
  /** @type {Storage | null} */
  let local = null;

  /** @param {string} key @param {string | null} value null removes */
  const set = (key, value) => {
    memory[key] = value;
    attempt(() => {
      if (!local) return;
      if (value === null) removeItem(local, key);
      else setItem(local, key, value);
      delete memory[key];
    });
  };

  return {
    set,
    /** @param {string} key */
    get: (key) => (key in memory ? /** @type {string | null} */ (memory[key]) : attempt(() => local && getItem(local, key))),
    /** From now on the storage may be used; null if it cannot be. */
    open() {
      local = attempt(localStorage);
      each(keys(memory), (key) => set(key, /** @type {string | null} */ (memory[key])));
      return local;
    },
    /** From now on memory alone. */
    close() {
      local = null;
    },
  };
}
