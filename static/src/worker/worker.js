// The worker: boots Python once and runs the batches that pages post to it. One file for both kinds, shared and dedicated.
// The other end, with the messages' types, is page/protocol.js.

import { boot, hasEnded } from "./python.js";
import { warmUp } from "./warm-up.js";

/** @typedef {{postMessage: (message: object) => void}} Port */

/** @type {Set<Port>} pages that wait for Python */
const waiting = new Set();
/** @type {Promise<import("./python.js").Python> | null} */
let booting = null;
let ready = false;
/** Whether we hold the lock of our name: a page that can have it knows that we are gone. */
let guarded = false;

/** @returns {Promise<import("./python.js").Python>} */
function python() {
  booting ??= boot((loaded, total) => waiting.forEach((port) => port.postMessage({ type: "progress", loaded, total, guarded }))).then(
    (booted) => {
      ready = true;
      warmUp(booted.run);
      return booted;
    },
  );
  return booting;
}

/**
 * Tells a page when Python is there. A boot that failed (a file not found, the network gone) is tried again for the next page.
 * @param {Port} port
 */
function announce(port) {
  const warm = ready;
  waiting.add(port);
  python().then(
    (booted) => {
      waiting.delete(port);
      port.postMessage({ type: "ready", ms: booted.ms, python: booted.python, warm, guarded });
    },
    (error) => {
      booting = null;
      waiting.delete(port);
      port.postMessage({ type: "failed", message: String(error?.message ?? error) });
    },
  );
}

/**
 * @param {import("./python.js").Python} booted
 * @param {string} text
 */
async function timed(booted, text) {
  const start = performance.now();
  const result = await booted.run(text);
  // The timeline keeps every measure for as long as the worker lives: keep only the last.
  performance.clearMeasures("heap-web:run");
  performance.measure("heap-web:run", { start, end: performance.now() });
  return result;
}

/**
 * @param {Port} port
 * @param {{type: string, id: number, text: string}} message
 */
function receive(port, message) {
  const { type, id } = message;
  if (type === "bye") waiting.delete(port);
  else if (type === "batch") {
    python().then(
      async (booted) => {
        // The batch may need another boot: progress tells the page that it does not wait in vain.
        waiting.add(port);
        try {
          port.postMessage({ type: "batch", id, text: await timed(booted, message.text) });
        } catch (error) {
          if (!(await hasEnded(booted.run, error))) return port.postMessage({ type: "fault", id, message: String(error) });
          // The next interpreter has not seen the batch.
          booting = null;
          ready = false;
          port.postMessage({ type: "failed", message: String(error), unreachable: Object(error).unreachable });
        } finally {
          waiting.delete(port);
        }
      },
      // `announce` has said that the boot failed.
      () => {},
    );
  }
}

/** @param {MessagePort | Worker} port in a dedicated worker the scope itself, which has a Worker's methods */
function serve(port) {
  port.onmessage = (/** @type {MessageEvent} */ event) => receive(port, event.data);
  announce(port);
}

/**
 * Pages also ask over a channel of our name, because it works before their port is connected. While Python is not there, they get no
 * answer here: their port will give it.
 * @param {string} name
 */
function listen(name) {
  try {
    const channel = new BroadcastChannel(name);
    channel.onmessage = ({ data: { from, message } }) => {
      if (!from || !ready) return;
      receive({ postMessage: (answer) => channel.postMessage({ to: from, message: answer }) }, message);
    };
  } catch {
    // Channels are denied. The ports are enough.
  }
}

/** Hold a lock of our name for as long as we live. @param {string} name */
function guard(name) {
  navigator.locks?.request(name, () => {
    guarded = true;
    return new Promise(() => {});
  });
}

const scope = /** @type {any} */ (globalThis);
if ("onconnect" in scope) {
  scope.onconnect = (/** @type {MessageEvent} */ event) => event.ports.forEach(serve);
  listen(scope.name);
  guard(scope.name);
} else serve(scope);
