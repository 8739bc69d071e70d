/** Callbacks of calls: once each, in the order of the calls, when the call has settled or a little later if it has not. */

import { guard } from "./events.js";
import { append, setTimeout, splice } from "./natives.js";

/** So long at most does `analytics.track("…", () => location = url)` keep a visitor: the call is safe in the journal by then. */
const PATIENCE_MS = 300;

/** @type {{callback: Function, due?: boolean}[]} */
const waiting = [];

/** @param {Function} callback @returns {() => void} tells that the call has settled */
export function callLater(callback) {
  /** @type {{callback: Function, due?: boolean}} */
  const one = { callback };
  const due = () => {
    one.due = true;
    while (waiting[0] && waiting[0].due) guard(/** @type {any} */ (splice(waiting, [0, 1])[0]).callback, []);
  };
  append(waiting, one);
  setTimeout(due, PATIENCE_MS);
  return due;
}
