/**
 * The calls that Heap has not got yet, in localStorage: one key per call, written in the tick of the call and removed when
 * Heap has it. Each page writes under its own id and holds a lock of that name for its life, so a journal whose lock can be
 * had belongs to a page that is gone. Another page then holds that lock and delivers from the dead page's own keys: nothing
 * is copied, so a crash at any point neither loses nor doubles a call.
 */

import { hold } from "./locks.js";
import { append, keys, now, parse, Promise, setTimeout, sort } from "./natives.js";

/** @typedef {{left: number, release: import("./locks.js").Release}} Claim */
/**
 * One call on its way. `at`: epoch ms; `made`: the page's clock; `key`: where the journal has it, "" if it does not;
 * `claim`: set for a dead page's call; `tries`: how often the runtime failed on it; `settle`: null once settled.
 * @typedef {{id: number, text: string, at: number, made: number, key: string, claim: Claim | null, tries: number,
 *   settle: ((result: import("./queue.js").Result) => void) | null}} Entry
 */

const MAX_CALLS = 1000;
const MAX_BYTES = 1_000_000;
const MAX_AGE_MS = 7 * 24 * 3600 * 1000;
/** How long our own calls wait for journals that another page still holds; usually that is the page just being left. */
const CLAIM_MS = 500;

/**
 * @param {string} appId
 * @param {Storage | null} local
 * @param {(text: string, at: number) => Entry} entryOf makes the entry of a claimed call
 */
