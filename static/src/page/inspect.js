/** The inspector, loaded when it is asked for. What happens meanwhile waits in a list, whose `push` is the inspector's once it is there. */

import { callOf } from "./calls/entry.js";
import { append, apply, each, messageOf, parsed, resolve, setTimeout, then } from "./natives.js";

/**
 * @param {any} analytics
 * @param {string} base URL of the runtime's folder
 * @param {string} home URL of our own script
 * @param {import("./calls/entry.js").Entry[]} items calls on their way
 * @param {import("./outcomes.js").Outcomes} outcomes
 */
export function inspect(analytics, base, home, items, { report }) {
  /** @type {[string, object][]} */
  const seen = [];
  each(items, (entry) => append(seen, ["call", callOf(entry)]));
  each(["call", "transformed", "settled", "error", "warning"], (name) =>
    analytics.on(name, (/** @type {object} */ event) => apply(seen.push, seen, [[name, event]])),
  );
  const load = async (/** @type {string} */ name, /** @type {string} */ near) => {
    await parsed();
    return import(/* webpackIgnore: true */ /* @vite-ignore */ resolve(name, near));
  };
  // It lies beside our script and above the runtime; only the latter tells where, when a bundler has moved the script.
  /** @type {Promise<any>} */
  const loaded = then(load("../../inspector.js", base), null, () => load("inspector.js", home));
  then(
    loaded,
    (module) => module.default(analytics, seen),
    (error) => {
      seen.push = () => 0;
      // A page that is being left fails its imports too, and has no second left.
      setTimeout(report, 1000, "error", "inspector", messageOf(error));
    },
  );
}
