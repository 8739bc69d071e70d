/** Events by name; a listener that throws stops nobody. */

import { append, apply, bare, copy, each, messageOf, say } from "./natives.js";

/** @typedef {(...args: any[]) => void} Listener */

/** Call what the page gave us; if it throws, the developer is told and we go on. @param {Function} callback @param {unknown[]} args */
export function guard(callback, args) {
  try {
    apply(callback, undefined, args);
  } catch (error) {
    say("warn", `[heap-web] a callback threw: ${messageOf(error)}`);
  }
}

export function createEvents() {
  /** @type {Record<string, [listener: Listener, once: boolean][]>} */
  const table = bare();

  /** @param {string} name @param {Listener} listener @param {boolean} [once] */
  const on = (name, listener, once = false) => append((table[name] ||= []), [listener, once]);

  /** @param {string} name @param {Listener} [listener] none: all of them */
  const off = (name, listener) => {
    const before = table[name] || [];
    /** @type {typeof before} */
    const left = (table[name] = []);
    if (listener) each(before, (one) => one[0] === listener || append(left, one));
  };

  return {
    on,
    off,
    /** @param {string} name @param {Listener} listener */
    once: (name, listener) => on(name, listener, true),
    /** @param {string} name @param {() => unknown[]} args made only if anyone listens */
    emit(name, args) {
      const all = table[name];
      if (!all || !all.length) return;
      const made = args();
      each(copy(all), (one) => {
        if (one[1]) off(name, one[0]);
        guard(one[0], made);
      });
    },
  };
}
