/**
 * The calls that Heap has not got yet, in localStorage: one key per call, written in the tick of the call, under the id of the
 * page that made it. Who may deliver them is decided by locks: states.js tells how.
 */

import { append, attempt, bare, base36, each, getItem, indexOf, keys, lastIndexOf, now, parse, part, removeItem, setItem, shortId, sort, startsWith } from "../natives.js";

/** @typedef {ReturnType<typeof createJournal>} Journal */
/** @typedef {import("../calls/entry.js").Entry} Entry */

const MAX_CALLS = 1000;
const MAX_BYTES = 1_000_000;
const MAX_AGE_MS = 7 * 24 * 3600 * 1000;

/**
 * @param {string} appId
 * @param {Storage | null} local
 * @param {{calls: number, bytes: number}} size of all pages' journals together, kept up to date
 */
export function createJournal(appId, local, size) {
  const prefix = `heap-web:${appId}:`;
  // Ids sort by the time at which the page began.
  const page = `${base36(now())}.${part(shortId(), 0, 6)}`;
  let writes = 0;

  /** By its number, calls are read in the order in which they were made, not written. @param {Entry} entry */
  const keyOf = ({ id }) => `${prefix}${page}:${id}`;

  /** @param {string} key @returns {string | null} */
  const read = (key) => attempt(() => local && getItem(local, key));

  /** @param {string} key @param {number} length of its value */
  const remove = (key, length) => {
    attempt(() => local && removeItem(local, key));
    // The site may have cleared its storage, so the count may be too low already.
    size.calls = size.calls > 0 ? size.calls - 1 : 0;
    size.bytes = size.bytes > key.length + length ? size.bytes - key.length - length : 0;
  };

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

  /** The calls of a page, in order. What is too old, or was not written by us, is removed. @param {string} owner @param {Record<string, string[]>} found */
  const callsOf = (owner, found = scan()) => {
    /** @type {{key: string, at: number, text: string}[]} */
    const calls = [];
    const order = (/** @type {string} */ key) => +part(key, lastIndexOf(key, ":") + 1);
    each(
      sort(found[owner] || [], (a, b) => order(a) - order(b)),
      (key) => {
        const value = read(key);
        if (value === null) return;
        const start = indexOf(value, "{");
        const at = +part(value, 0, start);
        const text = part(value, start);
        if (now() - at < MAX_AGE_MS && attempt(() => parse(text))) append(calls, { key, at, text });
        else remove(key, value.length);
      },
    );
    return calls;
  };

  scan();

  return {
    /** Whether calls outlive this page at all. */
    lasting: !!local,
    page,
    scan,
    /** The name of a page's lock. @param {string} owner */
    lockOf: (owner) => prefix + owner,
    /** Whether a key is that of a call. @param {string} key */
    isCall: (key) => startsWith(key, prefix),
    /** Whether a call is there. @param {string} key */
    has: (key) => read(key) !== null,

    /** Whether there is room for a call. @param {Entry} entry */
    fits: (entry) =>
      !!local &&
      size.calls < MAX_CALLS &&
      size.bytes + keyOf(entry).length + `${entry.at}`.length + entry.text.length <= MAX_BYTES,

    /** Write a call down. False: the storage did not take it. @param {Entry} entry */
    add(entry) {
      const key = keyOf(entry);
      const value = entry.at + entry.text;
      try {
        setItem(/** @type {Storage} */ (local), key, value);
      } catch {
        return false;
      }
      entry.key = key;
      size.calls++;
      size.bytes += key.length + value.length;
      // Other pages write too.
      if (++writes % 100 === 0) scan();
      return true;
    },

    /** Heap has it. @param {Entry} entry */
    strike(entry) {
      remove(entry.key, `${entry.at}`.length + entry.text.length);
      entry.key = "";
    },
    callsOf,

    /** The calls of all pages, oldest first. */
    calls() {
      /** @type {ReturnType<typeof callsOf>} */
      const all = [];
      const found = scan();
      each(sort(keys(found)), (owner) => each(callsOf(owner, found), (call) => append(all, call)));
      return sort(all, (a, b) => a.at - b.at);
    },
  };
}
