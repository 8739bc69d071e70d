/** A lock where there are no Web Locks (plain http, old browsers): a heartbeat in localStorage. */

import { attempt, clearInterval, exec, getItem, localStorage, now, pause, removeItem, setInterval, setItem, shortId, startsWith } from "../natives.js";

/** A heart that has not beaten for so long is dead; browsers run the timers of a hidden page only once a minute. */
const DEAD_MS = 150_000;
const BEAT_MS = 10_000;
/** Two pages that want a lock at the same time see each other's writes within this. */
const MEET_MS = 300;

/**
 * @param {string} name
 * @param {AbortSignal | null} wait until it is free or the signal says stop; null: do not wait
 * @returns {Promise<(() => void) | null>} gives the lock back; null: not to be had
 */
export async function holdByHeartbeat(name, wait) {
  const key = `heap-web:lock:${name}`;
  const me = shortId();
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
  // Another page may have written at the same time: the last one has it.
  await pause(MEET_MS);
  if (!mine()) return null;
  const timer = setInterval(beat, BEAT_MS);
  return () => {
    clearInterval(timer);
    if (mine()) attempt(() => removeItem(localStorage(), key));
  };
}
