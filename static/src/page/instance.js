/** One `analytics` per page, however often and from wherever our script is loaded. */

import { createAnalytics } from "./analytics.js";

const KEY = Symbol.for("heap-web");

/**
 * @param {string} home URL of our own script
 * @param {Record<string, unknown>} defaults settings that `load` need not repeat
 * @returns {{analytics: import("./analytics.js").Analytics, isNew: boolean}}
 */
export function instance(home, defaults) {
  const world = /** @type {any} */ (window);
  const there = world[KEY];
  if (there) return { analytics: there, isNew: false };
  const analytics = createAnalytics(home, defaults);
  Object.defineProperty(world, KEY, /** @type {any} */ ({ __proto__: null, value: analytics }));
  return { analytics, isNew: true };
}
