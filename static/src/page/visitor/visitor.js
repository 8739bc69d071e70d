/** The visitor between page and Python: sent with each batch, kept as it comes back. */

import { fromCookie } from "./cookies.js";
import { json } from "../json.js";
import { each, part } from "../natives.js";
import { ANONYMOUS_ID, ID, TRAITS } from "./user.js";

/**
 * @param {import("./user.js").User} user
 * @param {typeof import("../calls/wire.js").encode} encode
 */
export function visitor({ read, store, state: stateOf }, encode) {
  let lastRaw = "";
  let lastWire = "";

  // What analytics.js left in cookies alone. `null` is written where the visitor was forgotten, so that no cookie comes back.
  each([ID, TRAITS, ANONYMOUS_ID], (key) => {
    const text = store.get(key) === null && fromCookie(key);
    if (text) store.set(key, text);
  });

  /** Who the visitor is as far as Heap has been told. */
  const state = () => stateOf(read);

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
