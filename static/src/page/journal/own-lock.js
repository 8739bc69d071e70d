/** Our own journal's lock, as the first machine of states.js says: asked for before a call is written, given back with the page. */

import { endsWithPage, holdPageLock } from "./page-lock.js";
import { mayDeliver, OWN_MS, ownAfter } from "./states.js";
import { AbortController, append, clearTimeout, each, Promise, queueMicrotask, setTimeout, then } from "../natives.js";

/** @typedef {import("../calls/entry.js").Entry} Entry */
/** @typedef {ReturnType<typeof createOwnLock>} OwnLock */

/**
 * @param {import("./journal.js").Journal} journal
 * @param {{contested: () => void, changed: () => void}} world `contested` is called when others may have delivered from our
 *   journal and no longer do, `changed` once calls may be delivered
 */
export function createOwnLock(journal, { contested, changed }) {
  const name = journal.lockOf(journal.page);
  /** @type {import("./states.js").Own} */
  let state = endsWithPage() ? "free" : "away";
  /** The page delivers, or will. */
  let opened = false;
  /** No other page can have delivered our calls, so none needs to be looked up. */
  let certain = false;
  /** The lock was asked for in this tick. */
  let fresh = false;
  /** Gives the lock back, once it is ours. @type {import("./locks.js").Release | null} */
  let release = null;
  /** The answer to an earlier request counts no more. */
  let requests = 0;
  let abort = new AbortController();
  /** @type {any} */
  let timer;
  /** @type {((may: boolean) => void)[]} */
  let waiting = [];

  /** @param {import("./states.js").OwnEvent} event */
  const become = (event) => {
    const before = state;
    state = ownAfter(before, event);
    if (state === before) return;
    certain = false;
    clearTimeout(timer);
    const ms = OWN_MS[state];
    if (ms) timer = setTimeout(become, ms, "due");
    if (state === "asked") {
      fresh = true;
      queueMicrotask(() => (fresh = false));
      ask(null);
    }
    if (state === "waiting") ask(abort.signal);
    if (state === "free" || state === "away") giveBack();
    if (state === "away" && opened) become("open");
    else tell(event === "due" ? contested : null);
  };

  /** Those who wait hear it, once it is known whether calls may be delivered. @param {(() => void) | null} first */
  const tell = (first) => {
    if (mayDeliver(state) === null) return;
    if (first) first();
    // By what was told first, somebody may have withdrawn consent.
    const may = mayDeliver(state);
    if (may === null) return;
    certain = state === "held" && endsWithPage();
    const all = waiting;
    waiting = [];
    each(all, (resolve) => resolve(may));
    if (may) changed();
  };

  /** @param {AbortSignal | null} wait */
  const ask = (wait) => {
    const mine = ++requests;
    then(holdPageLock(name, wait), (got) => {
      if (mine === requests) {
        release = got;
        become(got ? "granted" : "refused");
      } else if (got) got();
    });
  };

  const giveBack = () => {
    requests++;
    abort.abort();
    abort = new AbortController();
    if (release) release();
    release = null;
  };

  /** Resolves with whether calls may be delivered, as soon as that is known. */
  const mine = () =>
    new Promise((/** @type {(may: boolean) => void} */ resolve) => {
      const may = mayDeliver(state);
      if (may === null) append(waiting, resolve);
      else resolve(may);
    });

  return {
    mine,

    /** Write a call down, under our lock where the page can have it. False: there is no room. @param {Entry} entry */
    write(entry) {
      if (!journal.fits(entry)) return false;
      become("need");
      return journal.add(entry);
    },

    /** Whether calls may be delivered in this tick. A lock asked for in this tick will do: no page can have seen the calls yet. */
    held: () => mayDeliver(state) || (state === "asked" && fresh),

    /** Whether a call is still to be delivered. @param {Entry} entry */
    has: (entry) => !entry.key || (certain && !entry.claim) || journal.has(entry.key),

    /** The page delivers. Resolves at once, or when what others may have done to our journal is over. @param {boolean} always whether to hold the lock without calls too */
    async open(always) {
      opened = true;
      become("open");
      if (always) become("need");
      if (state !== "asked") await mine();
    },

    /** Nothing is left to deliver, and the lock is in the way. */
    idle: () => become("idle"),

    /** Give it back, or do so as soon as we have it: whoever takes it delivers. */
    close() {
      opened = false;
      become("close");
    },
  };
}
