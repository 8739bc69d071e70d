/**
 * The page's end of the bridge: calls that Python made in a worker without a window are taken over, in order and once each,
 * as if this page had made them. The messages are those of heap_web/handover.py. Of all pages the one that holds the lock
 * for a worker serves it; how many of its calls have been taken is in localStorage, for the page after this one.
 */

import { hold } from "../journal/locks.js";
import { json } from "../json.js";
import { AbortController, attempt, bare, base36, BroadcastChannel, each, exec, getItem, isArray, keys, listen, localStorage, locks, matches, now, parse, part, Promise, random, removeItem, setItem, setTimeout, startsWith, then, unlisten, world } from "../natives.js";

/** `page` is "" until the lock is ours. @typedef {{page: string, taken: number}} Served */

const METHODS = /^(identify|track|page|group|alias|reset|setAnonymousId)$/;
/** A page that takes over first claims the journal of the one that went: its calls are the older ones. */
const CLAIM_MS = 100;
const MARK_AGE_MS = 7 * 24 * 3600 * 1000;
const PREFIX = "heap-web:bridge:";
/** @type {Promise<import("./entry.js").Result>} */
const UNREADABLE = new Promise((resolve) => resolve({ status: "dropped", commands: [], reason: "the page cannot read the call" }));

/** The first number in a text; NaN if there is none. @param {string | null | undefined} text */
const numberIn = (text) => +(exec(/\d+/, text || "")?.[0] ?? "-");

/**
 * @param {string} appId
 * @param {(text: string, method: string, args: () => unknown[]) => Promise<import("./entry.js").Result>} take makes a call of wire text
 * @param {{state: () => import("../visitor/user.js").UserState}} user
 */
export function openBridge(appId, take, user) {
  /** By the worker's id. @type {Record<string, Served>} */
  let served = bare();
  /** @type {BroadcastChannel | null} */
  let channel = null;
  let abort = new AbortController();

  /** @param {string} to @param {string} type @param {Record<string, unknown>} [fields] */
  const say = (to, type, fields) => channel && channel.postMessage(json({ to, type, ...fields }));

  /** @param {string} worker @param {Served} one */
  const here = (worker, one) => say(worker, "here", { ...one, user: user.state() });

  /** @param {string} worker @param {string} wanted the App ID that it has */
  const greet = async (worker, wanted) => {
    const known = served[worker];
    let reason = "";
    if (wanted !== appId) reason = `the page has App ID ${appId}, Python was given ${wanted}`;
    if (!locks()) reason = "the page is not secure: it needs https, or localhost";
    if (reason) return say(worker, "refused", { reason });
    if (known) return known.page && here(worker, known);
    const one = { page: "", taken: 0 };
    served[worker] = one;
    const { signal } = abort;
    const name = PREFIX + worker;
    let release = await hold(name, null);
    if (!release) {
      release = await hold(name, signal);
      await new Promise((resolve) => setTimeout(resolve, CLAIM_MS));
    }
    if (!release) return served[worker] === one && delete served[worker];
    if (signal.aborted) return release();
    listen(signal, "abort", release);
    one.taken = attempt(() => numberIn(getItem(localStorage(), name))) || 0;
    one.page = part(base36(random()), 2);
    here(worker, one);
  };

  /** @param {string} worker @param {number} first the number of the first call @param {any[]} calls @param {unknown} taken */
  const receive = (worker, first, calls, taken) => {
    const one = served[worker];
    if (!one || !one.page) return;
    const { page } = one;
    // Our mark may be lost: storage was full or has been cleared. The worker knows what it was told; an older one does not say.
    if (typeof taken === "number" && taken - taken === 0 && taken > one.taken) one.taken = taken;
    for (let i = 0; i < calls.length; i++) {
      const call = first + i;
      // A gap: calls that a page before us was sent and did not live to take. The worker sends them again.
      if (call > one.taken + 1) break;
      if (call <= one.taken) continue;
      one.taken = call;
      const { m, a } = calls[i] || bare();
      const result =
        matches(METHODS, m) && isArray(a)
          ? take(json(calls[i]), m, () => a)
          : UNREADABLE;
      then(result, (result) => say(worker, "settled", { page, call, result, user: user.state() }));
    }
    attempt(() => setItem(localStorage(), PREFIX + worker, `${one.taken} ${now()}`));
    say(worker, "taken", { page, taken: one.taken });
  };

  const open = () => {
    if (channel) return;
    // Old browsers have none, and Firefox denies it where it denies storage.
    channel = attempt(() => new BroadcastChannel("heap-web"));
    if (!channel) return;
    channel.onmessage = ({ data }) =>
      attempt(() => {
        const { to, type, worker, appId, first, calls, taken } = parse(data);
        if (to !== "pages") return;
        if (type === "hello") greet(worker, appId);
        if (type === "calls") receive(worker, first, calls, taken);
      });
    say("workers", "page");
  };

  /** An open channel would keep the page out of the back/forward cache, and another page may serve. */
  const close = () => {
    each(keys(served), (worker) => {
      const { page } = /** @type {Served} */ (served[worker]);
      if (page) say(worker, "gone", { page });
    });
    served = bare();
    abort.abort();
    abort = new AbortController();
    if (channel) channel.close();
    channel = null;
  };

  /** @param {PageTransitionEvent} event */
  const back = ({ persisted }) => persisted && open();

  attempt(forgetOldMarks);
  listen(world, "pagehide", close);
  listen(world, "pageshow", back);
  open();

  return () => {
    unlisten(world, "pagehide", close);
    unlisten(world, "pageshow", back);
    close();
  };
}

/** Marks of workers that are long gone. */
function forgetOldMarks() {
  const storage = localStorage();
  each(keys(storage), (key) => {
    if (!startsWith(key, PREFIX)) return;
    const at = numberIn(exec(/ .*/, getItem(storage, key) || "")?.[0]);
    if (!(now() - at < MARK_AGE_MS)) removeItem(storage, key);
  });
}
