/** A lock where there are no Web Locks (plain http, old browsers): a heartbeat in localStorage. */

import { attempt, now, setTimeout } from "../natives.js";

/** A heart that has not beaten for so long is dead; browsers run the timers of a hidden page only once a minute. */
const DEAD_MS = 150_000;
const BEAT_MS = 10_000;
/** Two pages that want a lock at the same time see each other's writes within this. */
const MEET_MS = 300;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {string} name
 * @param {AbortSignal | null} wait until it is free or the signal says stop; null: do not wait
 * @returns {Promise<(() => void) | null>} gives the lock back; null: not to be had
 */
export async function holdByHeartbeat(name, wait) {
  const key = `heap-web:lock:${name}`;
  const me = Math.random().toString(36).slice(2);
  const read = () => attempt(() => localStorage.getItem(key)) || "";
  const mine = () => read().startsWith(me);
  const beat = () => attempt(() => localStorage.setItem(key, `${me} ${now()}`));
  while (read() && !mine() && Math.abs(now() - +(read().split(" ")[1] || 0)) < DEAD_MS) {
    if (!wait || wait.aborted) return null;
    await pause(1000);
  }
  beat();
  // Another page may have written at the same time: the last one has it.
  await pause(MEET_MS);
  if (!mine()) return null;
  const timer = setInterval(beat, BEAT_MS);
  return () => {
    clearInterval(timer);
    if (mine()) attempt(() => localStorage.removeItem(key));
  };
}
