/** The name `analytics` on the page: what a stub collected before us is replayed in order, and the stub goes on as us. */

import { isFunction } from "./heap/stub.js";
import { apply, attempt, defineProperty, each, isArray, keys, say, splice, world } from "./natives.js";

/**
 * @param {any} analytics
 * @param {string} name of the global variable
 */
export function takeOver(analytics, name) {
  const stub = world[name];
  // Segment's own analytics.js, at work: leave it its name.
  if (stub && !isArray(stub) && attempt(() => isFunction(stub.track)))
    return say("error", `[heap-web] window.${name} is taken: choose another name with data-global`);
  world[name] = analytics;
  if (!isArray(stub)) return;
  const calls = splice(stub, [0]);
  each(keys(analytics), (method) => {
    if (method === "load") return;
    // What is no method may change.
    const value = analytics[method];
    defineProperty(stub, method, typeof value === "function" ? { value, writable: true, configurable: true, enumerable: true } : { get: () => analytics[method], configurable: true, enumerable: true });
  });
  // Segment's `load` names a key of theirs.
  each(calls, (noted) => (isArray(noted) && noted[0] === "load") || apply(analytics.push, analytics, [noted]));
}
