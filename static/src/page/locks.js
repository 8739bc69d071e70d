/** A Web Lock: it dies with its page. */

import { bare, Promise } from "./natives.js";

/** @typedef {() => void} Release */

/**
 * @param {string} name
 * @param {AbortSignal | null} wait until it is free or the signal says stop; null: do not wait
 * @returns {Promise<Release | null>} null: not to be had
 */
export const hold = (name, wait) =>
  new Promise((resolve) => {
    const options = bare();
    if (wait) options.signal = wait;
    else options.ifAvailable = true;
    navigator.locks
      .request(name, options, (lock) => {
        if (lock) return new Promise((/** @type {(value?: undefined) => void} */ release) => resolve(release));
        resolve(null);
      })
      .catch(() => resolve(null));
  });
