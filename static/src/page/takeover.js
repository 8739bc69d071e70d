/** The name `analytics` on the page: what a stub collected before us is replayed in order, and the stub goes on as us. */

import { apply, isArray, keys } from "./natives.js";

/**
 * @param {import("./analytics.js").Analytics} analytics
 * @param {string} name of the global variable
 */
export function takeOver(analytics, name) {
  const world = /** @type {any} */ (window);
  const methods = /** @type {any} */ (analytics);
  const before = world[name];
  world[name] = analytics;
  if (!isArray(before)) return;
  const names = keys(methods);
  /** One call as a stub notes it, [method, ...args]. Segment's `load` names another product's key. @param {any} noted */
  const replay = (noted) => {
    if (!isArray(noted)) return;
    const [method, ...args] = noted;
    // Segment's snippet adds what it saw of the page.
    if (args.length && args[args.length - 1]?.__t === "bpc") args.length--;
    if (method !== "load" && typeof methods[method] === "function") return apply(methods[method], methods, args);
  };
  const calls = before.splice(0);
  /** @type {any} */ (before).push = (/** @type {unknown[]} */ ...all) => {
    for (let i = 0; i < all.length; i++) replay(all[i]);
    return 0;
  };
  for (let i = 0; i < names.length; i++) {
    const method = /** @type {string} */ (names[i]);
    if (method !== "load" && typeof methods[method] === "function") /** @type {any} */ (before)[method] = methods[method];
  }
  for (let i = 0; i < calls.length; i++) replay(calls[i]);
}
