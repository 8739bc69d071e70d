// Segment's analytics.js 2 with our plugin. `plugin.track` gives a promise of what became of the call with us.
import { AnalyticsBrowser } from "/segment.js";
import { heapWeb } from "/dist/heap-web.mjs";

const waiting = new Map();
const calls = new Map();
const reached = new Map();
const destination = heapWeb(window.settings);
const { load } = destination;
destination.load = async (...args) => {
  await load(...args);
  const ours = (window.analytics = window[Symbol.for("heap-web")]);
  ours.on("call", ({ id, args }) => {
    calls.set(id, args[1]?.call);
    reached.get(args[1]?.call)?.();
  });
  ours.on("settled", ({ id, ...result }) => {
    waiting.get(calls.get(id))?.(result);
    waiting.delete(calls.get(id));
  });
  plugin.loaded = true;
};
window.plugin = {
  loaded: false,
  /** Resolves when our half has a call, perhaps at once. */
  handed: (call) =>
    new Promise((resolve) => {
      reached.set(call, resolve);
      if ([...calls.values()].includes(call)) resolve();
    }),
  track(name, properties) {
    const settled = new Promise((resolve) => waiting.set(properties.call, resolve));
    segment.track(name, properties);
    return settled;
  },
};
const segment = AnalyticsBrowser.load({ writeKey: "none", cdnSettings: { integrations: {} } });
segment.register(destination);
// What a page does as it begins.
window.first?.();
