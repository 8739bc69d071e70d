/** Callbacks of calls. Each is called once, in the order of the calls: when its call has settled, or a little later if it has not. */

import { guard } from "../events.js";
import { append, setTimeout } from "../natives.js";

/** `analytics.track("…", () => location = url)` keeps a visitor no longer than this. By then the call is safe in the journal. */
let patience = 300;

/** analytics.js' `timeout`. @param {unknown} ms */
export const setPatience = (ms) => {
  if (typeof ms === "number" && ms >= 0) patience = ms;
};

/** The callbacks that have not been called yet are those from `next` on. @type {{callback: Function | null, due?: boolean}[]} */
const waiting = [];
let next = 0;

/** @param {Function} callback @returns {() => void} tells that the call has settled */
export function callLater(callback) {
  /** @type {{callback: Function | null, due?: boolean}} */
  const mine = { callback };
  const due = () => {
    mine.due = true;
    for (let one; (one = waiting[next]) && one.due; ) {
      const { callback } = one;
      one.callback = null;
      next++;
      if (callback) guard(callback, []);
    }
    if (next === waiting.length) next = waiting.length = 0;
  };
  append(waiting, mine);
  setTimeout(due, patience);
  return due;
}
