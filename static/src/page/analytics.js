/** The `analytics` object of the page: takes calls at any time, and starts delivery once it may. What it may do is in lifecycle.js. */

import { callLater } from "./calls/callbacks.js";
import { denyWorkers } from "./calls/deny.js";
import { argsOf, entryOf } from "./calls/entry.js";
import { encode, withLocalTimes } from "./calls/wire.js";
import { startDelivery } from "./delivery.js";
import { createEvents, guard } from "./events.js";
import { inspect } from "./inspect.js";
import { createHeap } from "./heap/heap.js";
import { phaseOf, reasonOf } from "./lifecycle.js";
import { append, apply, attempt, baseURI, defineProperty, document, each, listen, location, matches, messageOf, now, part, prerendering, Promise, queueMicrotask, resolve as resolveUrl, say, setTimeout, TypeError } from "./natives.js";
import { createGroup } from "./methods/group.js";
import { addLegacy } from "./methods/legacy.js";
import { createOutcomes } from "./outcomes.js";
import { createDoor, DOOR } from "./runtime/door.js";
import { settingsOf } from "./settings.js";
import { initialConsent } from "./visitor/consent.js";
import { createStore } from "./visitor/store.js";
import { createUser } from "./visitor/user.js";

/** @typedef {import("./calls/entry.js").Entry} Entry */
/** @typedef {import("./calls/entry.js").Result} Result */
/** @typedef {ReturnType<typeof createAnalytics>} Analytics */

const MAX_WAITING = 200_000;
/** How long calls wait for a `load` before the developer is told that there was none. */
const LOAD_MS = 5000;
/** `ready` settles after so long, whatever has come until then. */
const READY_MS = 20_000;

/**
 * @param {string} home URL of our own script: the runtime is beside it; "" where it is not known
 * @param {Record<string, unknown>} defaults settings that `load` need not repeat
 * @param {import("./visitor/store.js").Store} [store] where the visitor is kept
 */
