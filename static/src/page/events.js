/** Events by name; a listener that throws stops nobody. */

import { append, apply, messageOf } from "./natives.js";

/** @typedef {(...args: any[]) => void} Listener */

export function createEvents() {
  /** @type {Record<string, Listener[]>} */
  const table = { __proto__: /** @type {any} */ (null) };

  /** @param {string} name @param {Listener} [listener] */
  const off = (name, listener) => {
    /** @type {Listener[]} */
    const left = [];
    const all = (listener && table[name]) || left;
    for (let i = 0; i < all.length; i++) {
      const one = /** @type {any} */ (all[i]);
      if (one !== listener && one.listener !== listener) append(left, one);
    }
    table[name] = left;
  };

  return {
    /** @param {string} name @param {Listener} listener */
    on(name, listener) {
      if (typeof listener !== "function") return;
      append((table[name] ||= []), listener);
    },
    /** @param {string} name @param {Listener} listener */
    once(name, listener) {
      /** @type {Listener & {listener?: Listener}} */
      const one = (...args) => {
        off(name, one);
        apply(listener, undefined, args);
      };
      one.listener = listener;
      this.on(name, one);
    },
    off,
    /** Whether anyone listens: what only listeners need is made only then. @param {string} name */
    has: (name) => !!(table[name] && table[name].length),
    /** @param {string} name @param {unknown[]} args */
    emit(name, args) {
      const all = table[name] || [];
      const { length } = all;
      for (let i = 0; i < length && all[i]; i++) guard(/** @type {Listener} */ (all[i]), args);
    },
  };
}

/** Call what the page gave us; if it throws, the developer is told and we go on. @param {Function} callback @param {unknown[]} args */
export function guard(callback, args) {
  try {
    apply(callback, undefined, args);
  } catch (error) {
    console.warn(`[heap-web] a listener or callback threw: ${messageOf(error)}`);
  }
}
