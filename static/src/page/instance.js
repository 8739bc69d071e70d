/** One `analytics` per page, however often and from wherever our script is loaded. */

import { createAnalytics } from "./analytics.js";
import { symbolFor, world } from "./natives.js";
import { takeOver } from "./takeover.js";

const KEY = symbolFor("heap-web");

/**
 * @param {string} home URL of our own script
 * @param {Record<string, unknown>} defaults settings that `load` need not repeat
 * @param {string} [name] of the global variable that it gets
 * @returns {any}
 */
export function instance(home, defaults, name) {
  if (!world[KEY]) {
    world[KEY] = createAnalytics(home, defaults);
    if (name) takeOver(world[KEY], name);
  }
  return world[KEY];
}
