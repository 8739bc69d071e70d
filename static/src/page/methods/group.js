/** `analytics.group()` without arguments: the group that was said last, under analytics.js' own storage keys. */

import { attempt, isObject, parse } from "../natives.js";
import { json } from "../json.js";

const ID = "ajs_group_id";
const PROPERTIES = "ajs_group_properties";

/** @param {import("../visitor/store.js").Store} store */
export function createGroup(store) {
  /** @param {string} key */
  const read = (key) => attempt(() => parse(/** @type {string} */ (store.get(key))));
  const set = (/** @type {string} */ key, /** @type {unknown} */ value) => store.set(key, json(value));
  const traits = (/** @type {unknown[]} */ ...args) => {
    if (args.length) set(PROPERTIES, args[0] ?? {});
    return read(PROPERTIES) || {};
  };
  return {
    /** @param {unknown[]} args a new one, or none */
    id: (...args) => {
      if (args.length) set(ID, args[0] ?? null);
      return read(ID);
    },
    traits,
    properties: traits,
    /** What a call of `group` says. @param {any} id @param {any} given */
    say(id, given) {
      if (isObject(id)) return traits({ ...traits(), ...id });
      const same = read(ID) === id;
      set(ID, id ?? null);
      if (isObject(given)) traits(same ? { ...traits(), ...given } : given);
      else if (!same) traits({});
    },
    reset() {
      store.set(ID, null);
      store.set(PROPERTIES, null);
    },
  };
}
