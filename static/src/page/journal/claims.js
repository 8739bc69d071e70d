/**
 * What becomes of journals. A dead page's lock is held by another page while that delivers from the dead page's own keys:
 * nothing is copied, so a crash at any point neither loses nor doubles a call. A call's key is removed when Heap has it.
 */

import { holdByHeartbeat } from "./heartbeat.js";
import { hold as holdWebLock } from "./locks.js";
import { AbortController, append, attempt, bare, clearTimeout, each, getItem, indexOf, keys, lastIndexOf, listen, locks, now, parse, part, Promise, removeItem, setTimeout, sort, startsWith, then, world as windowOf } from "../natives.js";

/** @typedef {import("../calls/entry.js").Entry} Entry */
/** @typedef {import("./journal.js").Claim} Claim */
/** @typedef {import("./locks.js").Release} Release */

const MAX_AGE_MS = 7 * 24 * 3600 * 1000;
/** How long our own calls wait for journals that another page still holds; usually that is the page just being left. */
const CLAIM_MS = 700;
/** Another process's last writes may reach us later than its lock does. */
const SETTLE_MS = 300;
/** On a busy machine much later; so long is waited where no calls of our own wait for it. */
const SETTLE_LATER_MS = 1000;
/** A page about to freeze gives its locks back within this. */
const FREEZE_MS = 100;
/**
 * Where the SharedWorker does not live on by itself (Firefox), a page with nothing left to deliver holds its lock no longer
 * than this: a page that holds one is not kept in the back/forward cache, and with the page the SharedWorker would end.
 */
const IDLE_MS = 20;
/** Most calls that another page writes it delivers itself before long. */
const LATE_MS = 300;
/** So long we keep the lock of a journal that we have emptied: whoever waits for the lock must see by then that it is empty. */
const LINGER_MS = 2000;

const hold = locks() ? holdWebLock : holdByHeartbeat;

/**
 * @param {import("./journal.js").Journal} journal
 * @param {Entry[]} items calls on their way
 * @param {boolean} brief whether to hold our lock only while there are calls
 * @param {{
 *   entryOf: (text: string, at: number) => Entry,
 *   receive: (entries: Entry[]) => void,
 *   contested: () => void,
 *   changed: () => void}} world `receive` is given dead pages' calls, oldest first, more than once if need be; `contested` is
 *   called where other hands may have had our lock, `changed` once `ready` may have another answer
 */
