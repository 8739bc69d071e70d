/** Callbacks of calls: once each, in the order of the calls, when the call has settled or a little later if it has not. */

import { guard } from "./events.js";
import { append, setTimeout, splice } from "./natives.js";

/** So long at most does `analytics.track("…", () => location = url)` keep a visitor: the call is safe in the journal by then. */
const PATIENCE_MS = 300;

export function createCallbacks() {
  /** @type {{callback: Function, due: boolean}[]} */
  const waiting = [];

  const run = () => {
    while (waiting[0] && waiting[0].due) {
      const { callback } = waiting[0];
      splice(waiting, [0, 1]);
      guard(callback, []);
    }
  };

  /** @param {Function} callback @returns {() => void} tells that the call has settled */
  return (callback) => {
    const one = { callback, due: false };
    append(waiting, one);
    const due = () => {
      one.due = true;
      run();
    };
    setTimeout(due, PATIENCE_MS);
    return due;
  };
}