export function createJournal(appId, local, entryOf) {
  const prefix = `heap-web:${appId}:`;
  // Ids sort by the time at which the page began.
  const page = now().toString(36) + Math.random().toString(36).slice(1, 8);
  const size = { calls: 0, bytes: 0 };
  let sequence = 0;
  let ready = false;
  let opened = false;
  let abort = new AbortController();
  /** @type {import("./locks.js").Release | null} our own lock */
  let lock = null;
  /** @type {Claim[]} */
  let claims = [];

  const read = (/** @type {string} */ key) => {
    try {
      return local && local.getItem(key);
    } catch {
      return null;
    }
  };

  /** @param {string} key @param {number} length of its value */
  const remove = (key, length) => {
    try {
      local?.removeItem(key);
    } catch {}
    size.calls--;
    size.bytes -= key.length + length;
  };

  /** The journalled calls of this App ID by page, each page's in order; counts them too. */
  const scan = () => {
    /** @type {Record<string, string[]>} */
    const pages = { __proto__: /** @type {any} */ (null) };
    size.calls = size.bytes = 0;
    try {
      const all = keys(/** @type {Storage} */ (local));
      for (let i = 0; i < all.length; i++) {
        const key = /** @type {string} */ (all[i]);
        if (!key.startsWith(prefix)) continue;
        const owner = key.slice(prefix.length, key.lastIndexOf(":"));
        append((pages[owner] ||= []), key);
        size.calls++;
        size.bytes += key.length + (read(key) || "").length;
      }
    } catch {}
    return pages;
  };

  /** The calls of a page whose lock we hold, in order. @param {string} owner @param {import("./locks.js").Release} release */
  const take = (owner, release) => {
    const claim = { left: 0, release };
    /** @type {Entry[]} */
    const entries = [];
    const found = scan()[owner] || [];
    const order = (/** @type {string} */ key) => +key.slice(key.lastIndexOf(":") + 1);
    sort(found, (a, b) => order(a) - order(b));
    for (let i = 0; i < found.length; i++) {
      const key = /** @type {string} */ (found[i]);
      const value = read(key) || "";
      const start = value.indexOf("{");
      const at = +value.slice(0, start);
      try {
        if (!(now() - at < MAX_AGE_MS)) throw 0;
        parse(value.slice(start));
        const entry = entryOf(value.slice(start), at);
        entry.key = key;
        entry.claim = claim;
        claim.left++;
        append(entries, entry);
      } catch {
        remove(key, value.length); // too old, or not what we wrote
      }
    }
    if (claim.left) append(claims, claim);
    else release();
    return entries;
  };

  /**
   * Take the journals of pages that are gone, now or as they go; resolves when those that are gone are in.
   * @param {(entries: Entry[]) => void} receive is given their calls, oldest first, more than once if need be
   */
  const claim = (receive) =>
    new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      const { signal } = abort;
      const pages = scan();
      delete pages[page];
      const owners = keys(pages);
      sort(owners);
      let missing = owners.length;
      /** @type {Entry[][] | null} */
      let early = [];
      const done = () => {
        if (!early) return;
        /** @type {Entry[]} */
        const all = [];
        for (let i = 0; i < early.length; i++)
          for (let j = 0; early[i] && j < early[i].length; j++) append(all, early[i][j]);
        early = null;
        if (all.length) receive(all);
        resolve();
      };
      if (!missing) return done();
      setTimeout(done, CLAIM_MS);
      for (let i = 0; i < owners.length; i++) {
        const owner = /** @type {string} */ (owners[i]);
        hold(prefix + owner, signal).then((release) => {
          if (release && signal.aborted) release();
          else if (release) {
            const entries = take(owner, release);
            if (early) early[i] = entries;
            else receive(entries);
          }
          if (!--missing) done();
        });
      }
    });

  const unclaim = () => {
    for (let i = 0; i < claims.length; i++) /** @type {Claim} */ (claims[i]).release();
    claims = [];
  };

  return {
    size,
    claim,
    /** Leave dead pages' journals to others; their entries are ours no more. */
    unclaim,
    /** Whether calls may be delivered: our lock is ours, and what dead pages left is in. */
    ready: () => ready,

    /** Write a call down. False: there is no room, it stays in memory alone. @param {Entry} entry */
    add(entry) {
      if (!local) return false;
      const value = entry.at + entry.text;
      const key = `${prefix}${page}:${sequence}`;
      const length = key.length + value.length;
      if (++sequence % 100 === 0) scan(); // other pages write too
      if (size.calls >= MAX_CALLS || size.bytes + length > MAX_BYTES) return false;
      try {
        local.setItem(key, value);
      } catch {
        return false;
      }
      entry.key = key;
      size.calls++;
      size.bytes += length;
      return true;
    },

    /** Heap has it. @param {Entry} entry */
    strike(entry) {
      const { key, claim } = entry;
      if (!key) return;
      remove(key, `${entry.at}`.length + entry.text.length);
      entry.key = "";
      if (claim && !--claim.left) claim.release();
    },

    /** Whether a call is still ours to deliver after our lock was in other hands. @param {Entry} entry */
    has: (entry) => !entry.key || read(entry.key) !== null,

    /**
     * Take our lock, then the journals of dead pages. Asked for before our first key is written, so nobody can have had it.
     * @param {() => void} contested called if other hands may have had our lock before
     * @param {(entries: Entry[]) => void} receive
     */
    async open(contested, receive) {
      if (local) {
        const { signal } = (abort = new AbortController());
        let release = await hold(prefix + page, null);
        if (opened || !release) {
          release ||= await hold(prefix + page, signal);
          if (!signal.aborted) contested();
        }
        opened = true;
        if (signal.aborted) return release?.();
        lock = release;
        await claim(receive);
        if (signal.aborted) return;
      }
      ready = true;
    },

    /** Give every lock back: whoever takes them delivers. */
    close() {
      ready = false;
      abort.abort();
      unclaim();
      lock?.();
      lock = null;
    },

    /** Remove everything that we ever journalled, for every App ID. */
    clear() {
      try {
        const all = keys(/** @type {Storage} */ (local));
        for (let i = 0; i < all.length; i++)
          if (/** @type {string} */ (all[i]).startsWith("heap-web:")) local?.removeItem(/** @type {string} */ (all[i]));
      } catch {}
      size.calls = size.bytes = 0;
    },
  };
}
