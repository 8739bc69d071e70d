/** The `analytics` object of the page: takes calls at any time, and starts the engine once it may. */

import { createCallbacks } from "./callbacks.js";
import { initialConsent } from "./consent.js";
import { createEngine } from "./engine.js";
import { createEvents, guard } from "./events.js";
import { append, messageOf, now, parse, Promise, queueMicrotask, setTimeout } from "./natives.js";
import { settingsOf } from "./settings.js";
import { createStore } from "./store.js";
import { createUser } from "./user.js";
import { encode } from "./wire.js";

/** @typedef {import("./journal.js").Entry} Entry */
/** @typedef {import("./queue.js").Result} Result */
/** @typedef {ReturnType<typeof createAnalytics>} Analytics */

const MAX_WAITING = 200_000;
/** How long calls wait for a `load` before the developer is told that there was none. */
const LOAD_MS = 5000;

/**
 * @param {string} home URL of our own script: the runtime is beside it
 * @param {Record<string, unknown>} defaults settings that `load` need not repeat
 */
export function createAnalytics(home, defaults) {
  const events = createEvents();
  const callbacks = createCallbacks();
  const store = createStore();
  const user = createUser(store);
  /** @type {Entry[]} calls on their way, in order */
  const items = [];
  /** @type {import("./settings.js").Settings | null} */
  let settings = null;
  /** @type {import("./consent.js").Consent} */
  let consent = "granted";
  /** The visitor has been asked. */
  let decided = false;
  /** What is wrong with the settings, "" if nothing is. */
  let broken = "";
  /** @type {ReturnType<typeof createEngine> | null} */
  let engine = null;
  /** Why calls are dropped; "" if they are not. */
  let closed = "";
  let ids = 0;
  let unsettled = 0;
  /** @type {(() => void)[]} */
  let flushing = [];
  let readied = false;
  let announced = false;
  let debugging = false;
  let expecting = false;
  /** @type {Record<string, boolean>} */
  const said = { __proto__: /** @type {any} */ (null) };

  /** Tell the developer, each thing once. @param {"error" | "warning"} kind @param {string} code @param {string} message */
  const report = (kind, code, message) => {
    if (kind === "error" || !said[message]) events.emit(kind, [{ code, message }]);
    if (!said[message]) console[kind === "error" ? kind : "warn"](`[heap-web] ${message}`);
    said[message] = true;
  };

  const state = () => {
    const runtime = engine && engine.runtime.state;
    return {
      runtime: runtime ? runtime.state : "idle",
      heap: engine ? engine.heap.state() : "idle",
      mode: runtime && runtime.mode,
      progress: runtime ? runtime.progress : 0,
      bootMs: runtime && runtime.bootMs,
      journal: engine ? { ...engine.journal.size } : { calls: 0, bytes: 0 },
      consent,
      waiting: items.length,
    };
  };

  /** Something in `state` is new: say so once this task is over. */
  const changed = () => {
    if (announced || !events.has("state")) return;
    announced = true;
    setTimeout(() => {
      announced = false;
      events.emit("state", [state()]);
    });
  };

  /** @param {Entry} entry @param {Result} result */
  const settled = (entry, result) => {
    const { settle } = entry;
    entry.settle = null;
    const event = { id: entry.id, ...result, ms: performance.now() - entry.made };
    if (debugging) console.log("[heap-web]", entry.text, event);
    if (events.has("settled")) events.emit("settled", [event]);
    changed();
    if (!settle) return;
    settle(result);
    if (--unsettled) return;
    for (let i = 0; i < flushing.length; i++) /** @type {() => void} */ (flushing[i])();
    flushing = [];
  };

  /** Settle what waits as dropped; `forget` it too? @param {string} reason @param {boolean} forget */
  const drop = (reason, forget) => {
    for (let i = 0; i < items.length; i++) {
      const entry = /** @type {Entry} */ (items[i]);
      if (entry.settle) settled(entry, { status: "dropped", commands: [], reason });
    }
    if (forget) items.length = 0;
    changed();
  };

  /** @param {string} text @param {number} at @returns {Entry} */
  const entryOf = (text, at) => ({ id: ++ids, text, at, made: performance.now(), key: "", claim: null, tries: 0, settle: null });

  /** @param {Entry} entry */
  const told = (entry) => {
    if (!events.has("call")) return;
    // Wire tags become what they stand for; what has no JSON is left out.
    const { m, a } = parse(entry.text, (_, value) => (value && value.$ ? value.v : value));
    events.emit("call", [{ id: entry.id, method: m, args: a, at: entry.at, replayed: !!entry.claim }]);
  };

  /** @param {string} method @param {unknown[]} args @returns {Promise<Result>} */
  const call = (method, args) => {
    /** @type {Function | undefined} */
    let callback;
    for (let i = method === "track" ? 1 : 0; i < args.length && !callback; i++)
      if (typeof args[i] === "function") callback = /** @type {Function} */ (args[i]);
    const due = callback && callbacks(callback);
    let text = `{"m":"${method}","a":[]}`;
    let reason = closed;
    try {
      const encoded = encode(args);
      text = `{"m":"${method}","a":${encoded.text}${encoded.local && `,"l":${encoded.local}`}}`;
      if (encoded.cut) report("warning", "depth", `${method}: what is deeper than 500 levels, or far too much, is left out`);
      if (items.length >= MAX_WAITING) reason = "too many calls wait";
    } catch (error) {
      reason = `the call cannot be read: ${messageOf(error)}`;
    }
    const entry = entryOf(text, now());
    const promise = new Promise((/** @type {(result: Result) => void} */ resolve) => {
      entry.settle = (result) => {
        resolve(result);
        if (due) due();
      };
    });
    unsettled++;
    told(entry);
    // Without a usable App ID, calls are dropped but kept in mind, should a right one come.
    if (!reason || reason === broken) append(items, entry);
    if (reason) {
      if (reason !== closed) report("warning", "call", reason);
      queueMicrotask(() => settled(entry, { status: "dropped", commands: [], reason }));
    } else if (engine) engine.add(entry);
    else if (!settings) expectLoad();
    changed();
    if (events.has(method)) events.emit(method, args);
    return promise;
  };

  const expectLoad = () => {
    if (expecting) return;
    expecting = true;
    setTimeout(() => {
      if (!settings && !closed) refuse("no App ID: set data-app-id on the script, or call analytics.load({appId})");
    }, LOAD_MS);
  };

  /** Nothing can be sent: say why, once. @param {string} why */
  const refuse = (why) => {
    broken = why;
    report("error", "config", why);
    start();
  };

  /** Go by what is allowed now. */
  const start = () => {
    closed = broken;
    if (consent === "refused") closed = "the visitor does not consent";
    else if (settings && isOff(settings.integrations)) closed = "the integrations setting turns Heap off";
    if (closed) {
      drop(closed, !broken);
      if (engine) engine.stop();
      engine = null;
    }
    changed();
    if (engine || closed || !settings || consent !== "granted") return;
    // A page that is only prerendered may never be seen.
    if (/** @type {any} */ (document).prerendering) return document.addEventListener("prerenderingchange", start, { once: true });
    engine = createEngine({
      settings,
      home,
      store,
      user,
      items,
      entryOf,
      told,
      settled,
      report,
      changed,
      ready() {
        if (readied) return;
        readied = true;
        events.emit("ready", []);
      },
      transformed(entry, { commands }) {
        if (events.has("transformed"))
          events.emit("transformed", [{ id: entry.id, commands, ms: performance.now() - entry.made }]);
      },
    });
  };

  addEventListener("pagehide", ({ persisted }) => {
    // The lock of a page that ends goes with it; a heartbeat does not.
    if (engine && (persisted || !navigator.locks)) engine.leave();
  });
  addEventListener("pageshow", ({ persisted }) => {
    if (engine && persisted) engine.start();
  });
  addEventListener("online", () => engine && engine.retry());

  const inspect = () => {
    import(new URL("inspector.js", home).href).then(
      (module) => module.default(analytics),
      (error) => report("error", "inspector", messageOf(error)),
    );
  };

  /** @param {string} method */
  const caller = (method) => (/** @type {unknown[]} */ ...args) => call(method, args);

  const analytics = {
    VERSION: __VERSION__,
    /** Segment's snippet looks for this before it takes the name `analytics` for itself. */
    initialize: true,
    identify: caller("identify"),
    track: caller("track"),
    page: caller("page"),
    group: caller("group"),
    alias: caller("alias"),
    reset: caller("reset"),
    setAnonymousId: caller("setAnonymousId"),
    get state() {
      return state();
    },

    /** @param {unknown} [options] */
    load(options) {
      const given = /** @type {any} */ (typeof options === "string" ? { appId: options } : options);
      try {
        const next = settingsOf({ ...defaults, ...given });
        if (settings) {
          if (settings.appId !== next.appId) report("warning", "config", `App ID ${settings.appId} is loaded already`);
          return analytics;
        }
        settings = next;
        broken = "";
        debugging = !!next.debug;
        if (!decided) consent = initialConsent(next);
        start();
        if (next.inspector || /[?&]heap-web=inspect\b/.test(location.search)) inspect();
      } catch (error) {
        if (!settings) refuse(messageOf(error));
      }
      return analytics;
    },

    /** @param {boolean} granted */
    consent(granted) {
      decided = true;
      consent = granted ? "granted" : "refused";
      start();
    },

    /** @param {Function} [callback] */
    ready(callback) {
      return new Promise((/** @type {(state: object) => void} */ resolve) => {
        const done = () => {
          resolve(state());
          if (typeof callback === "function") guard(callback, []);
        };
        if (readied) queueMicrotask(done);
        else events.once("ready", done);
      });
    },
    /** @param {string} name @param {import("./events.js").Listener} listener */
    on(name, listener) {
      events.on(name, listener);
      return analytics;
    },
    /** @param {string} name @param {import("./events.js").Listener} listener */
    once(name, listener) {
      events.once(name, listener);
      return analytics;
    },
    /** @param {string} name @param {import("./events.js").Listener} [listener] */
    off(name, listener) {
      events.off(name, listener);
      return analytics;
    },
    debug(on = true) {
      debugging = on;
      return analytics;
    },
    user: () => ({ id: user.id, traits: user.traits, anonymousId: user.anonymousId }),
    flush: () =>
      new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        if (unsettled && engine) append(flushing, resolve);
        else resolve();
      }),
  };
  return analytics;
}

/** Whether the integrations setting turns Heap off, as analytics.js reads it. @param {Record<string, unknown>} [integrations] */
const isOff = (integrations = {}) => integrations.Heap === false || (integrations.All === false && !integrations.Heap);
