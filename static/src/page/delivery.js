/** Everything that works while calls may be delivered: Heap, the journal's claims, Python and the queue, from the start to the stop. */

import { openBridge } from "./calls/bridge.js";
import { entryOf } from "./calls/entry.js";
import { createQueue } from "./calls/queue.js";
import { encode } from "./calls/wire.js";
import { createClaims } from "./journal/claims.js";
import { createJournal } from "./journal/journal.js";
import { createOwnLock } from "./journal/own-lock.js";
import { endsWithPage } from "./journal/page-lock.js";
import { AbortController, attempt, each, listen as listenTo, location, part, setTimeout, then, world } from "./natives.js";
import { whatIsMissing } from "./runtime/missing.js";
import { createRuntime } from "./runtime/runtime.js";
import { connect } from "./runtime/shared.js";
import { visitor } from "./visitor/visitor.js";

/** @typedef {import("./calls/entry.js").Entry} Entry */

/** What to do about it, by the protocol of the page. @type {Record<string, string>} */
const ADVICE = { "file:": ": browsers start no Python from files; serve the page: python3 -m http.server" };
/** We listen to other pages' writes so long after the start: Chromium then opens both kinds of storage, and the page waits for that. */
const CALM_MS = 2000;
/** A page that goes on so long after it was told that it ends, does not end. */
const ENDING_MS = 1000;
/** @typedef {ReturnType<typeof startDelivery>} Delivery */

/**
 * @param {object} parts
 * @param {import("./settings.js").Settings} parts.settings
 * @param {string} parts.base URL of the runtime's folder
 * @param {Entry[]} parts.items calls on their way, in order
 * @param {import("./outcomes.js").Status} parts.status kept up to date
 * @param {import("./outcomes.js").Outcomes} parts.outcomes
 * @param {import("./heap/heap.js").Heap} parts.heap
 * @param {import("./visitor/user.js").User} parts.user
 * @param {import("./runtime/runtime.js").Host} parts.host the page's own Python, if it has any
 * @param {(text: string, method: string, args: () => unknown[]) => Promise<import("./calls/entry.js").Result>} parts.take makes a call of wire text
 * @param {() => void} parts.ready Heap and Python are there: called once
 */
export function startDelivery({ settings, base, items, status, outcomes, heap, user, host, take, ready }) {
  // Other processes begin first: this one may have to wait for its localStorage.
  const early = host.run ? null : attempt(() => connect(base));
  const journal = createJournal(settings.appId, user.open(), status.journal);
  const self = visitor(user, encode);
  attempt(() => user.inherit(journal.calls(), items));
  /** Why a part cannot work; "" while it can. */
  const failed = { heap: "", runtime: "" };
  const failure = () => failed.heap || failed.runtime;
  let waits = true;

  /** A part works, failed for a reason, or is on its way. @param {"heap" | "runtime"} part @param {string} why */
  const became = (part, why) => {
    const before = failure();
    if (why) outcomes.report("error", part, `${why}; calls are kept for the next page`);
    if (why || status[part] === "live" || status[part] === "ready") failed[part] = why;
    if (failure()) outcomes.settleAll("kept", failure());
    // Dead pages' calls are for pages that can deliver them.
    if (!before && failure()) {
      claims.unclaim();
      queue.reset((entry) => !entry.claim);
    } else if (before && !failure()) claims.claim();
    if (waits && status.heap === "live" && status.runtime === "ready") {
      waits = false;
      ready();
    }
    queue.plan();
    outcomes.changed();
  };

  /** @param {string} why */
  const pythonBecame = (why) => {
    became("runtime", why && `Python did not start (${why})${ADVICE[location().protocol] || ""}`);
    if (why) then(whatIsMissing(base), (fault) => fault && outcomes.report("error", "runtime", fault));
  };

  const runtime = createRuntime({ base, early, host, status, changed: pythonBecame });
  const own = createOwnLock(journal, {
    contested: () =>
      queue.reset((entry) => {
        const ours = claims.has(entry);
        if (!ours && entry.settle) outcomes.settle(entry, "kept", "another page delivers it");
        return ours;
      }),
    changed: () => queue.plan(),
  });
  const claims = createClaims(journal, own, items, endsWithPage() && !(early && early.outlives), {
    entryOf,
    receive(entries) {
      if (failure()) return claims.unclaim();
      each(entries, outcomes.told);
      queue.putFirst(entries);
      outcomes.changed();
    },
    changed: () => queue.plan(),
  });
  const { integrations = {}, arrayLimit = 0, resetIdentity = false } = settings;
  const isSet = settings.integrations || arrayLimit || resetIdentity;
  const config = isSet ? part(encode([{ integrations, arrayLimit, resetIdentity }]).text, 1, -1) : "null";
  const queue = createQueue({ heap, runtime, claims, visitor: self, config, items, outcomes });

  /** @param {Entry} entry */
  const write = (entry) => {
    if (!own.write(entry)) outcomes.report("warning", "journal", "the journal is full: calls wait in memory");
  };

  const open = () => {
    claims.open();
    runtime.start();
  };

  const life = new AbortController();
  /** Before the page's own listeners where the browser can: what they track as the page freezes should ask for no lock. @param {string} name @param {(event: any) => void} listener */
  const listen = (name, listener) =>
    listenTo(world, name, listener, { capture: true, signal: life.signal });
  // Into the back/forward cache: another page delivers, and nothing that is said to us there counts. The lock of a page that
  // ends goes with it; a heartbeat does not. A page that ends tells Heap nothing more: Heap has sent what it had, so that would
  // end with the page, or the page would end before the call is struck, and the next one told it again.
  listen("pagehide", ({ persisted }) => {
    if (!persisted && endsWithPage()) return queue.rest(ENDING_MS);
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

  each(items, write);
  heap.start((why) => became("heap", why));
  open();
  const closeBridge = openBridge(settings.appId, take, user);
  queue.plan();
  setTimeout(() => life.signal.aborted || claims.listen(), CALM_MS);

  return {
    failure,
    write,
    plan: queue.plan,
    /** Whether a call that is made now can be told in its own tick. Nothing is asked of Heap: what hears that it has come may make calls. */
    mayTellNow: () => status.heap === "live" && queue.isFree(),
    deliverNow: queue.deliverNow,
    /** The page's own Python has come or gone. */
    hostChanged: () => runtime.hostChanged(),
    visitor: self,
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
