/**
 * Heap on the page: its stub at once, its script when it may load, whether it is live, and its end where the visitor withdraws.
 *
 * | state      | when                                   | a call on window.heap                             |
 * | ---------- | -------------------------------------- | ------------------------------------------------- |
 * | stub       | Heap may not load yet, or is on its way | waits; it is told once Heap is live               |
 * | Heap       | its script has run                      | is Heap's own                                     |
 * | stopped    | the visitor said no                     | does nothing, whether Heap has come or not        |
 */

import { append, apply, attempt, clearTimeout, createElement, currentScript, each, insertScript, isArray, keys, listen, own, replace, setTimeout, unlisten, world } from "../natives.js";
import { scriptUrl } from "../trusted.js";
import { removeHeapsCookies } from "./cookies.js";
import { current, isFunction, isQueueing } from "./stub.js";

/** Heap must be live so long after its script was asked for. */
const DEADLINE_MS = 15_000;

/** @typedef {"idle" | "loading" | "live" | "failed"} HeapState */
/** @typedef {ReturnType<typeof createHeap>} Heap */

/**
 * @param {import("../settings.js").Settings} settings
 * @param {{heap: HeapState}} status kept up to date
 * @param {(kind: "error" | "warning", code: string, message: string) => void} report
 */
export function createHeap(settings, status, report) {
  const { sdk, appId, hostname, nonce, ingestServer, trackingServer, disableTextCapture, secureCookie } = settings;
  const latest = sdk === "latest";
  const data = __HEAP__[latest ? "latest" : "classic"];
  /** @type {any} */
  let stub;
  let asked = false;
  let loaded = false;
  let stopped = false;
  /** What was said before the visitor withdrew counts no more. */
  let generation = 0;
  /** @type {any} */
  let timer;
  /** Called after each change of the status; `why` is set when Heap failed. @type {(why: string) => void} */
  let changed = () => {};
  /** Heap's own methods, as they were when it was first seen live. @type {{heap: any, methods: Record<string, unknown>} | null} */
  let known = null;
  /** A live Heap that was stopped, and how it goes on. @type {(() => void) | null} */
  let resume = null;

  /** @param {HeapState} next @param {string} [why] */
  const become = (next, why = "") => {
    if (stopped || next === status.heap) return;
    status.heap = next;
    clearTimeout(timer);
    changed(why);
    if (next === "loading") watch(20, DEADLINE_MS);
  };

  /** Heap itself, looked up anew each time because its script replaces what was there; null if it has not come. */
  const find = () =>
    // A stub is an array, or with the latest SDK an object that fills heapReadyCb. A build that never sets `loaded` is
    // known by its script having run and replaced our stub.
    attempt(() => {
      const heap = current();
      const isStub = heap === stub || isArray(heap) || (heap && heap.envId && world.heapReadyCb && !loaded);
      return heap && (heap.loaded === true || !isStub) ? heap : null;
    });

  /** Heap's own snippet, run after its script, puts methods onto Heap that queue for ever: those that it had come back. @param {any} heap */
  const repair = (heap) => {
    if (!known || known.heap !== heap) known = { heap, methods: { __proto__: null } };
    const { methods } = known;
    each(data.methods, (name) => {
      const method = heap[name];
      if (method === methods[name]) return;
      if (methods[name] && isQueueing(method)) heap[name] = methods[name];
      else methods[name] = method;
    });
  };

  /** Heap, if it may be told. */
  const live = () => {
    if (stopped) return null;
    const heap = find();
    if (heap) {
      attempt(() => repair(heap));
      become("live");
    } else if (status.heap === "live") become("loading");
    return heap;
  };

  /** Look again, ever more rarely, until the deadline: the latest SDK's script loads a second one. @param {number} after @param {number} left */
  const watch = (after, left) => {
    if (live() || status.heap !== "loading") return;
    if (left < 0) {
      asked = false;
      return become("failed", "Heap did not start");
    }
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
    if (latest && !isArray(world.heapReadyCb)) world.heapReadyCb = [];
    heap.load = (/** @type {unknown} */ id, /** @type {unknown} */ config) => {
      world.heap[latest ? "envId" : "appid"] = id;
      world.heap[latest ? "clientConfig" : "config"] = config;
    };
    heap.load(appId, configOf());
    each(data.methods, (name) => {
      heap[name] = (/** @type {unknown[]} */ ...args) => {
        const made = generation;
        const fn = () => made === generation && world.heap[name] && apply(world.heap[name], world.heap, args);
        if (stopped) return;
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

  const insert = () => {
    asked = true;
    const script = createElement("script");
    // Served and collected for by hosts of one's own, it is the classic script.
    const path = trackingServer && hostname && latest ? __HEAP__.classic.path : data.path;
    script.type = "text/javascript";
    script.async = true;
    script.src = scriptUrl(`https://${hostname || data.host}${replace(path, /\{id\}/, appId)}`);
    if (nonce) script.nonce = nonce;
    /** @param {string} [why] */
    const ended = (why) => {
      unlisten(world, "error", threw, { capture: true });
      if (why) asked = false;
      if (stopped) silenceSoon(20, DEADLINE_MS);
      else if (!live() && why) become("failed", `Heap's script ${why}`);
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

  /** The stub, unless Heap or a stub of its own snippet is there. */
  const prepare = () =>
    attempt(() => {
      const there = current();
      if (!there || (there !== stub && !find() && !(there.appid || there.envId))) installStub();
    });

  /** Stop a Heap that is live: the latest SDK can, of the classic one the methods do nothing any more. @param {any} heap */
  const silence = (heap) => {
    if (isFunction(heap.stopTracking)) {
      attempt(() => heap.stopTracking(true));
      resume = () => attempt(() => isFunction(heap.startTracking) && heap.startTracking());
      return;
    }
    /** @type {[name: string, method: unknown][]} */
    const before = [];
    each(data.methods, (name) => {
      if (!isFunction(heap[name])) return;
      append(before, [name, own(heap, name) ? heap[name] : null]);
      attempt(() => (heap[name] = () => {}));
    });
    const clean = () => removeHeapsCookies(appId);
    clean();
    // What Heap has attached to the page may write them once more.
    listen(world, "pagehide", clean);
    resume = () => {
      unlisten(world, "pagehide", clean);
      each(before, (one) => {
        if (one[1]) attempt(() => (heap[one[0]] = one[1]));
        else delete heap[one[0]];
      });
    };
    report("warning", "consent", "Heap's classic script cannot be stopped: what it has attached to this page ends with the page");
  };

  /** A Heap that comes although the visitor has withdrawn meanwhile. @param {number} after @param {number} left */
  const silenceSoon = (after, left) => {
    clearTimeout(timer);
    if (!stopped || resume) return;
    const heap = find();
    if (heap) return attempt(() => silence(heap));
    if (left > 0 && asked) timer = setTimeout(() => silenceSoon(after * 1.3, left - after), after);
  };

  return {
    live,
    prepare,
    /** Begin, or try once more after it failed. @param {(why: string) => void} [hear] called after each change of the status; `why` is set when Heap failed */
    start(hear) {
      if (hear) changed = hear;
      stopped = false;
      if (resume) resume();
      resume = null;
      become("loading");
      if (status.heap !== "loading") return;
      attempt(() => {
        const there = current();
        // Heap's own snippet has been here, and its script is on the way?
        if (there && there !== stub && (there.appid || there.envId)) return;
        if (!stub || there !== stub) installStub();
        if (!asked) insert();
      });
    },
    /** The visitor withdrew, or never agreed: nothing is told, and what waits is dropped. */
    stop() {
      if (stopped) return;
      changed = () => {};
      stopped = true;
      generation++;
      if (isArray(stub)) stub.length = 0;
      status.heap = "idle";
      silenceSoon(20, DEADLINE_MS);
    },
  };
}
