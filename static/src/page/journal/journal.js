/**
 * The calls that Heap has not got yet, in localStorage: one key per call, written in the tick of the call. Each page writes
 * under its own id and holds a lock of that name while it has calls there, so a journal whose lock can be had belongs to a
 * page that is gone. What becomes of such a journal is in claims.js.
 */

import { hold } from "./locks.js";
import { append, attempt, bare, base36, each, getItem, keys, lastIndexOf, locks, now, part, random, setItem, startsWith } from "../natives.js";

/** @typedef {{owner: string, left: number, release: import("./locks.js").Release}} Claim */
/** @typedef {ReturnType<typeof createJournal>} Journal */
/** @typedef {import("../calls/entry.js").Entry} Entry */

const MAX_CALLS = 1000;
const MAX_BYTES = 1_000_000;

/**
 * @param {string} appId
 * @param {Storage | null} local
 * @param {{calls: number, bytes: number}} size kept up to date
 */
export function createJournal(appId, local, size) {
  const prefix = `heap-web:${appId}:`;
  // Ids sort by the time at which the page began.
  const page = base36(now()) + part(base36(random()), 1, 8);
  let sequence = 0;

  /** The keys of this App ID's calls, by page; counts them too. @returns {Record<string, string[]>} */
  const scan = () => {
    const pages = bare();
    size.calls = size.bytes = 0;
    attempt(() =>
      each(keys(/** @type {Storage} */ (local)), (key) => {
        if (!startsWith(key, prefix)) return;
        append((pages[part(key, prefix.length, lastIndexOf(key, ":"))] ||= []), key);
        size.calls++;
        size.bytes += key.length + /** @type {string} */ (getItem(/** @type {Storage} */ (local), key)).length;
      }),
    );
    return pages;
  };

  scan();

  const journal = {
    local,
    prefix,
    page,
    size,
    scan,
    /** Our lock, from the first call on; null: not asked for, or given back. @type {Promise<import("./locks.js").Release | null> | null} */
    lock: null,
    /** Write a call down. False: there is no room, it stays in memory alone. @param {Entry} entry */
    add(entry) {
      const value = entry.at + entry.text;
      const key = `${prefix}${page}:${sequence}`;
      const length = key.length + value.length;
      if (++sequence % 100 === 0) scan(); // other pages write too
      if (!local || size.calls >= MAX_CALLS || size.bytes + length > MAX_BYTES) return false;
      // Asked for before the key is written, so that nobody can have had it.
      if (locks()) journal.lock ||= hold(prefix + page, null);
      try {
        setItem(local, key, value);
      } catch {
        return false;
      }
      entry.key = key;
      size.calls++;
      size.bytes += length;
      return true;
    },
  };
  return journal;
}
