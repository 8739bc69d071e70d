/** Web Locks: each ends with its page or worker, and asking for one has an answer in time, always. */

import { Promise, requestLock, setTimeout, then } from "../natives.js";

/** Gives the lock back. @typedef {() => void} Release */

/** A browser answers within milliseconds. A page may have replaced the function by one that never does. */
const ANSWER_MS = 2000;
const PROBE = "heap-web?";

/**
 * @param {string} name
 * @param {AbortSignal | null} wait until it is free or the signal says stop; null: do not wait
 * @returns {Promise<Release | null>} null: not to be had, or there are no Web Locks
 */
export async function hold(name, wait) {
  if (wait) return holdInTime(name, wait);
  const answer = await request(name, null);
  return answer === "taken" ? null : answer;
}

/**
 * A lock that is held has no answer for as long as it is held, and none that can be told from that where locks do not answer at all.
 * So that is asked at the same time, under a name that nobody keeps.
 * @param {string} name @param {AbortSignal} wait @returns {Promise<Release | null>}
 */
const holdInTime = (name, wait) =>
  new Promise((resolve) => {
    let over = false;
    /** @param {Release | null} answer */
    const settle = (answer) => {
      if (!over) resolve(answer);
      else if (answer) answer();
      over = true;
    };
    const ask = async () => settle(/** @type {Release | null} */ (await request(name, wait)));
    const probe = async () => {
      const answer = await request(PROBE, null);
      if (!answer) settle(null);
      else if (answer !== "taken") answer();
    };
    ask();
    probe();
  });

/**
 * @param {string} name
 * @param {AbortSignal | null} wait
 * @returns {Promise<Release | "taken" | null>} null: locks are denied, or do not answer, or waiting was stopped
 */
const request = (name, wait) =>
  new Promise((resolve) => {
    let over = false;
    /** @param {Release | "taken" | null} answer */
    const settle = (answer) => {
      over = true;
      resolve(answer);
    };
    // In two halves: where something blocked the page's thread, the answer may be there already, and comes between them.
    if (!wait) setTimeout(() => over || setTimeout(() => over || settle(null), ANSWER_MS / 2), ANSWER_MS / 2);
    const options = { __proto__: null, ...(wait ? { signal: wait } : { ifAvailable: true }) };
    try {
      const asked = requestLock(name, /** @type {LockOptions} */ (options), (lock) => {
        if (!lock) return settle("taken");
        // Too late: nobody would give it back.
        if (over) return;
        return new Promise((/** @type {(value?: undefined) => void} */ release) => settle(release));
      });
      then(asked, null, () => settle(null));
    } catch {
      settle(null);
    }
  });
