/** Calls in order, in batches through Python, to Heap: one batch in flight, the next forms meanwhile. */

import { append, apply, copy, each, Error, matches, messageOf, parse, queueMicrotask, setTimeout, splice, then } from "../natives.js";
import { isOfVisitor } from "../visitor/user.js";

/** @typedef {import("./entry.js").Entry} Entry */

const MAX_CALLS = 100;
const MAX_CHARACTERS = 256_000;
/** The main thread is Python's too where it runs in the page. */
const MAX_CALLS_IN_PAGE = 20;
const MAX_WARNINGS = 1000;
/** So often is Heap told of a call at which it throws; a Heap that threw at the call before as often, once. */
const HEAP_TRIES = 4;
const HEAP_REST_MS = 100;
const METHODS = /^(track|identify|addUserProperties|resetIdentity)$/;

/**
 * @param {object} parts
 * @param {import("../heap/heap.js").Heap} parts.heap
 * @param {ReturnType<typeof import("../runtime/runtime.js").createRuntime>} parts.runtime
 * @param {ReturnType<typeof import("../journal/claims.js").createClaims>} parts.claims
 * @param {ReturnType<typeof import("../visitor/visitor.js").visitor>} parts.visitor
 * @param {string} parts.config wire text of the settings that Python needs
 * @param {Entry[]} parts.items calls on their way, in order
 * @param {import("../outcomes.js").Outcomes} parts.outcomes
 */
