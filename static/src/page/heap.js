/** Heap on the page: its stub and script at once, whether it is live, and the calls handed to it one by one. */

import { apply, isArray, keys, messageOf, setTimeout, clearTimeout } from "./natives.js";

/** Heap must be live so long after its script was asked for. */
const DEADLINE_MS = 15_000;

/** @typedef {"idle" | "loading" | "live" | "failed"} HeapState */

/**
 * @param {import("./settings.js").Settings} settings
 * @param {(state: HeapState, why: string) => void} changed
 */
export function createHeap(settings, changed) {
  /** @type {HeapState} */
  let state = "idle";
  /** @type {unknown} */
  let stub;
  let loaded = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const world = /** @type {any} */ (window);

  /** @param {HeapState} next @param {string} [why] */
  const become = (next, why = "") => {
    if (next === state) return;
    state = next;
    if (next !== "loading") clearTimeout(timer);
    changed(next, why);
  };

  /** Something on the page that is called heap and tracks: Heap, or a stub of it. An element with that id is neither. */
  const current = () => {
    const heap = world.heap;
    return heap && typeof heap.track === "function" ? heap : null;
  };

  /** Heap itself, looked up anew each time because its script replaces what was there; null if it is not live. */
  const live = () => {
    try {
      const heap = current();
      if (!heap) return missing();
      // A stub is an array, or the latest SDK's object that fills heapReadyCb. A build that never sets `loaded` is known
      // by its script having run and replaced our stub.
      const isStub = heap === stub || isArray(heap) || (heap.envId !== undefined && isArray(world.heapReadyCb) && !loaded);
      if (heap.loaded !== true && isStub) return missing();
      become("live");
      return heap;
    } catch {
      return missing();
    }
  };

  const missing = () => {
    if (state === "live") {
      become("loading");
      watch(20, DEADLINE_MS);
    }
    return null;
  };

  const installStub = () => {
    const data = __HEAP__[settings.sdk === "latest" ? "latest" : "classic"];
    const latest = settings.sdk === "latest";
    if (latest) world.heapReadyCb ||= [];
    const heap = (world.heap = stub = latest ? {} : isArray(world.heap) ? world.heap : []);
    const names = latest ? ["envId", "clientConfig"] : ["appid", "config"];
    heap.load = (/** @type {string} */ id, /** @type {unknown} */ config) => {
      world.heap[names[0]] = id;
      world.heap[names[1]] = config;
    };
    heap.load(settings.appId, configOf(settings));
    for (let i = 0; i < data.methods.length; i++) {
      const name = data.methods[i];
      heap[name] = latest
        ? (/** @type {unknown[]} */ ...args) => {
            world.heapReadyCb.push({ name, fn: () => world.heap[name] && apply(world.heap[name], world.heap, args) });
          }
        : (/** @type {unknown[]} */ ...args) => world.heap.push([name, ...args]);
    }
  };

  const insertScript = () => {
    const script = document.createElement("script");
    script.type = "text/javascript";
    script.async = true;
    script.src = scriptUrl(settings);
    if (settings.nonce) script.nonce = settings.nonce;
    // What Heap's host answered may throw as it runs: that is ours to report, not the page's to see.
    const intercept = (/** @type {ErrorEvent} */ event) => {
      if (document.currentScript !== script) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ended(`threw: ${event.message}`);
    };
    /** @param {string} why */
    const ended = (why) => {
      removeEventListener("error", intercept, true);
      if (!live() && why) become("failed", `Heap's script ${why}`);
    };
    addEventListener("error", intercept, true);
    script.onload = () => {
      loaded = true;
      ended("");
    };
    script.onerror = () => ended("was blocked or not found");
    const first = document.getElementsByTagName("script")[0];
    if (first && first.parentNode) first.parentNode.insertBefore(script, first);
    else document.documentElement.appendChild(script);
  };

  /** Look again, ever more rarely, until the deadline: the latest SDK's script loads a second one. @param {number} after @param {number} left */
  const watch = (after, left) => {
    if (live() || state !== "loading") return;
    if (left < 0) return become("failed", "Heap's script was there but Heap did not start");
    timer = setTimeout(() => watch(after * 1.3, left - after), after);
  };

  const start = () => {
    become("loading");
    if (live()) return;
    try {
      const there = current();
      // Else Heap's own snippet has been here, and its script is on the way.
      if (!there || there === stub || (there.appid === undefined && there.envId === undefined)) {
        if (!there || there !== stub) installStub();
        insertScript();
      }
    } catch (error) {
      become("failed", messageOf(error));
    }
    watch(20, DEADLINE_MS);
  };

  return {
    start,
    live,
    state: () => state,
    /** Try once more, after it failed. */
    retry() {
      if (state === "failed") start();
    },
  };
}

/** @param {import("./settings.js").Settings} settings */
function scriptUrl({ appId, sdk, hostname, trackingServer }) {
  const data = sdk === "latest" ? __HEAP__.latest : __HEAP__.classic;
  const path = hostname && trackingServer && sdk === "latest" ? __HEAP__.latest.selfHostedPath : data.path;
  return `https://${hostname || data.host}${path.replace("{id}", appId)}`;
}

/** What Heap's script is configured with; undefined if nothing is set. @param {import("./settings.js").Settings} settings */
function configOf({ sdk, disableTextCapture, secureCookie, ingestServer, trackingServer }) {
  const latest = sdk === "latest";
  const config = {
    ...((latest || disableTextCapture) && { disableTextCapture: !!disableTextCapture }),
    ...((latest || secureCookie) && { secureCookie: !!secureCookie }),
    ...(ingestServer && { ingestServer }),
    ...(trackingServer && { trackingServer }),
    ...(latest && { shouldFetchServerConfig: false }),
  };
  return keys(config).length ? config : undefined;
}