export function createAnalytics(home, defaults, store = createStore()) {
  const { on, off, once, emit } = createEvents();
  const user = createUser(store);
  const group = createGroup(store);
  /** Calls on their way, in order. @type {Entry[]} */
  const items = [];
  /** @type {import("./outcomes.js").Status} */
  const status = {
    runtime: "idle",
    heap: "idle",
    mode: null,
    progress: 0,
    bootMs: null,
    journal: { calls: 0, bytes: 0 },
    consent: "granted",
  };
  /** @type {typeof emit} */
  const emitted = (name, args) => {
    if (name === "settled") {
      const { id, status } = /** @type {any} */ (args())[0];
      if (status !== "kept") user.told(id);
    }
    emit(name, args);
    if (name === "error" && delivery) heard();
  };
  const outcomes = createOutcomes(emitted, status, items);
  const { report, settle, changed, state } = outcomes;
  /** @type {import("./runtime/runtime.js").Host} */
  const host = { run: null };
  /** @type {import("./lifecycle.js").Facts["settings"]} */
  let settings = null;
  /** URL of the runtime's folder. */
  let base = "";
  /** @type {import("./heap/heap.js").Heap | null} */
  let heap = null;
  /** What is wrong with the settings. */
  let fault = "";
  /** The visitor has been asked. */
  let asked = false;
  let inspected = false;
  /** There in the phase `open` alone. @type {import("./delivery.js").Delivery | null} */
  let delivery = null;
  /** Ends that workers are told no. @type {(() => void) | null} */
  let denial = null;
  let isReady = false;
  /** Who waits to hear that Heap and Python are there, or are not to be had. @type {(() => void)[]} */
  let waiting = [];
  const heard = () => {
    const all = waiting;
    waiting = [];
    each(all, (done) => done());
  };
  const readied = () => {
    isReady = true;
    emit("ready", () => []);
    off("ready");
    heard();
  };

  const phase = () =>
    phaseOf({ settings, fault, consent: status.consent, prerendering: prerendering() });

  /** Enter the phase that the facts say. */
  const go = () => {
    const now = phase();
    const reason = reasonOf(now, fault);
    outcomes.drop(now === "broken");
    changed();
    if (reason) {
      outcomes.settleAll("dropped", reason);
      // Without a usable App ID, calls are dropped but kept in mind, should a right one come.
      if (now !== "broken") items.length = 0;
    }
    if (now !== "open" && delivery) {
      delivery.stop();
      delivery = null;
    }
    if (denial) denial();
    denial = settings && (now === "refused" || now === "off") ? denyWorkers(settings.appId, reason) : null;
    if (now === "hidden") listen(document(), "prerenderingchange", go, { once: true });
    if (heap && (now === "asking" || now === "hidden" || now === "refused")) heap.prepare();
    if (heap && now === "refused") heap.stop();
    if (now === "open" && settings && heap && !delivery) {
      status.runtime = "loading";
      delivery = startDelivery({ settings, base, items, status, outcomes, heap, user, host, take, ready: readied });
      if (settings.inspector && !inspected) {
        inspected = true;
        inspect(analytics, base, home, items, outcomes);
      }
    }
  };

  /** @param {string} [runtime] as it was set @returns {string} */
  const baseOf = (runtime) => {
    const url = attempt(() => (runtime ? resolveUrl(runtime, baseURI()) : resolveUrl(__RUNTIME__, home)));
    if (!url) throw TypeError("runtime must be set: where our script came from is not known");
    return part(url, url.length - 1) === "/" ? url : `${url}/`;
  };

  /** Nothing can be sent: say why, once. @param {string} why */
  const refuse = (why) => {
    fault = why;
    report("error", "config", why);
    go();
  };

  /** @param {Entry} entry */
  const write = (entry) => delivery && delivery.write(entry);

  /**
   * A call that is wire text by now is on its way, or it is dropped for a reason.
   * @param {string} text @param {string} method @param {() => unknown[]} args @param {(result: Result) => void} hear @param {(entry: Entry) => void} keep writes it down @param {string} [wrong] what is wrong with it
   */
  const admit = (text, method, args, hear, keep, wrong = "") => {
    const entry = entryOf(text, now());
    const closed = reasonOf(phase(), fault);
    const reason = closed || wrong || (items.length >= MAX_WAITING ? "too many calls wait" : "");
    outcomes.await(entry, hear);
    if (!closed) attempt(() => user.say(entry.id, method, args));
    if (!reason || (reason === fault && !wrong)) append(items, entry);
    if (!reason) keep(entry);
    outcomes.told(entry);
    if (reason && reason !== closed) report("warning", "call", reason);
    if (!reason && !settings && items.length < 2) setTimeout(() => settings || fault || refuse(`no App ID within ${LOAD_MS / 1000} s of the first call: set data-app-id, or call analytics.load({appId})`), LOAD_MS);
    changed();
    emit(method, args);
    return { entry, reason };
  };

  /** @param {string} text @param {string} method @param {() => unknown[]} args @param {string} [wrong] @param {() => void} [callback] @returns {Promise<Result>} */
  const take = (text, method, args, wrong, callback) =>
    new Promise((/** @type {(result: Result) => void} */ resolve) => {
      const hear = (/** @type {Result} */ result) => {
        resolve(result);
        if (callback) callback();
      };
      const { entry, reason } = admit(text, method, args, hear, write, wrong);
      if (delivery) delivery.plan();
      if (!reason && !(delivery && delivery.failure())) return;
      // The queue's turn comes first: Heap may be there by now.
      setTimeout(() => {
        if (!entry.settle) return;
        const why = delivery && delivery.failure();
        if (reason) settle(entry, "dropped", reason);
        else if (why) settle(entry, "kept", why);
      });
    });

  /** A call of the page's own Python: it is told in this tick if it can be. @param {string} text @param {string} method @param {(result: Result) => void} hear */
  const takeNow = (text, method, hear) => {
    // A call that Heap has before this tick is over need not be written down. Writing and striking it would be half of the work.
    const keep = delivery && delivery.mayTellNow() ? () => {} : write;
    const { entry, reason } = admit(withLocalTimes(text), method, () => argsOf(text), hear, keep);
    if (reason) settle(entry, "dropped", reason);
    else if (delivery) {
      delivery.deliverNow();
      // Heap has not got it: Heap threw, or Python did, or a listener's call came between.
      if (keep !== write) each(items, (one) => one === entry && !one.key && write(one));
      const why = delivery && delivery.failure();
      if (entry.settle && why) settle(entry, "kept", why);
      if (delivery) delivery.plan();
    }
    return entry.id;
  };

  /** @param {string} method @param {unknown[]} args @returns {Promise<Result>} */
  const call = (method, args) => {
    /** @type {any} */
    let callback;
    each(args, (arg, i) => {
      if (!callback && typeof arg === "function" && (i || method !== "track")) callback = callLater(arg);
    });
    let text = "[]";
    let wrong;
    try {
      const { local, cut, text: wire } = encode(args);
      text = `${wire}${local && `,"l":${local}`}`;
      if (cut) report("warning", "depth", `${method}: deeper than 500 levels, or too much: cut`);
    } catch (error) {
      wrong = messageOf(error);
    }
    return take(`{"m":"${method}","a":${text}}`, method, () => args, wrong, callback);
  };

  /** @param {string} method */
  const caller =
    (method) =>
    (/** @type {unknown[]} */ ...args) =>
      call(method, args);

  /** @param {Function} method */
  const chained =
    (method) =>
    (/** @type {unknown[]} */ ...args) => {
      apply(method, undefined, args);
      return analytics;
    };

  const log = (/** @type {object} */ event) => say("log", "[heap-web]", event);

  /** @type {any} */
  const analytics = {
    VERSION: __VERSION__,
    /** `load` has been called, and was right. */
    initialized: false,
    identify: caller("identify"),
    track: caller("track"),
    page: caller("page"),
    group: (/** @type {unknown[]} */ ...args) => {
      if (!args.length) return group;
      attempt(() => group.say(args[0], args[1]));
      return call("group", args);
    },
    alias: caller("alias"),
    reset: (/** @type {unknown[]} */ ...args) => {
      group.reset();
      return call("reset", args);
    },
    setAnonymousId: caller("setAnonymousId"),
    get state() {
      return state();
    },
    get integrations() {
      return (settings && settings.integrations) || {};
    },

    load: chained((/** @type {any} */ options) => {
      // Rendered on a server: there is no page to track.
      if (!document()) return void (fault = "no page");
      try {
        const next = settingsOf({ ...defaults, ...(typeof options === "string" ? { appId: options } : options) });
        if (settings) {
          if (settings.appId !== next.appId) report("warning", "config", `loaded already: ${settings.appId}`);
          return;
        }
        base = baseOf(next.runtime);
        settings = next;
        heap = createHeap(next, status, report);
        fault = "";
        analytics.initialized = true;
        if (next.debug) analytics.debug();
        if (!asked) status.consent = initialConsent(next);
        if (matches(/[?&]heap-web=inspect\b/, location().search)) next.inspector = true;
        go();
      } catch (error) {
        if (!settings) refuse(messageOf(error));
      }
    }),

    consent: chained((/** @type {boolean} */ granted) => {
      asked = true;
      status.consent = granted ? "granted" : "refused";
      go();
      if (granted) return;
      user.forget();
      status.journal = { calls: 0, bytes: 0 };
    }),

    /** As consent(false): the way to turn Heap off. */
    stop: chained(() => analytics.consent(false)),

    /** @param {() => void} [callback] */
    ready: (callback) =>
      new Promise((/** @type {(state: object) => void} */ resolve) => {
        let done = false;
        const finish = () => {
          if (done) return;
          done = true;
          if (callback) guard(callback, []);
          resolve(state());
        };
        if (isReady || (delivery && delivery.failure())) return queueMicrotask(finish);
        append(waiting, finish);
        setTimeout(finish, READY_MS);
      }),
    on: chained(on),
    once: chained(once),
    off: chained(off),
    debug: chained((wanted = true) => (wanted ? on : off)("settled", log)),
    user: () => user,
    flush: () =>
      new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        if (delivery) outcomes.whenSettled(resolve);
        else resolve();
      }),
  };
  addLegacy(analytics, (message) => report("warning", "method", message), emit, { ...store, get: user.get });
  const hostChanged = () => delivery && delivery.hostChanged();
  const appId = () => (settings ? settings.appId : "");
  const door = createDoor({ host, hostChanged, takeNow, appId, user: user.state, state, on, off });
  return defineProperty(analytics, DOOR, { value: door });
}
