/** Calls in order, in batches through Python, to Heap: one batch in flight, the next forms meanwhile. */

import { append, apply, messageOf, parse, queueMicrotask, splice } from "./natives.js";

/** @typedef {import("./journal.js").Entry} Entry */
/**
 * @typedef {{status: "delivered" | "kept" | "dropped", commands: [string, ...unknown[]][], reason?: string}} Result
 *   `kept`: Heap has not got it yet; it will, from this page or the next.
 */

const MAX_CALLS = 100;
const MAX_CHARACTERS = 256_000;
/** The main thread is Python's too where it runs in the page. */
const MAX_CALLS_IN_PAGE = 20;
const METHODS = /^(track|identify|addUserProperties|resetIdentity)$/;

/**
 * @param {object} world
 * @param {ReturnType<typeof import("./heap.js").createHeap>} world.heap
 * @param {ReturnType<typeof import("./runtime.js").createRuntime>} world.runtime
 * @param {ReturnType<typeof import("./journal.js").createJournal>} world.journal
 * @param {ReturnType<typeof import("./user.js").createUser>} world.user
 * @param {string} world.config wire text
 * @param {Entry[]} world.items
 * @param {(entry: Entry, result: Result) => void} world.settled
 * @param {(entry: Entry, outcome: import("./protocol.js").Outcome) => void} world.transformed
 * @param {(kind: "error" | "warning", code: string, message: string) => void} world.report
 */
export function createQueue({ heap, runtime, journal, user, config, items, settled, transformed, report }) {
  /** How many at the head are with Python. */
  let inFlight = 0;
  /** A reply from before counts no more. */
  let generation = 0;
  let planned = false;

  const plan = () => {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      pump();
    });
  };

  const pump = () => {
    if (inFlight || !items.length || !journal.ready() || !heap.live() || runtime.state.state !== "ready") return;
    const first = /** @type {Entry} */ (items[0]);
    // A batch that failed twice goes call by call, so that one bad call never harms the others.
    const most = first.tries > 1 ? 1 : runtime.state.mode === "page" ? MAX_CALLS_IN_PAGE : MAX_CALLS;
    let text = "";
    let count = 0;
    for (; count < most && count < items.length; count++) {
      const entry = /** @type {Entry} */ (items[count]);
      if (count && text.length + entry.text.length > MAX_CHARACTERS) break;
      text += (count ? "," : "") + entry.text;
    }
    inFlight = count;
    const mine = generation;
    runtime.run(`{"config":${config},"user":${user.wire()},"calls":[${text}]}`).then(
      (reply) => {
        if (mine !== generation) return;
        inFlight = 0;
        try {
          deliver(parse(reply), count);
        } catch (error) {
          failed(count, error);
        }
        plan();
      },
      (error) => {
        if (mine !== generation) return;
        inFlight = 0;
        failed(count, error);
        plan();
      },
    );
  };

  /** @param {number} count @param {unknown} error */
  const failed = (count, error) => {
    for (let i = 0; i < count; i++) /** @type {Entry} */ (items[i]).tries++;
    if (count > 1 || /** @type {Entry} */ (items[0]).tries < 3) return;
    const entry = /** @type {Entry} */ (splice(items, [0, 1])[0]);
    journal.strike(entry);
    report("warning", "runtime", `a call could not be transformed: ${messageOf(error)}`);
    settled(entry, { status: "dropped", commands: [], reason: messageOf(error) });
  };

  /** @param {import("./protocol.js").Reply} reply @param {number} count */
  const deliver = ({ results, user: after }, count) => {
    if (results.length !== count) throw Error("a reply of another length");
    if (!heap.live()) return;
    // First: should the page be killed amid the calls, those left are read by who the visitor has become.
    user.write(after);
    let done = 0;
    for (; done < count; done++) {
      const entry = /** @type {Entry} */ (items[done]);
      const outcome = /** @type {import("./protocol.js").Outcome} */ (results[done]);
      const { commands, reason, warnings = [] } = outcome;
      const target = heap.live();
      if (!target) break;
      transformed(entry, outcome);
      for (let i = 0; i < commands.length; i++) {
        const command = /** @type {[string, ...unknown[]]} */ (commands[i]);
        const method = command[0];
        try {
          if (METHODS.test(method)) apply(target[method], target, argumentsOf(command));
        } catch (error) {
          report("warning", "heap", `heap.${method} threw: ${messageOf(error)}`);
        }
      }
      journal.strike(entry);
      for (let i = 0; i < warnings.length; i++) report("warning", "value", warnings[i]);
      settled(entry, { status: reason ? "dropped" : "delivered", commands, ...(reason && { reason }) });
    }
    splice(items, [0, done]);
  };

  return {
    plan,
    /** Calls of dead pages, before our own. @param {Entry[]} entries */
    putFirst(entries) {
      /** @type {any[]} */
      const args = [inFlight, 0];
      for (let i = 0; i < entries.length; i++) append(args, entries[i]);
      splice(items, args);
      plan();
    },
    /** Forget calls, and any reply under way. @param {(entry: Entry) => boolean} keep */
    reset(keep) {
      generation++;
      inFlight = 0;
      let kept = 0;
      for (let i = 0; i < items.length; i++) {
        const entry = /** @type {Entry} */ (items[i]);
        if (keep(entry)) items[kept++] = entry;
      }
      items.length = kept;
    },
  };
}

/** @param {unknown[]} command */
function argumentsOf(command) {
  /** @type {unknown[]} */
  const args = [];
  for (let i = 1; i < command.length; i++) append(args, command[i]);
  return args;
}
