/** What runs once it may: journal, Python and Heap, and what happens when one of them fails. */

import { createHeap } from "./heap.js";
import { createJournal } from "./journal.js";
import { queueMicrotask } from "./natives.js";
import { createQueue } from "./queue.js";
import { createRuntime } from "./runtime.js";
import { encode } from "./wire.js";

/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./queue.js").Result} Result */

/**
 * @param {object} world
 * @param {import("./settings.js").Settings} world.settings
 * @param {string} world.home
 * @param {import("./store.js").Store} world.store
 * @param {ReturnType<typeof import("./user.js").createUser>} world.user
 * @param {Entry[]} world.items
 * @param {(text: string, at: number) => Entry} world.entryOf
 * @param {(entry: Entry) => void} world.told
 * @param {(entry: Entry, result: Result) => void} world.settled
 * @param {(entry: Entry, outcome: import("./protocol.js").Outcome) => void} world.transformed
 * @param {(kind: "error" | "warning", code: string, message: string) => void} world.report
 * @param {() => void} world.changed
 * @param {() => void} world.ready
 */
export function createEngine(world) {
  const { settings, items, settled, report, changed } = world;
  const failed = { heap: "", runtime: "" };
  const failure = () => failed.heap || failed.runtime;

  const keep = (/** @type {Entry} */ entry) => {
    if (entry.settle) settled(entry, { status: "kept", commands: [], reason: failure() });
  };

  /** @param {"heap" | "runtime"} part @param {boolean} works @param {string} why */
  const became = (part, works, why) => {
    const before = failure();
    if (why) {
      failed[part] = why;
      report("error", part, `${why}; calls are kept for the next page`);
      journal.unclaim();
      queue.reset((entry) => !entry.claim);
      for (let i = 0; i < items.length; i++) keep(/** @type {Entry} */ (items[i]));
    } else if (works) {
      failed[part] = "";
      if (before && !failure()) journal.claim(receive);
      if (heap.state() === "live" && runtime.state.state === "ready") world.ready();
    }
    queue.plan();
    changed();
  };

  const journal = createJournal(settings.appId, world.store.open(), world.entryOf);
  const runtime = createRuntime(new URL(settings.runtime || __RUNTIME__, world.home).href, (why) =>
    became("runtime", runtime.state.state === "ready", why && `Python did not start (${why})`),
  );
  const heap = createHeap(settings, (state, why) => became("heap", state === "live", why));
  const { integrations = {}, arrayLimit = 0, resetIdentity = false } = settings;
  const config = encode([{ integrations, arrayLimit, resetIdentity }]).text.slice(1, -1);
  const queue = createQueue({ ...world, heap, runtime, journal, config });

  /** @param {Entry[]} entries */
  const receive = (entries) => {
    for (let i = 0; i < entries.length; i++) world.told(/** @type {Entry} */ (entries[i]));
    queue.putFirst(entries);
    changed();
  };

  const contested = () =>
    queue.reset((entry) => {
      if (journal.has(entry)) return true;
      if (entry.settle) settled(entry, { status: "kept", commands: [], reason: "another page delivers it" });
      return false;
    });

  /** @param {Entry} entry */
  const add = (entry) => {
    if (!journal.add(entry))
      report("warning", "journal", "the journal is full or denied: calls wait in memory, and die with the page");
    queue.plan();
    if (failure())
      queueMicrotask(() => {
        if (failure()) keep(entry);
      });
  };

  const start = () => {
    journal.open(contested, receive).then(queue.plan);
    runtime.start();
    queue.plan();
  };

  start();
  for (let i = 0; i < items.length; i++) add(/** @type {Entry} */ (items[i]));
  heap.start();

  return {
    heap,
    runtime,
    journal,
    add,
    /** Going into the back/forward cache: another page delivers, and nothing that is said to us now counts. */
    leave() {
      queue.reset((entry) => !entry.claim);
      journal.close();
      runtime.stop(true);
    },
    /** Back from it. */
    start,
    /** The network is back: what failed for lack of it is tried once more. */
    retry() {
      heap.retry();
      if (failed.runtime) runtime.start();
    },
    /** The visitor withdrew: forget everything. */
    stop() {
      queue.reset(() => false);
      journal.close();
      journal.clear();
      runtime.stop();
      world.user.clear();
      world.store.close();
    },
  };
}
