/** Heap on the page: its stub and script at once, and whether it is live. */

import { append, apply, attempt, clearTimeout, createElement, currentScript, each, insertScript, isArray, keys, listen, replace, setTimeout, unlisten, world } from "../natives.js";

/** Heap must be live so long after its script was asked for. */
const DEADLINE_MS = 15_000;

/** @typedef {"idle" | "loading" | "live" | "failed"} HeapState */
/** @typedef {ReturnType<typeof createHeap>} Heap */

/**
 * @param {import("../settings.js").Settings} settings
 * @param {{heap: HeapState}} status kept up to date
 * @param {(why: string) => void} changed called after each change of it; `why` is set when Heap failed
 */
export function createHeap(settings, status, changed) {
  const { sdk, appId, hostname, nonce, ingestServer, trackingServer, disableTextCapture, secureCookie } = settings;
  const latest = sdk === "latest";
  const data = __HEAP__[latest ? "latest" : "classic"];
  /** @type {unknown} */
  let stub;
  let loaded = false;
  /** @type {any} */
  let timer;

  /** @param {HeapState} next @param {string} [why] */
  const become = (next, why = "") => {
    if (next === status.heap) return;
    status.heap = next;
    clearTimeout(timer);
    changed(why);
    if (next === "loading") watch(20, DEADLINE_MS);
  };

  /** Something that is called heap and tracks: Heap, or a stub of it. An element with that id is neither. */
  const current = () => {
    const { heap } = world;
    return heap && typeof heap.track === "function" ? heap : null;
  };

  /** Heap itself, looked up anew each time because its script replaces what was there; null if it is not live. */
  const live = () => {
    // A stub is an array, or with the latest SDK an object that fills heapReadyCb. A build that never sets `loaded` is
    // known by its script having run and replaced our stub.
    const heap = attempt(() => {
      const heap = current();
      const isStub = heap === stub || isArray(heap) || (heap && heap.envId && world.heapReadyCb && !loaded);
      return heap && (heap.loaded === true || !isStub) ? heap : null;
    });
    if (heap) become("live");
    else if (status.heap === "live") become("loading");
    return heap;
  };

  /** Look again, ever more rarely, until the deadline: the latest SDK's script loads a second one. @param {number} after @param {number} left */
  const watch = (after, left) => {
    if (live() || status.heap !== "loading") return;
    if (left < 0) return become("failed", "Heap did not start");
    timer = setTimeout(() => watch(after * 1.3, left - after), after);
  };

  /** What Heap's script is configured with, if anything. */
  const configOf = () => {
    const config = {
      ...((latest || disableTextCapture) && { disableTextCapture: !!disableTextCapture }),
      ...((latest || secureCookie) && { secureCookie: !!secureCookie }),
      ...(ingestServer && { ingestServer }),
      ...(trackingServer && { trackingServer }),
      ...(latest && { shouldFetchServerConfig: false }),
    };
    return keys(config).length ? config : undefined;
  };

  const installStub = () => {
    const heap = (world.heap = stub = !latest && isArray(world.heap) ? world.heap : latest ? {} : []);
    if (latest) world.heapReadyCb ||= [];
    heap.load = (/** @type {unknown} */ id, /** @type {unknown} */ config) => {
      world.heap[latest ? "envId" : "appid"] = id;
      world.heap[latest ? "clientConfig" : "config"] = config;
    };
    heap.load(appId, configOf());
    each(data.methods, (name) => {
      heap[name] = (/** @type {unknown[]} */ ...args) => {
        const fn = () => world.heap[name] && apply(world.heap[name], world.heap, args);
        if (live()) fn(); // a stub that somebody kept
        else if (latest) append(world.heapReadyCb, { name, fn });
        else {
          /** @type {unknown[]} */
          const queued = [name];
          each(args, (arg) => append(queued, arg));
          append(world.heap, queued);
        }
      };
    });
  };

  const load = () => {
    const script = createElement("script");
    // Served and collected for by hosts of one's own, it is the classic script.
    const path = trackingServer && hostname && latest ? __HEAP__.classic.path : data.path;
    script.type = "text/javascript";
    script.async = true;
    script.src = `https://${hostname || data.host}${replace(path, /\{id\}/, appId)}`;
    if (nonce) script.nonce = nonce;
    /** @param {string} [why] */
    const ended = (why) => {
      unlisten(world, "error", threw, { capture: true });
      if (!live() && why) become("failed", `Heap's script ${why}`);
    };
    // What Heap's host answered may throw as it runs: that is ours to report, not the page's to see.
    const threw = (/** @type {ErrorEvent} */ event) => {
      if (currentScript() !== script) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ended(`threw: ${event.message}`);
    };
    listen(world, "error", threw, { capture: true });
    script.onload = () => {
      loaded = true;
      ended();
    };
    script.onerror = () => ended("was blocked or not found");
    insertScript(script);
  };

  return {
    live,
    /** Begin, or try once more after it failed. */
    start() {
      become("loading");
      if (status.heap !== "loading") return;
      attempt(() => {
        const there = current();
        // Heap's own snippet has been here, and its script is on the way?
        if (there && there !== stub && (there.appid || there.envId)) return;
        if (!stub || there !== stub) installStub();
        load();
      });
    },
  };
}
