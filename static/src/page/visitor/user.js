/** Who the visitor is, under analytics.js' own storage keys, so that a site that leaves Segment keeps its visitors. */

import { attempt, each, keys, parse, randomId, removeItem, startsWith, stringify } from "../natives.js";

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

  return {
    store,
    read,
    id: () => read(ID),
    traits: () => read(TRAITS) || {},
    /** Remove all that we ever stored, and go on in memory. */
    forget() {
      const local = /** @type {Storage} */ (store.open());
      each([ID, TRAITS, ANONYMOUS_ID], (key) => store.set(key, null));
      attempt(() => each(keys(local), (key) => startsWith(key, "heap-web:") && removeItem(local, key)));
      store.close();
    },
    /** Made at the first question. */
    anonymousId() {
      let id = read(ANONYMOUS_ID);
      if (!id) store.set(ANONYMOUS_ID, stringify((id = randomId())));
      return id;
    },
  };
}
