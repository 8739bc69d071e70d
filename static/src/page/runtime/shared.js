/**
 * The site's SharedWorker, where Python outlives the page. Until its port is connected, which takes some 10 ms, a batch also goes over
 * a BroadcastChannel on which a living worker listens: whichever answers first is right, as an answer depends on its batch alone.
 */

import { hold } from "../journal/locks.js";
import { attempt, BroadcastChannel, clearTimeout, Error, listen, part, setTimeout, SharedWorker, shortId } from "../natives.js";
import { scriptUrl } from "../trusted.js";

/** @typedef {import("./protocol.js").ToWorker} ToWorker */
/** @typedef {import("./protocol.js").FromWorker} FromWorker */
/** @typedef {ReturnType<typeof connect>} Connection */

/** Worker, channel and lock are those of one version: another version's Python is another one. */
const NAME = `heap-web ${part(__RUNTIME__, 8, -1)}`;
/** A worker that owes an answer for so long is asked for by its lock. */
const DOUBT_MS = 300;

/** @param {string} base URL of the runtime's folder; throws where there can be no SharedWorker */
export function connect(base) {
  let outlives = false;
  const options = /** @type {any} */ ({
    __proto__: null,
    type: "module",
    name: NAME,
    // Only a browser that knows the option reads it: there the worker outlives its pages.
    get extendedLifetime() {
      return (outlives = true);
    },
  });
  if (!SharedWorker) throw Error("this browser has none");
  const worker = new SharedWorker(scriptUrl(`${base}worker.js`), options);
  const { port } = worker;
  /** Old browsers have none, and Firefox denies it where it denies storage. */
  let channel = attempt(() => new BroadcastChannel(NAME));
  const me = shortId();
  /** The worker holds its lock: if it can be had, the worker is gone. */
  let guarded = false;
  let gone = false;
  let owes = false;
  /** @type {any} */
  let doubt;
  let hear = (/** @type {FromWorker} */ _message) => {};
  let fail = (/** @type {string} */ _why) => {};

  /** An open channel would keep the page out of the back/forward cache. */
  const closeChannel = () => {
    if (channel) channel.close();
    channel = null;
  };

  /** The worker owes an answer, or it owes none any more. @param {boolean} [still] */
  const expect = (still) => {
    clearTimeout(doubt);
    owes = !!still;
    if (owes && guarded) doubt = setTimeout(ask, DOUBT_MS);
  };

  const ask = async () => {
    const release = await hold(NAME, null);
    if (release) release();
    if (release && owes) return fail("it is gone");
    if (owes) expect(true);
  };

  /** @param {FromWorker} message */
  const receive = (message) => {
    guarded ||= !!(/** @type {any} */ (message).guarded);
    // Once it is there, it may still owe the batch that was posted before.
    expect(message.type === "progress" || (message.type === "ready" && owes));
    hear(message);
  };

  worker.onerror = () => {
    gone = true;
    fail("it did not start");
  };
  listen(port, "close", () => fail("it is gone"));
  port.onmessage = ({ data }) => {
    closeChannel();
    receive(data);
  };
  // Elsewhere (Firefox) a worker that holds a lock keeps its pages out of the back/forward cache, and would end with them.
  if (outlives) port.postMessage({ type: "guard" });
  if (channel) channel.onmessage = ({ data }) => data.to === me && receive(data.message);

  return {
    outlives,
    /** @param {typeof hear} hearing @param {typeof fail} failing */
    use(hearing, failing) {
      hear = hearing;
      fail = failing;
      if (gone) fail("it did not start");
    },
    /** @param {ToWorker} message */
    post(message) {
      expect(message.type === "batch");
      port.postMessage(message);
      if (channel && message.type === "batch") channel.postMessage({ from: me, message });
    },
    close() {
      expect();
      closeChannel();
      port.postMessage({ type: "bye" });
      port.close();
    },
  };
}