export function createClaims(journal, items, brief, { entryOf, receive, contested, changed }) {
  const { local, prefix, page, size, scan } = journal;
  /** What dead pages left is in. */
  let ready = false;
  /** Others may have had our journal: from the back/forward cache on, and where a heartbeat comes later than the first call. */
  let doubt = !locks();
  let abort = new AbortController();
  /** Our own lock. @type {Release | null} */
  let lock = null;
  /** Under way to it. @type {Promise<void> | null} */
  let taking = null;
  /** @type {any} */
  let idle;
  /** @type {any} */
  let late;
  /** @type {Claim[]} */
  let claims = [];
  /** Pages whose lock we wait for. */
  let asked = bare();
  /** Our claims on dead pages' journals, by page. @type {Record<string, Claim>} */
  let held = bare();

  const read = (/** @type {string} */ key) => attempt(() => local && getItem(local, key));

  /** @param {string} key @param {number} length of its value */
  const remove = (key, length) => {
    attempt(() => local && removeItem(local, key));
    // Not below 0: the site may have cleared its storage.
    size.calls = size.calls > 0 ? size.calls - 1 : 0;
    size.bytes = size.bytes > key.length + length ? size.bytes - key.length - length : 0;
  };

  /** A dead page's journal is empty. @param {Claim} done */
  const finish = (done) => {
    /** @type {Claim[]} */
    const left = [];
    each(claims, (claim) => claim === done || append(left, claim));
    claims = left;
    delete held[done.owner];
    done.release();
  };

  /** The calls of a page whose lock we hold, in order. @param {string} owner @param {Claim} claim */
  const take = (owner, claim) => {
    /** @type {Entry[]} */
    const entries = [];
    const order = (/** @type {string} */ key) => +part(key, lastIndexOf(key, ":") + 1);
    each(
      sort(scan()[owner] || [], (a, b) => order(a) - order(b)),
      (key) => {
        const value = read(key);
        if (value === null) return;
        const start = indexOf(value, "{");
        const at = +part(value, 0, start);
        const text = part(value, start);
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
    if (!claim.left) finish(claim);
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
        then(hold(prefix + owner, signal), async (release) => {
          /** @type {Claim} */
          const claim = { owner, left: 0, release: release || (() => {}) };
          if (release) {
            append(claims, claim); // whatever happens meanwhile
            // If it left nothing it is perhaps at work, and wants its lock back.
            if (scan()[owner]) await pause(ready ? SETTLE_LATER_MS : SETTLE_MS);
          }
          delete waiting[owner];
          if (signal.aborted) claim.release();
          else if (release && claim.left >= 0) {
            const entries = take(owner, claim);
            if (taken) taken[i] = entries;
            else receive(entries);
          }
          if (!--missing) done();
        });
      });
    });

  const pause = (/** @type {number} */ ms) => new Promise((/** @type {(value?: undefined) => void} */ resolve) => setTimeout(resolve, ms));

  /** Take our own lock, asked for as the first call was written; where others may have had it, see what they left. */
  const own = () => (taking ||= takeOwn());

  const takeOwn = async () => {
    const { signal } = abort;
    let release = await (journal.lock ||= hold(prefix + page, null));
    if (doubt || !release) {
      // Whoever has it may be the page before us, about to freeze: asked for by others then, it would be thrown away.
      await pause(FREEZE_MS);
      if (signal.aborted) return;
      release ||= await (journal.lock = hold(prefix + page, signal));
      await pause(SETTLE_MS);
      if (signal.aborted) return;
      if (release) doubt = false;
      contested();
    }
    if (signal.aborted) return;
    taking = null;
    // Where no lock can be had at all, we deliver without.
    lock = release || (() => {});
    changed();
  };

  /** Give our own lock back, or do so as soon as we have it. */
  const disown = () => {
    const asked = journal.lock;
    clearTimeout(idle);
    idle = 0;
    lock = journal.lock = null;
    if (asked) then(asked, (release) => release && release());
  };

  // The page just left may write its last call when we have looked already; and what another page has delivered, or a site
  // has cleared (no key), is no longer to be counted. Not listened for from the start, as Chromium then asks its browser process
  // about storage, for which the first batch would wait.
  setTimeout(() => {
    const look = () => {
      late = 0;
      if (ready) claim();
    };
    listen(windowOf, "storage", ({ key }) => {
      if (ready && (!key || startsWith(key, prefix))) late ||= setTimeout(look, LATE_MS);
    });
    look();
  }, LATE_MS);

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
    /** Whether what dead pages left is in: it comes before our own calls. */
    ready: () => ready,

    /** Whether our own calls are under our lock at this moment. */
    held: () => !journal.lock || !!lock,

    /** Whether calls may be delivered, once our own are under our lock. */
    async mine() {
      if (journal.lock && !lock) await own();
      return !journal.lock || !!lock;
    },

    /** Heap has it. @param {Entry} entry */
    strike(entry) {
      const { key, claim } = entry;
      if (!key) return;
      remove(key, `${entry.at}`.length + entry.text.length);
      entry.key = "";
      if (lock && brief)
        idle ||= setTimeout(() => {
          idle = 0;
          if (!items.length) disown();
        }, IDLE_MS);
      if (claim && !--claim.left) setTimeout(again, LINGER_MS, claim);
    },

    /** Whether a call is still to be delivered, where other hands may have had it. @param {Entry} entry */
    has: (entry) => !entry.key || read(entry.key) !== null,

    /** Take the journals of dead pages, and our own if it may have been in other hands. */
    async open() {
      if (local) {
        const { signal } = (abort = new AbortController());
        taking = null;
        if (doubt) await own();
        else if (!brief) journal.lock ||= hold(prefix + page, null);
        if (signal.aborted) return;
        await claim();
        if (signal.aborted) return;
      }
      ready = true;
      changed();
    },

    /** Give every lock back: whoever takes them delivers. */
    close() {
      ready = false;
      doubt = true;
      asked = bare();
      abort.abort();
      unclaim();
      disown();
      // Calls of the last tick are written down without it.
      journal.lock = new Promise((resolve) => resolve(null));
    },
  };
}
