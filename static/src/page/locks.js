/** A lock that dies with its page: a Web Lock; where there is none (plain http, old browsers), a heartbeat in localStorage. */

import { now, Promise, setTimeout } from "./natives.js";

/** @typedef {() => void} Release */

/** A heart that has not beaten for so long is dead; browsers let the timers of a hidden page run but once a minute. */
const DEAD_MS = 150_000;
const BEAT_MS = 10_000;
const me = Math.random().toString(36).slice(2);

/** @param {number} ms */
export const pause = (ms) => new Promise((/** @type {(value?: undefined) => void} */ resolve) => setTimeout(resolve, ms));

/**
 * @param {string} name
 * @param {AbortSignal | null} wait until it is free or the signal says stop; null: do not wait
 * @returns {Promise<Release | null>} null: not to be had
 */
export function hold(name, wait) {
  const { locks } = navigator;
  if (!locks) return holdByHeartbeat(`heap-web:lock:${name}`, wait);
  return new Promise((resolve) => {
    const options = /** @type {LockOptions} */ ({ __proto__: null });
    if (wait) options.signal = wait;
    else options.ifAvailable = true;
    locks
      .request(name, options, (lock) => {
        if (lock) return new Promise((/** @type {(value?: undefined) => void} */ release) => resolve(release));
        resolve(null);
      })
      .catch(() => resolve(null));
  });
}

/** @param {string} key @param {AbortSignal | null} wait @returns {Promise<Release | null>} */
async function holdByHeartbeat(key, wait) {
  const read = () => localStorage.getItem(key) || "";
  const mine = () => read().startsWith(me);
  const beat = () => {
    try {
      localStorage.setItem(key, `${me} ${now()}`);
    } catch {}
  };
  try {
    while (read() && !mine() && Math.abs(now() - +read().split(" ")[1]) < DEAD_MS) {
      if (!wait || wait.aborted) return null;
      await pause(1000);
    }
    beat();
    await pause(50); // two pages may have written at once: the last one has it
    if (!mine()) return null;
    const timer = setInterval(beat, BEAT_MS);
    return () => {
      clearInterval(timer);
      if (mine()) localStorage.removeItem(key);
    };
  } catch {
    return null;
  }
}
