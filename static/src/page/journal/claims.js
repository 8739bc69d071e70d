/**
 * Dead pages' journals, as the second machine of states.js says. A dead page's lock is held while this page delivers from the
 * dead page's own keys: nothing is copied, so a crash at any point neither loses nor doubles a call.
 */

import { holdPageLock } from "./page-lock.js";
import { claimAfter } from "./states.js";
import { AbortController, append, bare, clearTimeout, each, keys, listen, pause, Promise, setTimeout, sort, world as pageWindow } from "../natives.js";

/** @typedef {import("../calls/entry.js").Entry} Entry */
/** @typedef {{owner: string, state: import("./states.js").Claimed, left: number, release: import("./locks.js").Release | null, timer: any}} Claim */

/** How long our own calls wait for the locks of journals that another page still holds; usually that is the page just being left. */
const CLAIM_MS = 700;
/** The last writes of another process may reach us this much later than its lock. */
const SETTLE_MS = 300;
/** On a busy machine they come later still. Where no calls of our own wait, we wait this long. */
const SETTLE_LATER_MS = 1000;
/**
 * A page with nothing left to deliver holds its lock no longer than this, except where it has a SharedWorker that outlives it. In Firefox
 * none does, and a page that holds a lock is not kept in the back/forward cache: the SharedWorker would end with the page.
 */
const IDLE_MS = 20;
/** We look this much later at what another page has written: most of it that page delivers itself. */
const LATE_MS = 300;
/** We keep the lock of a journal that we have emptied this long. A page that waits for the lock sees by then that the journal is empty. */
const LINGER_MS = 2000;

/**
 * @param {import("./journal.js").Journal} journal
 * @param {import("./own-lock.js").OwnLock} own our own journal's lock
 * @param {Entry[]} items calls on their way
 * @param {boolean} brief whether to hold our own lock only while there are calls
 * @param {{
 *   entryOf: (text: string, at: number) => Entry,
 *   receive: (entries: Entry[]) => void,
 *   changed: () => void}} world `receive` is given dead pages' calls, oldest first, more than once if need be; `changed` is
 *   called once `ready` has another answer
 */
