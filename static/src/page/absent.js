/** `analytics` where there is no page: on a server that renders one, or in a worker. Nothing throws, nothing waits, nothing is sent. */

import { each, Promise, say } from "./natives.js";

const REASON = "no page";
let said = false;

/** @returns {any} it has the methods of the page's `analytics` */
export function absent() {
  /** @type {any} */
  const analytics = {
    VERSION: __VERSION__,
    get state() {
      return state();
    },
  };
  const chained = () => analytics;
  const call = () => Promise.resolve({ status: "dropped", commands: [], reason: REASON });
  each(["identify", "track", "page", "group", "alias", "reset", "setAnonymousId"], (name) => (analytics[name] = call));
  each(["load", "on", "once", "off", "debug", "consent"], (name) => (analytics[name] = chained));
  // A server that awaits them while it renders must not wait for ever.
  analytics.ready = () => Promise.resolve(state());
  analytics.flush = () => Promise.resolve();
  analytics.user = () => ({ id: () => null, traits: () => ({}), anonymousId: () => "" });
  return analytics;
}

const state = () => ({
  runtime: "idle",
  heap: "idle",
  mode: null,
  progress: 0,
  bootMs: null,
  journal: { calls: 0, bytes: 0 },
  consent: "granted",
  waiting: 0,
});

/** Says once why nothing happens: the same code does its work in the page. */
export function sayAbsent() {
  if (said) return;
  said = true;
  say("log", "[heap-web] load() does nothing here, for there is no page (no window): its calls are dropped. In the page it works.");
}
