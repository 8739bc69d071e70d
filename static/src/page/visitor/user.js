/** Who the visitor is, under analytics.js' own storage keys, so that a site that leaves Segment keeps its visitors. */

import { attempt, bare, each, isObject, keys, parse, randomId, removeItem, startsWith } from "../natives.js";
import { json } from "../json.js";

/** @typedef {{id: string | number | null, traits: Record<string, unknown>, anonymousId: string | null}} UserState */
/** @typedef {ReturnType<typeof createUser>} User */

export const ID = "ajs_user_id";
export const TRAITS = "ajs_user_traits";
export const ANONYMOUS_ID = "ajs_anonymous_id";

/** @param {import("./store.js").Store} store */
export function createUser(store) {
  /** What was said of the visitor and has not been told to Heap yet: the value that each key will have. @type {Record<string, unknown>} */
  let said = bare();
  /** The call that said it last. */
  let last = 0;

  /** @param {string} key @returns {any} */
  const read = (key) => {
    const text = store.get(key);
    try {
      const value = text && parse(text);
      // Bare text that is no JSON of ours: digits of any length, 1e5, true. JSON would make another id of it.
      const isBare = key !== TRAITS && (typeof value === "boolean" || (typeof value === "number" && `${value}` !== text));
      return isBare ? text : value;
    } catch {
      return text; // written by hand
    }
  };

  /** What was said last, or else what is kept. @param {string} key @returns {any} */
  const latest = (key) => (key in said ? said[key] : read(key));

  /** Written by hand, as analytics.js lets a page do. @param {string} key @param {unknown} value */
  const write = (key, value) => {
    store.set(key, json(value ?? null));
    delete said[key];
  };
  /** @param {unknown[]} args new ones, or none */
  const traits = (...args) => {
    if (args.length) write(TRAITS, args[0] ?? {});
    return latest(TRAITS) || {};
  };

  return {
    store,
    read,
    /** @param {unknown[]} args a new one, or none */
    id: (...args) => {
      if (args.length) write(ID, args[0]);
      return latest(ID);
    },
    traits,

    /** A call says who the visitor is: known here at once, whenever Heap hears of it. @param {number} call its id @param {string} method @param {ArrayLike<any>} args */
    say(call, method, args) {
      const next = sayingOf(latest(ID), traits, method, args);
      if (!next) return;
      said = { ...said, ...next, __proto__: null };
      last = call;
    },

    /** A call has been told to Heap, or will not be: what is kept says it all, if nothing was said since. @param {number} call */
    told(call) {
      if (call === last) said = bare();
    },

    /** Remove all that we ever stored, and go on in memory. */
    forget() {
      said = bare();
      const local = /** @type {Storage} */ (store.open());
      each([ID, TRAITS, ANONYMOUS_ID], (key) => store.set(key, null));
      attempt(() => each(keys(local), (key) => startsWith(key, "heap-web:") && removeItem(local, key)));
      store.close();
    },
    /** Made at the first question. @param {unknown[]} args a new one, or none */
    anonymousId(...args) {
      if (args.length) write(ANONYMOUS_ID, args[0]);
      if (!latest(ANONYMOUS_ID)) write(ANONYMOUS_ID, randomId());
      return latest(ANONYMOUS_ID);
    },
  };
}

/**
 * What a call says of the visitor, by the rules of heap_web/core/user.py.
 * @param {any} id the visitor's until now @param {() => any} traits @param {string} method @param {ArrayLike<any>} args
 * @returns {Record<string, unknown> | null}
 */
function sayingOf(id, traits, method, args) {
  if (method === "reset") return { [ID]: null, [TRAITS]: {}, [ANONYMOUS_ID]: null };
  if (method === "setAnonymousId") return { [ANONYMOUS_ID]: isId(args[0]) ? args[0] : null };
  if (method !== "identify") return null;
  const first = args[0];
  const ofCurrent = isObject(first);
  const object = ofCurrent ? first : args[1];
  const given = isObject(object) ? parse(json(object)) : {};
  const next = isId(first) ? first : null;
  const merges = ofCurrent || id === null || id === undefined || id === next;
  return { [ID]: next ?? id ?? null, [TRAITS]: merges ? { ...traits(), ...given } : given };
}

/** @param {unknown} value */
const isId = (value) => (typeof value === "string" && value !== "") || (typeof value === "number" && value !== 0 && value - value === 0);
