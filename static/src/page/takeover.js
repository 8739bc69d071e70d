/** The name `analytics` on the page: what a stub collected before us is replayed in order, and the stub goes on as us. */

import { apply, copy, each, isArray, keys, say, splice, world } from "./natives.js";

/**
 * @param {any} analytics
 * @param {string} name of the global variable
 */
export function takeOver(analytics, name) {
  const stub = world[name];
  // Segment's own analytics.js, at work: leave it its name.
  if (stub && !isArray(stub) && typeof stub.track === "function")
    return say("error", `[heap-web] window.${name} is taken: choose another name with data-global`);
  world[name] = analytics;
  if (!isArray(stub)) return;
  /** One call as a stub notes it, [method, ...args]. Segment's `load` names a key of theirs. @param {any} noted */
  const replay = (noted) => {
    const method = isArray(noted) ? noted[0] : "";
    const args = isArray(noted) ? copy(noted, 1) : [];
    // Segment's snippet adds what it saw of the page.
    if (args.length && /** @type {any} */ (args[args.length - 1])?.__t === "bpc") args.length--;
    if (method !== "load" && typeof analytics[method] === "function") apply(analytics[method], analytics, args);
  };
  const calls = splice(stub, [0]);
  each(keys(analytics), (method) => {
    if (method !== "load") stub[/** @type {any} */ (method)] = analytics[method];
  });
  stub.push = (...all) => {
    each(all, replay);
    return 0;
  };
  each(calls, replay);
}
