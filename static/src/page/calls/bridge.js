/**
 * The page's end of the bridge: calls that Python made in a worker without a window are taken over, in order and once each,
 * as if this page had made them. Of all pages the one that holds the
 * lock for a worker serves it; how many of its calls have been taken is in localStorage, for the page after this one.
 *
 * A worker, as a page sees it:
 *   unknown -> greeted   its first hello; this page asks for the lock
 *   greeted -> served    the lock is ours; the worker hears "here"
 *   any     -> unknown   it says goodbye, or the lock that it holds while it lives is free: lock and mark go
 *   any     -> unknown   this page freezes or ends: the lock goes, the mark stays for the next page
 */

import { hold } from "../journal/locks.js";
import { json } from "../json.js";
import { AbortController, attempt, bare, each, exec, getItem, isArray, keys, listen, localStorage, locks, matches, now, pause, Promise, removeItem, setItem, shortId, startsWith, then } from "../natives.js";
import { createChannel } from "./channel.js";
import { withLocalTimes } from "./wire.js";

/**
 * @typedef {object} Worker
 * @property {string} page our name for it; "" until the lock is ours
 * @property {number} taken all of its calls up to this number have been taken
 * @property {string} lives the lock that it holds while it lives; "" if it has not named one
 * @property {AbortController} end ends our locks and what we wait for
 */

const METHODS = /^(identify|track|page|group|alias|reset|setAnonymousId)$/;
/** A page that takes over first claims the journal of the one that went: its calls are the older ones. */
const CLAIM_MS = 100;
const MARK_AGE_MS = 7 * 24 * 3600 * 1000;
const PREFIX = "heap-web:bridge:";
/** What a worker's own lock is called. */
const LIVES = /^heap-web:worker:/;
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
  /** By the worker's id. @type {Record<string, Worker>} */
  let workers = bare();

  /** @param {string} id @param {Worker} worker */
  const here = (id, { page, taken }) => say(id, "here", { page, taken, user: user.state() });

  /** @param {string} id @param {string} wanted the App ID that it has @param {unknown} lives the lock that it holds */
  const greet = (id, wanted, lives) => {
    let reason = "";
    if (wanted !== appId) reason = `the page has App ID ${appId}, Python was given ${wanted}`;
    if (!locks()) reason = "the page is not secure: it needs https, or localhost";
    if (reason) return say(id, "refused", { reason });
    let worker = workers[id];
    if (worker) {
      if (worker.page) here(id, worker);
    } else {
      worker = { page: "", taken: 0, lives: "", end: new AbortController() };
      workers[id] = worker;
      serve(id, worker);
    }
    if (!worker.lives && typeof lives === "string" && matches(LIVES, lives)) watch(id, worker, lives);
  };

  /** @param {string} id @param {Worker} worker */
  const serve = async (id, worker) => {
    const { signal } = worker.end;
    const name = PREFIX + id;
    let release = await hold(name, null);
    if (!release) {
      release = await hold(name, signal);
      await pause(CLAIM_MS);
    }
    if (!release) return workers[id] === worker && delete workers[id];
    if (signal.aborted) return release();
    listen(signal, "abort", release);
    worker.taken = attempt(() => numberIn(getItem(localStorage(), name))) || 0;
    worker.page = shortId();
    here(id, worker);
  };

  /** Notice when a worker ends without a goodbye: its lock is to be had then. @param {string} id @param {Worker} worker @param {string} lives */
  const watch = async (id, worker, lives) => {
    worker.lives = lives;
    const release = await hold(lives, worker.end.signal);
    if (!release) return;
    release();
    forget(id);
  };

  /** A worker has ended: nobody will send its calls again, so there is nothing to remember. @param {string} id */
  const forget = (id) => {
    const worker = workers[id];
    if (!worker) return;
    delete workers[id];
    worker.end.abort();
    if (worker.page) attempt(() => removeItem(localStorage(), PREFIX + id));
  };

  /** @param {string} id @param {number} first the number of the first call @param {any[]} calls @param {unknown} taken */
  const receive = (id, first, calls, taken) => {
    const worker = workers[id];
    if (!worker || !worker.page) return;
    const { page } = worker;
    // Our mark may be lost: storage was full or has been cleared. The worker knows what it was told; an older one does not say.
    if (typeof taken === "number" && taken - taken === 0 && taken > worker.taken) worker.taken = taken;
    for (let i = 0; i < calls.length; i++) {
      const call = first + i;
      // A gap: calls that a page before us was sent and did not live to take. The worker sends them again.
      if (call > worker.taken + 1) break;
      if (call <= worker.taken) continue;
      worker.taken = call;
      const { m, a } = calls[i] || bare();
      const result =
        matches(METHODS, m) && isArray(a)
          ? take(withLocalTimes(json(calls[i])), m, () => a)
          : UNREADABLE;
      then(result, (result) => say(id, "settled", { page, call, result, user: user.state() }));
    }
    attempt(() => setItem(localStorage(), PREFIX + id, `${worker.taken} ${now()} ${worker.lives}`));
    say(id, "taken", { page, taken: worker.taken });
  };

  const { say, open, end } = createChannel(
    (say) => say("workers", "page"),
    ({ type, worker, appId, first, calls, taken, lock }) => {
      if (type === "hello") greet(worker, appId, lock);
      if (type === "calls") receive(worker, first, calls, taken);
      if (type === "goodbye") forget(worker);
    },
    // Another page may serve.
    () => {
      each(keys(workers), (id) => {
        const { page, end } = /** @type {Worker} */ (workers[id]);
        if (page) say(id, "gone", { page });
        end.abort();
      });
      workers = bare();
    },
  );

  attempt(forgetOldMarks);
  open();
  return end;
}

/** Marks of workers that have ended, or that are long gone and never named a lock. */
function forgetOldMarks() {
  const storage = localStorage();
  each(keys(storage), (key) => {
    if (!startsWith(key, PREFIX)) return;
    const mark = exec(/^\d+ (\d+) ?(.*)/, getItem(storage, key) || "");
    const lives = mark && mark[2];
    const forget = () => attempt(() => removeItem(storage, key));
    if (!(now() - +(mark?.[1] ?? "-") < MARK_AGE_MS)) forget();
    else if (lives && locks())
      then(hold(lives, null), (release) => {
        if (!release) return;
        release();
        forget();
      });
  });
}
