/** The visitor between page and Python: sent with each batch, kept as it comes back. */

import { fromCookie } from "./cookies.js";
import { json } from "../json.js";
import { each, isObject, part } from "../natives.js";
import { ANONYMOUS_ID, ID, TRAITS } from "./user.js";

/**
 * @param {import("./user.js").User} user
 * @param {typeof import("../calls/wire.js").encode} encode
 */
export function visitor({ read, store }, encode) {
  let lastRaw = "";
  let lastWire = "";

  // What analytics.js left in cookies alone. `null` is written where the visitor was forgotten, so that no cookie comes back.
  each([ID, TRAITS, ANONYMOUS_ID], (key) => {
    const text = store.get(key) === null && fromCookie(key);
    if (text) store.set(key, text);
  });

  /** Whatever else the page wrote there counts as nothing. @returns {import("./user.js").UserState} */
  const state = () => {
    const id = read(ID);
    const traits = read(TRAITS);
    const anonymousId = read(ANONYMOUS_ID);
    return {
      id: typeof id === "number" || typeof id === "string" ? id : null,
      traits: isObject(traits) ? traits : {},
      anonymousId: anonymousId ? `${anonymousId}` : null,
    };
  };

  /** @param {string} key @param {unknown} value */
  const keep = (key, value) => {
    const text = json(value ?? null);
    const before = store.get(key);
    if (text !== before && (before || (text !== "null" && text !== "{}"))) store.set(key, text);
  };

  return {
    state,
    /** Wire text. Large traits are encoded once, not once a batch. */
    wire() {
      const raw = `${store.get(ID)}\n${store.get(ANONYMOUS_ID)}\n${store.get(TRAITS)}`;
      if (raw !== lastRaw) {
        const { text, local } = encode([state()]);
        lastRaw = raw;
        lastWire = `${part(text, 1, -2)}${local && `,"local":${local}`}}`;
      }
      return lastWire;
    },
    /** What a batch made of the visitor; written only if it is new. @param {import("./user.js").UserState} after */
    write(after) {
      keep(ID, after.id);
      keep(TRAITS, after.traits);
      keep(ANONYMOUS_ID, after.anonymousId);
    },
  };
}
