/** A Web Lock: it dies with its page. */

import { Promise, requestLock, then } from "../natives.js";

/** @typedef {() => void} Release */

/**
 * @param {string} name
 * @param {AbortSignal | null} wait until it is free or the signal says stop; null: do not wait
 * @returns {Promise<Release | null>} null: not to be had
 */
export const hold = (name, wait) =>
  new Promise((resolve) => {
    const options = { __proto__: null, ...(wait ? { signal: wait } : { ifAvailable: true }) };
    const asked = requestLock(name, /** @type {LockOptions} */ (options), (lock) => {
      if (lock) return new Promise((/** @type {(value?: undefined) => void} */ release) => resolve(release));
      resolve(null);
    });
    then(asked, null, () => resolve(null));
  });
