/** Who the visitor is, under analytics.js' own storage keys, so that a site that leaves Segment keeps its visitors. */

import { parse, stringify } from "./natives.js";

/** @typedef {{id: string | number | null, traits: Record<string, unknown>, anonymousId: string | null}} UserState */
/** @typedef {ReturnType<typeof createUser>} User */

export const ID = "ajs_user_id";
export const TRAITS = "ajs_user_traits";
export const ANONYMOUS_ID = "ajs_anonymous_id";

/** @param {import("./store.js").Store} store */
export function createUser(store) {
  /** @param {string} key @returns {any} */
  const read = (key) => {
    const text = store.get(key);
    try {
      return text && parse(text);
    } catch {
      return text; // written by hand
    }
  };

  /** @returns {UserState} */
  const state = () => {
    const id = read(ID);
    const traits = read(TRAITS);
    const anonymousId = read(ANONYMOUS_ID);
    return {
      id: typeof id === "number" || typeof id === "string" ? id : null,
      traits: traits && typeof traits === "object" ? traits : {},
      anonymousId: anonymousId ? `${anonymousId}` : null,
    };
  };

  return {
    store,
    state,
    id: () => state().id,
    traits: () => state().traits,
    /** Made at the first question. */
    anonymousId() {
      let { anonymousId } = state();
      if (!anonymousId) store.set(ANONYMOUS_ID, stringify((anonymousId = uuid())));
      return anonymousId;
    },
  };
}

/** A random UUID; `crypto.randomUUID` is not there on plain http. https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-4 */
const uuid = () =>
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (+digit ^ (/** @type {any} */ (crypto.getRandomValues(new Uint8Array(1)))[0] & (15 >> (+digit / 4)))).toString(16),
  );
