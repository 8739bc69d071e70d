/**
 * The other public methods of analytics.js 1 and 2, so that a page which calls one goes on: what makes sense here does what it
 * says, and what does not says so once.
 */

import { apply, copy, each, isArray, keys, world } from "../natives.js";
import { guard } from "../events.js";
import { setPatience } from "../calls/callbacks.js";
import { trackForm, trackLink } from "./forms.js";

/** Methods of analytics.js that change events on their way, or add other destinations: what to do in place of a call of them. */
const CHANGE = "change calls where you make them";
const ONE = "Heap is the one destination";
/** @type {Record<string, string>} */
const ELSEWHERE = {
  addSourceMiddleware: CHANGE,
  addDestinationMiddleware: CHANGE,
  addIntegrationMiddleware: CHANGE,
  add: ONE,
  addIntegration: ONE,
};
/** Those that give a promise. @type {Record<string, string>} */
const LATER = { register: ONE, deregister: ONE, queryString: "call identify and track yourself" };

/**
 * @param {any} analytics they are added to it
 * @param {(message: string) => void} warn says it once
 * @param {(name: string, args: () => unknown[]) => void} emit
 * @param {import("../visitor/store.js").Store} store
 */
export function addLegacy(analytics, warn, emit, store) {
  /** @param {(...args: any[]) => unknown} method */
  const chained =
    (method) =>
    (/** @type {unknown[]} */ ...args) => {
      guard(method, args);
      return analytics;
    };
  const { track } = analytics;
  const link = chained((links, name, properties) => trackLink(track, links, name, properties));
  const form = chained((forms, name, properties) => trackForm(track, forms, name, properties));
  const itself = chained(() => {});
  /** @param {string} key */
  const remove = (key) => store.set(key, null);

  /** @param {string} name @param {string} instead */
  const idle = (name, instead) => warn(`${name} does nothing here: ${instead}`);
  each(keys(ELSEWHERE), (name) => {
    analytics[name] = chained(() => idle(name, /** @type {string} */ (ELSEWHERE[name])));
  });
  each(keys(LATER), (name) => {
    analytics[name] = async () => {
      idle(name, /** @type {string} */ (LATER[name]));
      return [];
    };
  });

  /** A call as a stub notes it, [method, ...args]. @param {any} noted */
  const replay = (noted) => {
    const method = isArray(noted) ? noted[0] : "";
    if (method === "push" || typeof analytics[method] !== "function") return;
    const args = copy(noted, 1);
    // Segment's snippet adds what it saw of the page.
    if (args.length && /** @type {any} */ (args[args.length - 1])?.__t === "bpc") args.length--;
    guard(analytics[method], args);
  };

  const more = {
    trackLink: link,
    trackClick: link,
    trackForm: form,
    trackSubmit: form,
    /** analytics.js 1: a page view by its path. */
    pageview: (/** @type {unknown} */ path) => analytics.page(path ? { path } : {}),
    screen: (/** @type {unknown[]} */ ...args) => apply(analytics.page, analytics, args),
    timeout: chained(setPatience),
    use: chained((plugin) => typeof plugin === "function" && plugin(analytics)),
    emit: chained((name, ...args) => emit(`${name}`, () => args)),
    init: itself,
    /** Segment's snippet looks for this before it takes the name `analytics` for itself. */
    initialize: itself,
    normalize: (/** @type {unknown} */ message) => message,
    /** Gives the global name back. */
    noConflict: chained(() => {
      if (world.analytics === analytics) world.analytics = undefined;
    }),
    push: (/** @type {unknown[]} */ ...calls) => {
      each(calls, replay);
      return 0;
    },
    Integrations: {},
    failedInitializations: [],
    plugins: [],
    storage: { get: store.get, set: store.set, remove, clear: remove },
    require: () => ({}),
  };
  each(/** @type {(keyof typeof more)[]} */ (keys(more)), (name) => {
    analytics[name] = more[name];
  });
}
