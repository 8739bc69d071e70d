/**
 * Segment's analytics.js 2 in front of us: a destination plugin that hands its events on. Segment's own half decides what goes
 * to which destination and who the visitor is; the calls that it makes of that are ours to keep and deliver.
 * https://www.twilio.com/docs/segment/connections/sources/catalog/libraries/website/javascript#plugins-and-source-middleware
 */

import { createAnalytics } from "../page/analytics.js";
import { fromCookie } from "../page/visitor/cookies.js";
import { attempt, bare, clearTimeout, each, getItem, listen, localStorage, Promise, setTimeout, symbolFor, unlisten, world } from "../page/natives.js";
import { createStore } from "../page/visitor/store.js";
import { KEYS } from "../page/visitor/user.js";

/** @typedef {import("../page/analytics.js").Analytics} Analytics */
/** @typedef {{userId?: string | null, anonymousId?: string | null, groupId?: string | null, previousId?: string, event?: string,
 *   category?: string, name?: string, properties?: object, traits?: object}} SegmentEvent */
/** @typedef {{event: SegmentEvent}} Context */

/** Segment announces a reset at once, but events made before it arrive a task or two later, on a busy machine much later. */
const ARRIVED_MS = 1000;

/**
 * What we keep of the visitor, where Segment is the one who keeps them: begun with who is stored as the plugin loads, then in
 * memory alone, so that Segment's word of a call yet to come is never taken for the visitor of the call before it.
 * @returns {import("../page/visitor/store.js").Store}
 */
function guestStore() {
  /** @type {Record<string, string | null>} */
  const own = bare();
  // "null": nobody, whatever cookie Segment may write later.
  each(KEYS, (key) => {
    own[key] = attempt(() => getItem(localStorage(), key)) || fromCookie(key) || "null";
  });
  return {
    ...createStore(),
    set: (key, value) => void (own[key] = value),
    get: (key) => own[key] ?? null,
  };
}

/** The page's `analytics`, as instance.js makes it, but for whose visitor it is. @returns {Analytics} */
function guest() {
  return (world[symbolFor("heap-web")] ||= createAnalytics(import.meta.url, {}, guestStore()));
}

/** A destination plugin: `analytics.register(heapWeb({ appId }))`. @param {import("../page/settings.js").Settings} settings */
export function heapWeb(settings) {
  /** @type {Analytics} there once Segment has called `load`, which comes before any event */
  let analytics;
  let loaded = false;
  /** The visitor of the last event. @type {string | null | undefined} */
  let anonymousId;
  /** @type {ReturnType<typeof setTimeout> | undefined} set while a reset waits for the events made before it */
  let resetting;

  const reset = () => {
    if (!resetting) return;
    clearTimeout(resetting);
    resetting = undefined;
    analytics.reset();
  };
  const resetSoon = () => {
    resetting ||= setTimeout(reset, ARRIVED_MS);
  };

  /**
   * Answers at once: a call that waits for Heap must not hold up the other destinations.
   * @param {(event: SegmentEvent, options: {anonymousId?: string | null}) => void} call
   */
  const handler =
    (call) =>
    /** @template {Context} T @param {T} context */
    (context) => {
      const { event } = context;
      // A reset gives the visitor another anonymous id: this event was made after it.
      if (event.anonymousId !== anonymousId) reset();
      ({ anonymousId } = event);
      call(event, { anonymousId });
      return context;
    };

  return {
    name: "Heap",
    type: /** @type {const} */ ("destination"),
    version: __VERSION__,
    isLoaded: () => loaded,
    /** @param {unknown} _context @param {any} segment the Analytics that the plugin is registered with */
    async load(_context, segment) {
      if (loaded) return;
      anonymousId = segment.user().anonymousId();
      analytics = guest().load(settings);
      loaded = true;
      segment.on("reset", resetSoon);
      listen(world, "pagehide", reset);
    },
    /** @param {unknown} _context @param {any} segment */
    async unload(_context, segment) {
      reset();
      segment.off("reset", resetSoon);
      unlisten(world, "pagehide", reset);
    },
    /** Heap is live, or will not be: Segment's `ready` waits for all of its destinations. */
    ready: () =>
      new Promise((resolve) => {
        const { heap, runtime, consent } = analytics.state;
        // What has failed by now, or waits for the visitor's word, is not waited for.
        if (heap === "failed" || runtime === "failed" || heap === "idle" || consent !== "granted") resolve(undefined);
        analytics.ready(() => resolve(undefined));
        analytics.on("error", resolve);
      }),
    track: handler(({ event, properties }, options) => analytics.track(event, properties, options)),
    identify: handler(({ userId, traits }, options) => analytics.identify(userId ?? null, traits, options)),
    page: handler(({ category, name, properties }, options) => analytics.page(category, name, properties, options)),
    group: handler(({ groupId, traits }, options) => analytics.group(groupId, traits, options)),
    alias: handler(({ userId, previousId }, options) => analytics.alias(userId, previousId, options)),
  };
}
