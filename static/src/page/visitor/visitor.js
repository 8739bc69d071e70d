/** The visitor between page and Python: sent with each batch, kept as it comes back. */

import { json } from "../json.js";
import { part } from "../natives.js";
import { ANONYMOUS_ID, ID, TRAITS } from "./user.js";

/**
 * @param {import("./user.js").User} user
 * @param {typeof import("../calls/wire.js").encode} encode
 */
export function visitor({ get, read, store, state: stateOf }, encode) {
  let lastRaw = "";
  let lastWire = "";

  /** Who the visitor is as far as Heap has been told. */
  const state = () => stateOf(read);

  /** @param {string} key @param {unknown} value */
  const keep = (key, value) => {
    const text = json(value ?? null);
    const before = get(key);
    if (text !== before && (before || (text !== "null" && text !== "{}"))) store.set(key, text);
  };

  return {
    state,
    /** Wire text. Large traits are encoded once, not once a batch. */
    wire() {
      const raw = `${get(ID)}\n${get(ANONYMOUS_ID)}\n${get(TRAITS)}`;
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
