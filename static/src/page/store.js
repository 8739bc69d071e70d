/** The page's localStorage, or memory where it is denied, full or not yet allowed. Never throws. */

import { keys } from "./natives.js";

/** @typedef {ReturnType<typeof createStore>} Store */

export function createStore() {
  /** @type {Record<string, string | null>} what localStorage did not take, and what was set before `open` */
  const memory = { __proto__: /** @type {any} */ (null) };
  /** @type {Storage | null} */
  let local = null;

  /** @param {string} key @param {string | null} value null removes */
  const set = (key, value) => {
    memory[key] = value;
    try {
      if (!local) return;
      if (value === null) local.removeItem(key);
      else local.setItem(key, value);
      delete memory[key];
    } catch {}
  };

  return {
    /** From now on the storage may be used; null if it cannot be. */
    open() {
      try {
        local = globalThis.localStorage;
        local.getItem("");
      } catch {
        local = null;
      }
      const early = keys(memory);
      for (let i = 0; i < early.length; i++) set(/** @type {string} */ (early[i]), /** @type {string} */ (memory[early[i]]));
      return local;
    },
    /** From now on memory alone. */
    close() {
      local = null;
    },
    /** @param {string} key */
    get(key) {
      if (key in memory) return memory[key];
      try {
        return local && local.getItem(key);
      } catch {
        return null;
      }
    },
    set,
    /** A cookie's text, as analytics.js writes it. @param {string} name */
    cookie(name) {
      try {
        const match = local && RegExp(`(?:^|; )${name}=([^;]*)`).exec(document.cookie);
        return match ? decodeURIComponent(/** @type {string} */ (match[1])) : null;
      } catch {
        return null;
      }
    },
  };
}
