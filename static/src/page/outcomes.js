/** What the page and its developer hear of calls: results, events, warnings, the state. It owns which calls nobody has heard of yet. */

import { callOf } from "./calls/entry.js";
import { append, bare, clock, copy, each, say, setTimeout } from "./natives.js";

/** @typedef {import("./calls/entry.js").Entry} Entry */
/** @typedef {import("./calls/entry.js").Result} Result */
/** @typedef {ReturnType<typeof createOutcomes>} Outcomes */

/**
 * What `analytics.state` says, less the number of calls that wait.
 * @typedef {import("./runtime/runtime.js").RuntimeStatus & {heap: import("./heap/heap.js").HeapState,
 *   journal: {calls: number, bytes: number}, consent: import("./visitor/consent.js").Consent}} Status
 */

/**
 * @param {ReturnType<typeof import("./events.js").createEvents>["emit"]} emit
 * @param {Status} status
 * @param {Entry[]} items calls on their way, in order
 */
export function createOutcomes(emit, status, items) {
  let unsettled = 0;
  let announced = false;
  /** @type {((value?: undefined) => void)[]} */
  let flushing = [];
  /** @type {Record<string, boolean>} */
  const said = bare();

  const state = () => ({ ...status, journal: { ...status.journal }, waiting: items.length });

  /** Something in `state` is new: say so once this task is over. */
  const changed = () => {
    if (announced) return;
    announced = true;
    setTimeout(() => {
      announced = false;
      emit("state", () => [state()]);
    });
  };

  /** @param {Entry} entry @param {Result["status"]} status @param {string} [reason] @param {Result["commands"]} [commands] */
  const settle = (entry, status, reason, commands = []) => {
    const result = { status, commands, ...(reason && { reason }) };
    const { id, made, settle } = entry;
    entry.settle = null;
    emit("settled", () => [{ id, ...result, ms: clock() - made }]);
    changed();
    if (!settle) return;
    settle(result);
    if (--unsettled) return;
    each(flushing, (done) => done());
    flushing = [];
  };

  return {
    state,
    changed,
    settle,

    /** Somebody waits to hear of a call. @param {Entry} entry @param {(result: Result) => void} hear */
    await(entry, hear) {
      entry.settle = hear;
      unsettled++;
    },

    /** Settle every call that waits. @param {Result["status"]} status @param {string} reason */
    settleAll: (status, reason) => each(copy(items), (entry) => entry.settle && settle(entry, status, reason)),

    /** Tell the developer: a warning once, an error each time, the console once. @param {"error" | "warning"} kind @param {string} code @param {string} message */
    report(kind, code, message) {
      if (!said[message]) say(kind === "error" ? kind : "warn", `[heap-web] ${message}`);
      if (!said[message] || kind === "error") emit(kind, () => [{ code, message }]);
      said[message] = true;
    },

    /** A call was made, by this page or a dead one. @param {Entry} entry */
    told: (entry) => emit("call", () => [callOf(entry)]),

    /** Python has made commands of a call. @param {Entry} entry @param {Result["commands"]} commands */
    transformed: ({ id, made }, commands) => emit("transformed", () => [{ id, commands, ms: clock() - made }]),

    /** Calls back when nobody waits to hear of a call any more. @param {() => void} done */
    whenSettled(done) {
      if (unsettled) append(flushing, done);
      else done();
    },
  };
}