export function createQueue({ heap, runtime, claims, visitor, config, items, outcomes }) {
  const { settle, transformed, report } = outcomes;
  /** How many at the head are with Python. */
  let inFlight = 0;
  /** A reply from before counts no more. */
  let generation = 0;
  let planned = false;
  /** Heap is being told: what it or a listener calls meanwhile waits for its turn. */
  let delivering = false;
  /** How many rests are under way: Heap has thrown, or the page ends, and Heap is left alone for a moment. */
  let resting = 0;
  /** Heap threw at the last call as often as it may. */
  let broken = false;
  let warned = 0;

  /** They name events and properties, and each is kept in mind. @param {string} code @param {string} message */
  const warn = (code, message) => warned++ < MAX_WARNINGS && report("warning", code, message);

  /** Calls of one tick go together. */
  const plan = () => {
    if (planned) return;
    planned = true;
    queueMicrotask(() => {
      planned = false;
      pump();
    });
  };

  /** The calls at the head that go to Python together. */
  const batch = () => {
    const first = /** @type {Entry} */ (items[0]);
    // A batch that failed twice goes call by call, so that one bad call never harms the others.
    const most = first.tries > 1 ? 1 : runtime.inPage() ? MAX_CALLS_IN_PAGE : MAX_CALLS;
    let text = "";
    let count = 0;
    let ofVisitor = false;
    for (; count < most && count < items.length; count++) {
      const entry = /** @type {Entry} */ (items[count]);
      if (count && text.length + entry.text.length > MAX_CHARACTERS) break;
      text += (count ? "," : "") + entry.text;
      ofVisitor ||= isOfVisitor(entry.text);
    }
    return { count, ofVisitor, text: `{"config":${config},"user":${ofVisitor ? visitor.wire() : null},"calls":[${text}]}` };
  };

  const quiet = () => !inFlight && !delivering && !resting && claims.ready();
  /** Heap is asked first: what hears that it has come may make calls. */
  const idle = () => heap.live() && quiet() && items.length;

  /** @param {string} text @param {ReturnType<typeof batch>} asked @returns {import("../runtime/protocol.js").Reply} */
  const read = (text, { count, ofVisitor }) => {
    const reply = parse(text);
    if (reply.results.length !== count) throw Error("a reply of another length");
    // Python that was not told of the visitor has nothing to say of them.
    if (!ofVisitor) reply.user = null;
    return reply;
  };

  const pump = () => {
    if (!idle() || !runtime.takes()) return;
    const asked = batch();
    const { count, text } = asked;
    inFlight = count;
    const mine = generation;
    const over = () => mine === generation && !(inFlight = 0);
    const reply = then(runtime.run(text), (answer) => read(answer, asked));
    const done = then(
      reply,
      async (reply) => (await claims.mine()) && over() && deliver(reply, count),
      (error) => over() && failed(count, error),
    );
    then(then(done, null, (error) => report("warning", "runtime", messageOf(error))), plan);
  };

  /** Whether a call that is made now is told in this very tick if Heap takes it. False where Heap threw too often: the next page has to try again. */
  const isFree = () => !items.length && !broken && runtime.isHost() && quiet() && claims.held();

  /** What can be told in this very tick, is: the page's own Python is asked, and our lock is held. */
  const deliverNow = () => {
    while (runtime.isHost() && idle() && claims.held()) {
      const asked = batch();
      const { count, text } = asked;
      const mine = generation;
      let reply;
      delivering = true;
      try {
        reply = read(runtime.runNow(text), asked);
      } catch (error) {
        if (mine === generation) failed(count, error);
        plan();
        return;
      } finally {
        delivering = false;
      }
      if (mine === generation) deliver(reply, count);
    }
  };

  /** @param {number} count @param {unknown} error */
  const failed = (count, error) => {
    if (/** @type {any} */ (error)?.unreachable) return; // The network is at fault, not a call.
    for (let i = 0; i < count; i++) /** @type {Entry} */ (items[i]).tries++;
    // It is dropped when Python has failed on it twice while it was the only call of its batch.
    if (count > 1 || /** @type {Entry} */ (items[0]).tries < 4) return;
    const entry = /** @type {Entry} */ (splice(items, [0, 1])[0]);
    const reason = messageOf(error);
    claims.strike(entry);
    report("warning", "runtime", `a call could not be transformed: ${reason}`);
    settle(entry, "dropped", reason);
  };

  /** One command; says what Heap threw, if it did. @param {any} target @param {Entry} entry @param {unknown[]} command */
  const tell = (target, entry, command) => {
    const method = /** @type {string} */ (command[0]);
    try {
      if (matches(METHODS, method)) apply(target[method], target, copy(command, 1));
      entry.told++;
      return "";
    } catch (error) {
      return `heap.${method} threw: ${messageOf(error)}`;
    }
  };

  /** Nothing is told for a while. @param {number} ms */
  const rest = (ms) => {
    resting++;
    setTimeout(() => {
      resting--;
      plan();
    }, ms);
  };

  /** Heap has thrown too often at a call: the next page tries again, if nothing of it has been told. @param {Entry} entry @param {string} why @param {import("./entry.js").Result["commands"]} commands */
  const giveUp = (entry, why, commands) => {
    const kept = !!entry.key && !entry.told;
    if (!kept) claims.strike(entry);
    report("error", "heap", `${why}; the call is ${kept ? "kept for the next page" : "dropped"}`);
    settle(entry, kept ? "kept" : "dropped", why, kept ? [] : commands);
  };

  /** @param {import("../runtime/protocol.js").Reply} reply @param {number} count */
  const deliver = ({ results, user }, count) => {
    if (!heap.live()) return;
    // First: should the page be killed amid the calls, those left are read by who the visitor has become.
    if (user) visitor.write(user);
    const mine = generation;
    let done = 0;
    delivering = true;
    try {
      // Consent may be withdrawn from within: by a listener, or by what Heap calls.
      while (done < count && mine === generation) {
        const target = heap.live();
        if (!target) break;
        const { commands, reason, warnings = [] } = /** @type {import("../runtime/protocol.js").Outcome} */ (results[done]);
        // Whatever happens from here on, it is not told again, but where Heap itself throws.
        const entry = /** @type {Entry} */ (items[done++]);
        // A dead page may have struck it in its last moment, which is seen here only now; and where our lock is not certain,
        // another page may have had it.
        if (!claims.has(entry)) {
          settle(entry, "kept", "another page has delivered it");
          continue;
        }
        if (!entry.throws) transformed(entry, commands);
        if (mine !== generation) break;
        let threw = "";
        while (entry.told < commands.length && !threw && mine === generation) threw = tell(target, entry, /** @type {unknown[]} */ (commands[entry.told]));
        if (mine !== generation) break;
        if (threw && ++entry.throws < (broken ? 1 : HEAP_TRIES)) {
          done--;
          rest(HEAP_REST_MS * 2 ** entry.throws);
          break;
        }
        broken = !!threw;
        if (threw) {
          giveUp(entry, threw, commands);
          continue;
        }
        claims.strike(entry);
        each(warnings, (warning) => warn("value", warning));
        settle(entry, reason ? "dropped" : "delivered", reason, commands);
      }
    } finally {
      delivering = false;
      if (mine === generation) splice(items, [0, done]);
    }
  };

  /** Keep some calls; a reply under way counts no more. @param {(entry: Entry) => boolean} keep */
  const reset = (keep) => {
    generation++;
    inFlight = 0;
    let kept = 0;
    each(items, (entry) => {
      if (keep(entry)) items[kept++] = entry;
    });
    // It may have been emptied meanwhile, by a listener that withdrew consent.
    if (kept < items.length) items.length = kept;
  };

  return {
    plan,
    isFree,
    deliverNow,
    /** Calls of dead pages, before our own. @param {Entry[]} entries */
    putFirst(entries) {
      /** @type {any[]} */
      const args = [inFlight, 0];
      each(entries, (entry) => append(args, entry));
      splice(items, args);
      plan();
    },
    /** Tell Heap nothing for a while, nor what a reply under way says. @param {number} ms */
    rest(ms) {
      reset(() => true);
      rest(ms);
    },
    reset,
  };
}