export function createClaims(journal, own, items, brief, { entryOf, receive, changed }) {
  /** What dead pages left is in. */
  let ready = false;
  /** Ends with `close`. */
  let abort = new AbortController();
  /** Our claims, by page. @type {Record<string, Claim>} */
  let claims = bare();
  /** @type {any} */
  let idle;
  /** @type {any} */
  let late;

  /** @param {Claim} one @param {import("./states.js").ClaimEvent} event */
  const become = (one, event) => {
    one.state = claimAfter(one.state, event);
    clearTimeout(one.timer);
    if (one.state === "emptied") one.timer = setTimeout(lookAgain, LINGER_MS, one);
    if (one.state !== "gone") return;
    if (claims[one.owner] === one) delete claims[one.owner];
    if (one.release) one.release();
    one.release = null;
  };

  /** The calls that are in a claimed journal now, in order. @param {Claim} one */
  const look = (one) => {
    /** @type {Entry[]} */
    const entries = [];
    each(journal.callsOf(one.owner), ({ key, at, text }) => {
      const entry = entryOf(text, at);
      entry.key = key;
      entry.claim = one;
      append(entries, entry);
    });
    one.left += entries.length;
    become(one, entries.length ? "found" : "nothing");
    return entries;
  };

  /** What is in a journal that we have emptied: a dead page's last writes may come later than its lock. @param {Claim} one */
  const lookAgain = (one) => {
    if (one.state !== "emptied") return;
    const entries = look(one);
    if (entries.length) receive(entries);
  };

  /** Ask for the lock of another page's journal; resolves with its calls when that page is gone. @param {Claim} one */
  const ask = async (one) => {
    const { signal } = abort;
    const { owner } = one;
    claims[owner] = one;
    one.release = await holdPageLock(journal.lockOf(owner), signal);
    become(one, one.release && !signal.aborted ? "granted" : "refused");
    // Where it left nothing, it is perhaps at work and wants its lock back.
    if (one.state === "settling" && journal.scan()[owner]) await pause(ready ? SETTLE_LATER_MS : SETTLE_MS);
    return { one, entries: one.state === "settling" ? look(one) : [] };
  };

  /** Claim the journals of pages that are gone, now or as they go; resolves when those that are gone are in. */
  const claim = () =>
    new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      /** @type {Claim[]} */
      const asked = [];
      each(sort(keys(journal.scan())), (owner) => {
        const known = claims[owner];
        if (known) lookAgain(known);
        else if (owner !== journal.page) append(asked, { owner, state: "asked", left: 0, release: null, timer: 0 });
      });
      if (!asked.length) return resolve();
      let missing = asked.length;
      /** What came in time, in the order of the pages. @type {Awaited<ReturnType<typeof ask>>[] | null} */
      let found = [];
      const done = () => {
        if (!found) return;
        /** @type {Entry[]} */
        const all = [];
        // A claim may have been dropped meanwhile.
        each(found, (came) => came && came.one.state === "delivering" && each(came.entries, (entry) => append(all, entry)));
        found = null;
        if (all.length) receive(all);
        resolve();
      };
      let patient = true;
      const check = () => {
        let settling = false;
        each(asked, (one) => (settling ||= one.state === "settling"));
        if (!missing || !(patient || settling)) done();
      };
      setTimeout(() => {
        patient = false;
        check();
      }, CLAIM_MS);
      each(asked, async (one, i) => {
        const came = await ask(one);
        if (found) found[i] = came;
        else if (came.entries.length) receive(came.entries);
        missing--;
        check();
      });
    });

  /** Leave dead pages' journals to others. */
  const unclaim = () => each(keys(claims), (owner) => become(/** @type {Claim} */ (claims[owner]), "drop"));

  /** Look before long once more at what other pages left. */
  const lookSoon = () => {
    late ||= setTimeout(() => {
      late = 0;
      if (ready) claim();
    }, LATE_MS);
  };

  return {
    claim,
    unclaim,

    /**
     * From now on what other pages write is looked at as it comes: it may come after we have looked. And calls that they have delivered,
     * or that the site has cleared (an event without a key), must no longer be counted.
     */
    listen() {
      listen(pageWindow, "storage", ({ key }) => ready && (!key || journal.isCall(key)) && lookSoon());
      if (ready) claim();
    },
    /** Whether what dead pages left is in: it comes before our own calls. */
    ready: () => ready,
    mine: own.mine,
    has: own.has,

    /** Whether calls of our own may be delivered in this tick: nobody else can have them, and no dead page's calls come first. */
    held() {
      let first = false;
      each(keys(claims), (owner) => (first ||= /** @type {Claim} */ (claims[owner]).state === "delivering"));
      return ready && !first && own.held();
    },

    /** Heap has it. @param {Entry} entry */
    strike(entry) {
      const one = entry.claim;
      // The lock is asked for before a storage that is full refuses the call, so it is given back without one too.
      if (brief)
        idle ||= setTimeout(() => {
          idle = 0;
          if (!items.length) own.idle();
        }, IDLE_MS);
      if (!entry.key) return;
      journal.strike(entry);
      if (one && !--one.left) become(one, "last");
    },

    /** Claim the journals of dead pages; our own comes first where it may have been in other hands. */
    async open() {
      const { signal } = abort;
      if (journal.lasting) {
        await own.open(!brief);
        if (signal.aborted) return;
        await claim();
        if (signal.aborted) return;
      }
      ready = true;
      changed();
      // The page just left may have written its last call after we looked.
      lookSoon();
    },

    /** Give every lock back: whoever takes them delivers. */
    close() {
      ready = false;
      abort.abort();
      abort = new AbortController();
      unclaim();
      claims = bare();
      own.close();
    },
  };
}
