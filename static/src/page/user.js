/** Who the visitor is, under analytics.js' own storage keys, so that a site that leaves Segment keeps its visitors. */

import { parse, stringify } from "./natives.js";
import { encode } from "./wire.js";

/** @typedef {{id: string | number | null, traits: Record<string, unknown>, anonymousId: string | null}} UserState */

const ID = "ajs_user_id";
const TRAITS = "ajs_user_traits";
const ANONYMOUS_ID = "ajs_anonymous_id";

/** @param {import("./store.js").Store} store */
export function createUser(store) {
  let lastKey = "";
  let lastWire = "";

  /** The stored text; `null` written by us hides a cookie that analytics.js left. @param {string} key */
  const raw = (key) => store.get(key) ?? store.cookie(key);

  /** @param {string} key @returns {any} */
  const read = (key) => {
    const text = raw(key);
    if (!text) return null;
    try {
      return parse(text);
    } catch {
      return text; // analytics.js 2 writes a cookie's text as it is
    }
  };

  const id = () => {
    const value = read(ID);
    return typeof value === "string" || typeof value === "number" ? value : null;
  };
  /** @returns {Record<string, unknown>} */
  const traits = () => {
    const value = read(TRAITS);
    return value && typeof value === "object" ? value : {};
  };
  const anonymousId = () => {
    const value = read(ANONYMOUS_ID);
    return typeof value === "string" && value ? value : null;
  };

  /** @param {string} key @param {unknown} value */
  const keep = (key, value) => {
    const text = stringify(value ?? null);
    const before = raw(key);
    if (text !== before && (before || (text !== "null" && text !== "{}"))) store.set(key, text);
  };
  /** @param {string} key */
  const forget = (key) => store.set(key, null);

  return {
    id,
    traits,
    /** Made at the first question. */
    anonymousId() {
      let value = anonymousId();
      if (!value) store.set(ANONYMOUS_ID, stringify((value = uuid())));
      return value;
    },
    /** The user as wire text, for a batch. */
    wire() {
      const key = `${raw(ID)}\n${raw(ANONYMOUS_ID)}\n${raw(TRAITS)}`;
      if (key !== lastKey) {
        lastKey = key;
        const { text, local } = encode([{ id: id(), traits: traits(), anonymousId: anonymousId() }]);
        lastWire = `${text.slice(1, -2)}${local && `,"local":${local}`}}`;
      }
      return lastWire;
    },
    /** Keep what a batch made of the user. @param {UserState} after */
    write(after) {
      keep(ID, after.id);
      keep(TRAITS, after.traits);
      keep(ANONYMOUS_ID, after.anonymousId);
    },
    /** Forget the visitor. */
    clear() {
      forget(ID);
      forget(TRAITS);
      forget(ANONYMOUS_ID);
    },
  };
}

/** A random UUID, also where the page is not secure and `crypto.randomUUID` not there. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let text = "";
  for (let i = 0; i < 16; i++) {
    let byte = /** @type {number} */ (bytes[i]);
    if (i === 6) byte = (byte & 15) | 64;
    if (i === 8) byte = (byte & 63) | 128;
    text += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + (byte + 256).toString(16).slice(1);
  }
  return text;
}
