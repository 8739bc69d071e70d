// Brings Python to its full speed while nobody waits for it, so that the next page's first call meets it there.
//
// Browsers compile WebAssembly twice: at once and plainly, then, what runs often, in the background and well, on guesses from what
// has run so far. Code whose guess was wrong is thrown away and begins anew, some 5 ms each time for Python's large functions; after
// a few runs of many kinds of calls, with time to compile between them, the guesses hold.

/** The batch of all kinds of calls that the interpreter was frozen after; set by the build. */
/* global __SAMPLE__ */

/** The background compiler needs about so long. */
const PAUSE_MS = 120;
const ROUNDS = 8;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {(text: string) => string | Promise<string>} run takes a batch; keeps nothing of it
 * @returns {Promise<void>} once it is done, as the timeline says then, or an interpreter at its end has thrown
 */
export async function warmUp(run) {
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    await pause(PAUSE_MS);
    try {
      // The second run meets what the first has set off.
      await run(__SAMPLE__);
      await run(__SAMPLE__);
    } catch {
      return; // the next batch will say so
    }
  }
  performance.measure("heap-web:warm-up", { start, end: performance.now() });
}
