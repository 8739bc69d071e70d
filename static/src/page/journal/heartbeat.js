/** A lock where there are no Web Locks (plain http, old browsers): a heartbeat in localStorage. */

import { attempt, now, setTimeout } from "../natives.js";

/** A heart that has not beaten for so long is dead; browsers let the timers of a hidden page run but once a minute. */
const DEAD_MS = 150_000;
const BEAT_MS = 10_000;
const me = Math.random().toString(36).slice(2);

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * As `hold` in locks.js.
 * @param {string} name @param {AbortSignal | null} wait
 * @returns {Promise<import("./locks.js").Release | null>}
 */
export async function holdByHeartbeat(name, wait) {
  const key = `heap-web:lock:${name}`;
  const read = () => attempt(() => localStorage.getItem(key)) || "";
  const mine = () => read().startsWith(me);
  const beat = () => attempt(() => localStorage.setItem(key, `${me} ${now()}`));
  while (read() && !mine() && Math.abs(now() - +(read().split(" ")[1] || 0)) < DEAD_MS) {
    if (!wait || wait.aborted) return null;
    await pause(1000);
  }
  beat();
  await pause(50); // two pages may have written at once: the last one has it
  if (!mine()) return null;
  const timer = setInterval(beat, BEAT_MS);
  return () => {
    clearInterval(timer);
    if (mine()) attempt(() => localStorage.removeItem(key));
  };
}
