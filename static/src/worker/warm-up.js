// Brings Python to its full speed while nobody waits for it, so that the first call of the next page is answered at that speed.
//
// Browsers compile WebAssembly twice. First they compile all of it, fast and without optimizing. Then they compile what runs often
// once more, in the background, and optimize it by guesses from what has run so far. Where a guess turns out wrong, that code is
// thrown away and compiled anew. For Python's largest functions the build sees to it that the guesses are right at once (see `prime` in
// entry.py). For the others they are right after a few runs of many kinds of calls, with time to compile between them.

/** The batch of all kinds of calls that the interpreter was frozen after; set by the build. */
/* global __SAMPLE__ */

/** The background compiler needs about this long. */
const PAUSE_MS = 120;
const ROUNDS = 8;

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param {(text: string) => string | Promise<string>} run takes a batch; keeps nothing of it
 * @returns {Promise<void>} resolves when it is done, which the timeline shows, or when the interpreter has thrown
 */
export async function warmUp(run) {
  const start = performance.now();
  for (let round = 0; round < ROUNDS; round++) {
    await pause(PAUSE_MS);
    try {
      // The second run uses code whose compilation the first has started.
      await run(__SAMPLE__);
      await run(__SAMPLE__);
    } catch {
      // The next batch will throw too, and be reported.
      return;
    }
  }
  performance.measure("heap-web:warm-up", { start, end: performance.now() });
}
