/** Who the visitor is, under analytics.js' own storage keys, so that a site that leaves Segment keeps its visitors. */

import { attempt, bare, each, indexOf, isObject, keys, matches, parse, randomId, removeItem, startsWith } from "../natives.js";
import { argsOf } from "../calls/entry.js";
import { fromCookie } from "./cookies.js";
import { json } from "../json.js";

/** @typedef {{id: string | number | null, traits: Record<string, unknown>, anonymousId: string | null}} UserState */
/** @typedef {ReturnType<typeof createUser>} User */

export const ID = "ajs_user_id";
export const TRAITS = "ajs_user_traits";
export const ANONYMOUS_ID = "ajs_anonymous_id";
/** All that is stored of the visitor. */
export const KEYS = [ID, TRAITS, ANONYMOUS_ID];

/** Whether a call may say who the visitor is, or is told by who that is: most do neither. @param {string} text wire text */
export const isOfVisitor = (text) => !matches(/^{"m":"(track|page|group|alias)"/, text) || indexOf(text, "anonymousId") >= 0;

/** @param {import("./store.js").Store} store */
export function createUser(store) {
  /** What was said of the visitor and has not been told to Heap yet: the value that each key will have. @type {Record<string, unknown>} */
  let said = bare();
  /** The call that said it last. */
  let last = 0;
  /** Where dead pages said it: the journal's key of the last of those calls. "": they did not. */
  let left = "";
  /** What analytics.js left in cookies alone is still to be taken over. */
  let due = false;

  /** Take over what analytics.js left in cookies alone. `null` is written where the visitor was forgotten, so that no cookie comes back. */
  const takeOver = () => {
    due = false;
    each(KEYS, (key) => {
      const text = store.get(key) === null && fromCookie(key);
      if (text) store.set(key, text);
    });
  };

  /** @param {string} key */
  const get = (key) => {
    // Not before somebody asks: a page that reads its cookies waits for another process, a millisecond in Chromium.
    if (due) takeOver();
    return store.get(key);
  };

  /** @param {string} key @returns {any} */
  const read = (key) => {
    const text = get(key);
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
  const latest = (key) => {
    // Told by now, by whichever page.
    if (left && store.get(left) === null) {
      said = bare();
      left = "";
    }
    return key in said ? said[key] : read(key);
  };

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

  /** Whatever else the page wrote there counts as nothing. @param {(key: string) => any} [ask] @returns {UserState} */
  const state = (ask = latest) => {
    const id = ask(ID);
    const given = ask(TRAITS);
    const anonymousId = ask(ANONYMOUS_ID);
    return {
      id: typeof id === "number" || typeof id === "string" ? id : null,
      traits: isObject(given) ? given : {},
      anonymousId: anonymousId ? `${anonymousId}` : null,
    };
  };

  /** A call says who the visitor is: known here at once, whenever Heap hears of it. @param {number} call its id @param {string} method @param {() => ArrayLike<any>} args read only if they matter */
  const say = (call, method, args) => {
    const next = sayingOf(() => latest(ID), traits, method, args);
    if (!next) return false;
    said = { ...said, ...next, __proto__: null };
    last = call;
    left = "";
    return true;
  };
  /** @param {number} call @param {string} text wire text */
  const sayAgain = (call, text) => isOfVisitor(text) && say(call, parse(text).m, () => argsOf(text));

  return {
    store,
    /** From now on the page's storage and cookies may be used; null if there is no storage. */
    open() {
      due = true;
      return store.open();
    },
    get,
    read,
    state,
    say,
    /** @param {unknown[]} args a new one, or none */
    id: (...args) => {
      if (args.length) write(ID, args[0]);
      return latest(ID);
    },
    traits,

    /**
     * What other pages said and Heap has not heard of yet was said before what this page has said so far.
     * @param {{key: string, text: string}[]} calls in order @param {{id: number, text: string}[]} own this page's
     */
    inherit(calls, own) {
      said = bare();
      let key = "";
      each(calls, (call) => {
        if (sayAgain(0, call.text)) ({ key } = call);
      });
      left = key;
      each(own, ({ id, text }) => sayAgain(id, text));
    },

    /** A call has been told to Heap, or will not be: what is kept says it all, if nothing was said since. @param {number} call */
    told(call) {
      if (call === last) said = bare();
    },

    /** Remove all that we ever stored, and go on in memory. */
    forget() {
      due = false;
      said = bare();
      const local = /** @type {Storage} */ (store.open());
      each(KEYS, (key) => store.set(key, null));
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
 * @param {() => any} idOf the visitor's until now @param {() => any} traits @param {string} method @param {() => ArrayLike<any>} read the arguments
 * @returns {Record<string, unknown> | null}
 */
function sayingOf(idOf, traits, method, read) {
  if (method === "reset") return { [ID]: null, [TRAITS]: {}, [ANONYMOUS_ID]: null };
  if (method !== "setAnonymousId" && method !== "identify") return null;
  const args = read();
  if (method === "setAnonymousId") return { [ANONYMOUS_ID]: isId(args[0]) ? args[0] : null };
  const id = idOf();
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
