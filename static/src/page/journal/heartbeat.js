/** A lock where there are no Web Locks (plain http, old browsers): a heartbeat in localStorage. */

import { attempt, base36, clearInterval, exec, getItem, localStorage, now, part, Promise, random, removeItem, setInterval, setItem, setTimeout, startsWith } from "../natives.js";

/** A heart that has not beaten for so long is dead; browsers let the timers of a hidden page run but once a minute. */
const DEAD_MS = 150_000;
const BEAT_MS = 10_000;
const me = part(base36(random()), 2);

/** @param {number} ms */
const pause = (ms) => new Promise((/** @type {(value?: undefined) => void} */ resolve) => setTimeout(resolve, ms));

/**
 * As `hold` in locks.js.
 * @param {string} name @param {AbortSignal | null} wait
 * @returns {Promise<import("./locks.js").Release | null>}
 */
export async function holdByHeartbeat(name, wait) {
  const key = `heap-web:lock:${name}`;
  const read = () => attempt(() => getItem(localStorage(), key)) || "";
  const mine = () => startsWith(read(), me);
  const beats = () => {
    const age = now() - +(exec(/\d+$/, read())?.[0] || 0);
    return age < DEAD_MS && age > -DEAD_MS;
  };
  const beat = () => attempt(() => setItem(localStorage(), key, `${me} ${now()}`));
  while (read() && !mine() && beats()) {
    if (!wait || wait.aborted) return null;
    await pause(1000);
  }
  beat();
  await pause(50); // two pages may have written at once: the last one has it
  if (!mine()) return null;
  const timer = setInterval(beat, BEAT_MS);
  return () => {
    clearInterval(timer);
    if (mine()) attempt(() => removeItem(localStorage(), key));
  };
}
