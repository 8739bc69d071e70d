/**
 * What becomes of journals. A dead page's lock is held by another page while that delivers from the dead page's own keys:
 * nothing is copied, so a crash at any point neither loses nor doubles a call. A call's key is removed when Heap has it.
 */

import { holdByHeartbeat } from "./heartbeat.js";
import { hold as holdWebLock } from "./locks.js";
import { append, attempt, bare, each, keys, now, parse, Promise, setTimeout, sort } from "./natives.js";

/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./journal.js").Claim} Claim */
/** @typedef {import("./locks.js").Release} Release */

const MAX_AGE_MS = 7 * 24 * 3600 * 1000;
/** How long our own calls wait for journals that another page still holds; usually that is the page just being left. */
const CLAIM_MS = 500;
/** Another process's last writes may reach us later than its lock does. */
const SETTLE_MS = 100;
/** So long we keep the lock of a journal that we have emptied: whoever waits for the lock must see by then that it is empty. */
const LINGER_MS = 2000;

const hold = navigator.locks ? holdWebLock : holdByHeartbeat;

/**
 * @param {import("./journal.js").Journal} journal
 * @param {(text: string, at: number) => Entry} entryOf
 * @param {(entries: Entry[]) => void} receive is given dead pages' calls, oldest first, more than once if need be
 */
export function createClaims({ local, prefix, page, size, scan, lock: first }, entryOf, receive) {
  let ready = false;
  let abort = new AbortController();
  /** Our own lock. @type {Release | null} */
  let lock = null;
  /** The request that was made when the page began. @type {Promise<Release | null> | null} */
  let early = first;
  let opened = false;
  /** @type {Claim[]} */
  let claims = [];
  /** Pages whose lock we wait for. */
  let asked = bare();
  /** Our claims on dead pages' journals, by page. @type {Record<string, Claim>} */
  let held = bare();

  const read = (/** @type {string} */ key) => attempt(() => local && local.getItem(key));

  /** @param {string} key @param {number} length of its value */
  const remove = (key, length) => {
    attempt(() => local && local.removeItem(key));
    // Not below 0: the site may have cleared its storage.
    size.calls = Math.max(0, size.calls - 1);
    size.bytes = Math.max(0, size.bytes - key.length - length);
  };

  /** The calls of a page whose lock we hold, in order. @param {string} owner @param {Claim} claim */
  const take = (owner, claim) => {
    /** @type {Entry[]} */
    const entries = [];
    const order = (/** @type {string} */ key) => +key.slice(key.lastIndexOf(":") + 1);
    each(
      sort(scan()[owner] || [], (a, b) => order(a) - order(b)),
      (key) => {
        const value = read(key) || "";
        const start = value.indexOf("{");
        const at = +value.slice(0, start);
        const text = value.slice(start);
        // Too old, or not what we wrote?
        if (!(now() - at < MAX_AGE_MS) || !attempt(() => parse(text))) return remove(key, value.length);
        const entry = entryOf(text, at);
        entry.key = key;
        entry.claim = claim;
        claim.left++;
        append(entries, entry);
      },
    );
    held[owner] = claim;
    if (!claim.left) {
      delete held[owner];
      claim.release();
    }
    return entries;
  };

  /** Once more what is in a journal that we have emptied: a dead page's last writes may come later than its lock. @param {Claim} claim */
  const again = (claim) => held[claim.owner] === claim && !claim.left && receive(take(claim.owner, claim));

  /** Take the journals of pages that are gone, now or as they go; resolves when those that are gone are in. */
  const claim = () =>
    new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const { signal } = abort;
      const waiting = asked;
      /** @type {string[]} */
      const owners = [];
      each(sort(keys(scan())), (owner) => {
        const mine = held[owner];
        if (mine) again(mine);
        else if (owner !== page && !waiting[owner]) append(owners, owner);
      });
      let missing = owners.length;
      /** @type {Entry[][] | null} */
      let taken = [];
      const done = () => {
        if (!taken) return;
        /** @type {Entry[]} */
        const all = [];
        each(taken, (entries) => entries && each(entries, (entry) => append(all, entry)));
        taken = null;
        if (all.length) receive(all);
        resolve();
      };
      if (!missing) return done();
      setTimeout(done, CLAIM_MS);
      each(owners, (owner, i) => {
        waiting[owner] = true;
        hold(prefix + owner, signal).then(async (release) => {
          /** @type {Claim} */
          const claim = { owner, left: 0, release: release || (() => {}) };
          if (release) {
            append(claims, claim); // whatever happens meanwhile
            await pause();
          }
          delete waiting[owner];
          if (signal.aborted) claim.release();
          else if (claim.left >= 0) {
            const entries = take(owner, claim);
            if (taken) taken[i] = entries;
            else receive(entries);
          }
          if (!--missing) done();
        });
      });
    });

  const pause = () => new Promise((/** @type {(value?: undefined) => void} */ resolve) => setTimeout(resolve, SETTLE_MS));

  // The page just left may write its last call when we have looked already.
  addEventListener("storage", ({ key, newValue }) => {
    if (lock && newValue && key && key.startsWith(prefix) && !asked[key.slice(prefix.length, key.lastIndexOf(":"))]) claim();
  });

  /** Leave dead pages' journals to others. */
  const unclaim = () => {
    each(claims, (claim) => {
      claim.left = -1;
      claim.release();
    });
    claims = [];
    held = bare();
  };

  return {
    claim,
    unclaim,
    /** Whether calls may be delivered: our lock is ours, and what dead pages left is in. */
    ready: () => ready,

    /** Heap has it. @param {Entry} entry */
    strike(entry) {
      const { key, claim } = entry;
      if (!key) return;
      remove(key, `${entry.at}`.length + entry.text.length);
      entry.key = "";
      if (claim && !--claim.left) setTimeout(again, LINGER_MS, claim);
    },

    /** Whether a call is still ours to deliver after our lock was in other hands. @param {Entry} entry */
    has: (entry) => !entry.key || read(entry.key) !== null,

    /** Take our lock, then the journals of dead pages. @param {() => void} contested called if other hands may have had our lock */
    async open(contested) {
      if (local) {
        const { signal } = (abort = new AbortController());
        // The page just left may still be giving our lock back; asking meanwhile would cost it its place in the back/forward cache.
        if (opened) await pause();
        let release = await (early || hold(prefix + page, null));
        early = null;
        if (opened || !release) {
          release ||= await hold(prefix + page, signal);
          await pause();
          if (!signal.aborted) contested();
        }
        opened = true;
        if (signal.aborted) return release && release();
        lock = release;
        await claim();
        if (signal.aborted) return;
      }
      ready = true;
    },

    /** Give every lock back: whoever takes them delivers. */
    close() {
      ready = false;
      asked = bare();
      abort.abort();
      unclaim();
      if (lock) lock();
      lock = null;
    },

    /** Remove everything that we ever journalled, for every App ID. */
    clear() {
      attempt(() => each(keys(/** @type {Storage} */ (local)), (key) => key.startsWith("heap-web:") && local?.removeItem(key)));
      size.calls = size.bytes = 0;
    },
  };
}
