/** The half that delivers, loaded beside the runtime: batches through Python to Heap, dead pages' journals, and what happens on failure. */

import { openBridge } from "./calls/bridge.js";
import { createClaims } from "./journal/claims.js";
import { endWithPage } from "./journal/locks.js";
import { append, each, messageOf, setTimeout } from "./natives.js";
import { sharedWorkersOutlivePages } from "./runtime/outlive.js";
import { createQueue } from "./calls/queue.js";
import { createRuntime } from "./runtime/runtime.js";
import { visitor } from "./visitor/visitor.js";

/** @typedef {import("./journal/journal.js").Entry} Entry */
/** @typedef {import("./runtime/runtime.js").RuntimeStatus & {heap: import("./heap/heap.js").HeapState, journal: {calls: number, bytes: number}, consent: import("./visitor/consent.js").Consent}} Status */
/** @typedef {ReturnType<typeof start>} Engine */

/**
 * @typedef {object} World what the page's half shares with this one
 * @property {import("./settings.js").Settings} settings
 * @property {string} base URL of the runtime's folder
 * @property {import("./runtime/shared.js").Connection | null} shared
 * @property {import("./journal/journal.js").Journal} journal
 * @property {import("./journal/own-lock.js").OwnLock} own
 * @property {import("./heap/heap.js").Heap} heap
 * @property {Status} status
 * @property {import("./visitor/user.js").User} user
 * @property {Entry[]} items calls on their way, in order
 * @property {typeof import("./calls/wire.js").encode} encode
 * @property {(text: string, at: number) => Entry} entryOf
 * @property {(entry: Entry) => object} callOf
 * @property {(entry: Entry) => void} told
 * @property {string} home URL of our own script
 * @property {any} analytics
 * @property {(text: string, method: string, args: () => unknown[], reason?: string, callback?: () => void) => Promise<import("./calls/queue.js").Result>} take
 * @property {(entry: Entry, status: import("./calls/queue.js").Result["status"], reason?: string, commands?: import("./calls/queue.js").Result["commands"]) => void} settle
 * @property {(entry: Entry, commands: import("./calls/queue.js").Result["commands"]) => void} transformed
 * @property {(kind: "error" | "warning", code: string, message: string) => void} report
 * @property {() => void} changed
 * @property {(why: string) => void} failing calls settle as kept, for that reason; "": no more
 * @property {() => void} readied
 */

let inspected = false;

/** @param {World} world @param {string} heapWhy why Heap failed before this began, if it did */
export function start(world, heapWhy) {
  const { settings, heap, user, encode, settle, changed, status } = world;
  if (settings.inspector && !inspected) inspect(world);
  /** What keeps calls from Heap, if anything. */
  const failed = { heap: "", runtime: "" };
  const failure = () => failed.heap || failed.runtime;
  let waits = true;

  /** A part works, failed for a reason, or is on its way. @param {"heap" | "runtime"} part @param {string} why */
  const became = (part, why) => {
    const before = failure();
    if (why) world.report("error", part, `${why}; calls are kept for the next page`);
    if (why || status[part] === "live" || status[part] === "ready") failed[part] = why;
    world.failing(failure());
    // Dead pages' calls are for pages that can deliver them.
    if (!before && failure()) {
      claims.unclaim();
      queue.reset((entry) => !entry.claim);
    } else if (before && !failure()) claims.claim();
    if (waits && status.heap === "live" && status.runtime === "ready") {
      waits = false;
      world.readied();
    }
    queue.plan();
    changed();
  };

  const runtime = createRuntime(world.base, world.shared, status, (why) => became("runtime", why && `Python did not start (${why})`));
  const claims = createClaims(world.journal, world.own, world.items, endWithPage() && !sharedWorkersOutlivePages(), {
    entryOf: world.entryOf,
    receive(entries) {
      if (failure()) return claims.unclaim();
      each(entries, world.told);
      queue.putFirst(entries);
      changed();
    },
    changed: () => queue.plan(),
  });
  const { integrations = {}, arrayLimit = 0, resetIdentity = false } = settings;
  const config = encode([{ integrations, arrayLimit, resetIdentity }]).text.slice(1, -1);
  const self = visitor(user, encode);
  const queue = createQueue({ ...world, runtime, claims, config, visitor: self });

  const open = () => {
    claims.open();
    runtime.start();
  };

  const life = new AbortController();
  /** Before the page's own listeners where the browser can: what they track as the page freezes should ask for no lock. @param {string} name @param {(event: any) => void} listener */
  const listen = (name, listener) =>
    addEventListener(name, listener, /** @type {any} */ ({ __proto__: null, capture: true, signal: life.signal }));
  // Into the back/forward cache: another page delivers, and nothing that is said to us there counts. The lock of a page that
  // ends goes with it; a heartbeat does not.
  listen("pagehide", ({ persisted }) => {
    if (!persisted && endWithPage()) return;
    queue.reset((entry) => !entry.claim);
    claims.close();
    runtime.stop(true);
  });
  listen("pageshow", ({ persisted }) => persisted && open());
  // The network is back: what failed for lack of it is tried once more.
  listen("online", () => {
    if (status.heap === "failed") heap.start();
    if (status.runtime === "failed") runtime.start();
  });

  open();
  became("heap", heapWhy);
  const closeBridge = openBridge(settings.appId, world.take, self);

  return {
    plan: queue.plan,
    became,
    /** Others may have delivered from our journal: what they took is theirs. */
    contested: () =>
      queue.reset((entry) => {
        const ours = claims.has(entry);
        if (!ours && entry.settle) settle(entry, "kept", "another page delivers it");
        return ours;
      }),
    /** The visitor withdrew. */
    stop() {
      life.abort();
      closeBridge();
      queue.reset(() => false);
      claims.close();
      runtime.stop();
    },
  };
}

/** Load the inspector. What happens meanwhile waits in a list, whose `push` is the inspector's once it is there. @param {World} world */
function inspect({ analytics, base, callOf, home, items, report }) {
  inspected = true;
  /** @type {[string, object][]} */
  const seen = [];
  each(items, (entry) => append(seen, ["call", callOf(entry)]));
  each(["call", "transformed", "settled", "error", "warning"], (name) =>
    analytics.on(name, (/** @type {object} */ event) => seen.push([name, event])),
  );
  const load = async (/** @type {string} */ name, /** @type {string} */ near) => import(new URL(name, near).href);
  // It lies beside our script and above the runtime; only the latter tells where, when a bundler has moved the script.
  load("../../inspector.js", base)
    .catch(() => load("inspector.js", home))
    .then(
      (module) => module.default(analytics, seen),
      (error) => {
        seen.push = () => 0;
        // A page that is being left fails its imports too, and has no second left.
        setTimeout(report, 1000, "error", "inspector", messageOf(error));
      },
    );
}
