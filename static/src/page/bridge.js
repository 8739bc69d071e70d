/**
 * The page end of the bridge: calls that Python made in a worker without a window are taken over, in order and once each,
 * as if this page had made them. The messages are those of heap_web/handover.py. Of all pages the one that holds the lock
 * for a worker serves it; how many of its calls have been taken is in localStorage, for the page after this one.
 */

import { hold } from "./locks.js";

/**
 * What the bridge needs of its page.
 * @typedef {object} Page
 * @property {() => string} appId "" if nothing has been loaded yet
 * @property {(options: Record<string, unknown>) => unknown} load
 * @property {(method: string, text: string) => Promise<import("./queue.js").Result>} take makes a call of a wire record
 * @property {() => {id: unknown, traits: unknown, anonymousId: unknown}} user
 * @property {(kind: "error" | "warning", code: string, message: string) => void} report
 */

/**
 * `name` is "" until the lock is ours; `own`: this page had settings before the worker sent its own.
 * @typedef {{name: string, taken: number, own: boolean}} Served
 */

const METHODS = /^(identify|track|page|group|alias|reset|setAnonymousId)$/;
/** A page that takes over first claims the journal of the one that went: its calls are the older ones. */
const CLAIM_MS = 100;
const MARK_AGE_MS = 7 * 24 * 3600 * 1000;
const PREFIX = "heap-web:bridge:";

/** @param {Page} page @param {(message: string) => void} post */
export function createBridge(page, post) {
  /** @type {Map<string, Served>} by the worker's id */
  const served = new Map();
  let abort = new AbortController();
  let pages = 0;
  forgetOldMarks();

  /** @param {string} to @param {string} type @param {Record<string, unknown>} fields */
  const say = (to, type, fields) => post(JSON.stringify({ to, type, ...fields }));

  /** @param {string} worker @param {Served} one */
  const here = (worker, one) => {
    const { id, traits, anonymousId } = page.user();
    say(worker, "here", { page: one.name, taken: one.taken, own: one.own, user: { id, traits, anonymousId } });
  };

  /** @param {{worker: string, appId: string, settings: Record<string, unknown>}} hello */
  const greet = async ({ worker, appId, settings }) => {
    const loaded = page.appId();
    if (loaded && loaded !== appId) {
      return say(worker, "refused", { reason: `the page has App ID ${loaded}, Python was given ${appId}` });
    }
    if (!navigator.locks) return say(worker, "refused", { reason: "the page is not secure: serve it by https" });
    const known = served.get(worker);
    if (known) {
      if (known.name) here(worker, known);
      return;
    }
    /** @type {Served} */
    const one = { name: "", taken: 0, own: true };
    served.set(worker, one);
    const { signal } = abort;
    const free = await hold(PREFIX + worker, null);
    const release = free || (await hold(PREFIX + worker, signal));
    if (!free) await new Promise((resolve) => setTimeout(resolve, CLAIM_MS));
    if (!release || signal.aborted) {
      if (release) release();
      if (served.get(worker) === one) served.delete(worker);
      return;
    }
    signal.addEventListener("abort", release);
    if (!page.appId()) {
      one.own = false;
      page.load({ ...settings, appId });
    }
    one.taken = readMark(worker);
    one.name = `${Math.random().toString(36).slice(2)}${pages++}`;
    here(worker, one);
  };

  /** @param {{worker: string, first: number, calls: {m: string, a: unknown[]}[]}} message */
  const take = ({ worker, first, calls }) => {
    const one = served.get(worker);
    if (!one || !one.name) return;
    for (let i = 0; i < calls.length; i++) {
      const number = first + i;
      // A gap: calls that a page before us was sent and did not live to take. The worker sends them again.
      if (number > one.taken + 1) break;
      if (number <= one.taken) continue;
      one.taken = number;
      const call = /** @type {{m: string, a: unknown[]}} */ (calls[i]);
      const usable = call && METHODS.test(call.m) && Array.isArray(call.a);
      const promise = usable
        ? page.take(call.m, JSON.stringify(call))
        : Promise.resolve({ status: "dropped", commands: [], reason: "the page cannot read the call" });
      promise.then((result) => {
        if (served.get(worker) !== one) return;
        const { id, traits, anonymousId } = page.user();
        say(worker, "settled", { page: one.name, call: number, result, user: { id, traits, anonymousId } });
      });
    }
    writeMark(worker, one.taken);
    say(worker, "taken", { page: one.name, taken: one.taken });
  };

  return {
    /** @param {string} text */
    receive(text) {
      try {
        const message = JSON.parse(text);
        if (typeof message.worker !== "string") return;
        if (message.type === "hello") greet(message);
        if (message.type === "calls") take(message);
      } catch {} // not one of ours
    },
    /** The page ends, or goes into the back/forward cache: another one may serve. */
    leave() {
      served.forEach((one, worker) => one.name && say(worker, "gone", { page: one.name }));
      served.clear();
      abort.abort();
      abort = new AbortController();
    },
  };
}

/** How many calls of a worker have been taken. @param {string} worker */
function readMark(worker) {
  try {
    return parseInt(localStorage.getItem(PREFIX + worker) || "0", 10) || 0;
  } catch {
    return 0;
  }
}

/** @param {string} worker @param {number} taken */
function writeMark(worker, taken) {
  try {
    localStorage.setItem(PREFIX + worker, `${taken} ${Date.now()}`);
  } catch {}
}

/** Marks of workers that are long gone. */
function forgetOldMarks() {
  try {
    for (const key of Object.keys(localStorage)) {
      if (!key.startsWith(PREFIX)) continue;
      const at = Number((localStorage.getItem(key) || "").split(" ")[1]);
      if (!(Date.now() - at < MARK_AGE_MS)) localStorage.removeItem(key);
    }
  } catch {}
}
