/** The `analytics` object of the page: takes and journals calls at any time, and starts Heap, Python and the engine once it may. */

import { callLater } from "./calls/callbacks.js";
import { initialConsent } from "./visitor/consent.js";
import { createEvents, guard } from "./events.js";
import { createHeap } from "./heap/heap.js";
import { createJournal } from "./journal/journal.js";
import { createOwnLock } from "./journal/own-lock.js";
import { append, apply, attempt, bare, each, messageOf, now, parse, Promise, setTimeout } from "./natives.js";
import { settingsOf } from "./settings.js";
import { connect } from "./runtime/shared.js";
import { createStore } from "./visitor/store.js";
import { createUser } from "./visitor/user.js";
import { encode } from "./calls/wire.js";

/** @typedef {import("./journal/journal.js").Entry} Entry */
/** @typedef {import("./calls/queue.js").Result} Result */
/** @typedef {import("./engine.js").World} World */
/** @typedef {ReturnType<typeof createAnalytics>} Analytics */

const MAX_WAITING = 200_000;
/** How long calls wait for a `load` before the developer is told that there was none. */
const LOAD_MS = 5000;
/** How long the engine may take to arrive. */
const ENGINE_MS = 20_000;

/**
 * @param {string} home URL of our own script: the runtime is beside it
 * @param {Record<string, unknown>} defaults settings that `load` need not repeat
 * @param {import("./visitor/store.js").Store} [store] where the visitor is kept
 */
export function createAnalytics(home, defaults, store = createStore()) {
  const { on, off, once, emit } = createEvents();
  const user = createUser(store);
  /** Calls on their way, in order. @type {Entry[]} */
  const items = [];
  /** @type {import("./engine.js").Status} */
  const status = {
    runtime: "idle",
    heap: "idle",
    mode: null,
    progress: 0,
    bootMs: null,
    journal: { calls: 0, bytes: 0 },
    consent: "granted",
  };
  /** @type {import("./settings.js").Settings | undefined} */
  let settings;
  /** URL of the runtime's folder. */
  let base = "";
  /** The visitor has been asked. */
  let asked = false;
  /** What is wrong with the settings, and why calls are dropped; "" if they are not. */
  let broken = "";
  let closed = "";
  /** What keeps calls from Heap, if anything. */
  let failure = "";
  /** @type {import("./journal/journal.js").Journal | undefined} */
  let journal;
  /** @type {import("./journal/own-lock.js").OwnLock | undefined} */
  let own;
  /** @type {import("./engine.js").Engine | undefined} */
  let engine;
  let ids = 0;
  let unsettled = 0;
  /** @type {((value?: undefined) => void)[]} */
  let flushing = [];
  let announced = false;
  /** @type {() => void} */
  let readied;
  const ready = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
    readied = () => {
      emit("ready", () => []);
      off("ready");
      resolve();
    };
  });
  /** @type {Record<string, boolean>} */
  const said = bare();

  const state = () => ({ ...status, journal: { ...status.journal }, waiting: items.length });

  /** Tell the developer: a warning once, an error each time, the console once. @type {World["report"]} */
  const report = (kind, code, message) => {
    if (!said[message]) console[kind === "error" ? kind : "warn"](`[heap-web] ${message}`);
    if (!said[message] || kind === "error") emit(kind, () => [{ code, message }]);
    said[message] = true;
  };

  /** Something in `state` is new: say so once this task is over. */
  const changed = () => {
    if (announced) return;
    announced = true;
    setTimeout(() => {
      announced = false;
      emit("state", () => [state()]);
    });
  };

  /** @type {World["settle"]} */
  const settle = (entry, status, reason, commands = []) => {
    const result = { status, commands, ...(reason && { reason }) };
    const { id, made, settle } = entry;
    entry.settle = null;
    emit("settled", () => [{ id, ...result, ms: performance.now() - made }]);
    changed();
    if (!settle) return;
    settle(result);
    if (--unsettled) return;
    each(flushing, (done) => done());
    flushing = [];
  };

  /** Settle every call that waits. @param {Result["status"]} status @param {string} reason */
  const settleAll = (status, reason) => each(items.slice(), (entry) => entry.settle && settle(entry, status, reason));

  /** @type {World["entryOf"]} */
  const entryOf = (text, at) => ({ id: ++ids, text, at, made: performance.now(), key: "", claim: null, tries: 0, settle: null });

  /** The call as listeners get it: its values as they travel to Python. @type {World["callOf"]} */
  const callOf = ({ id, text, at, claim, key }) => {
    const { m, a } = parse(text);
    return { id, method: m, args: a, at, replayed: !!claim, journalled: !!key };
  };

  /** @type {World["told"]} */
  const told = (entry) => emit("call", () => [callOf(entry)]);

  /** @type {World["transformed"]} */
  const transformed = ({ id, made }, commands) => emit("transformed", () => [{ id, commands, ms: performance.now() - made }]);

  /** @type {World["failing"]} */
  const failing = (why) => {
    failure = why;
    if (why) settleAll("kept", why);
  };

  /** @param {Entry} entry */
  const write = (entry) => {
    if (own && !own.write(entry)) report("warning", "journal", "the journal is full: calls wait in memory");
  };

  /** @param {string} method @param {unknown[]} args @returns {Promise<Result>} */
  const call = (method, args) => {
    /** @type {any} */
    let callback;
    each(args, (arg, i) => {
      if (!callback && typeof arg === "function" && (i || method !== "track")) callback = callLater(arg);
    });
    let text = "[]";
    let reason;
    try {
      const { local, cut, text: wire } = encode(args);
      text = `${wire}${local && `,"l":${local}`}`;
      reason = closed;
      if (cut) report("warning", "depth", `${method}: deeper than 500 levels, or too much: cut`);
      if (items.length >= MAX_WAITING) reason = "too many calls wait";
    } catch (error) {
      reason = messageOf(error);
    }
    return take(`{"m":"${method}","a":${text}}`, method, () => args, reason, callback);
  };

  /** A call that is wire text by now. @type {World["take"]} */
  const take = (text, method, args, reason = "", callback) => {
    const entry = entryOf(text, now());
    const promise = new Promise((/** @type {(result: Result) => void} */ resolve) => {
      entry.settle = (result) => {
        resolve(result);
        if (callback) callback();
      };
    });
    unsettled++;
    // Without a usable App ID, calls are dropped but kept in mind, should a right one come.
    if (!reason || reason === broken) append(items, entry);
    if (!reason && journal) write(entry);
    told(entry);
    if (reason) {
      if (reason !== closed) report("warning", "call", reason);
      setTimeout(settle, 0, entry, "dropped", reason);
    } else if (journal) {
      if (engine) engine.plan();
      // The engine's turn comes first: Heap may be there by now.
      setTimeout(() => failure && entry.settle && settle(entry, "kept", failure));
    } else if (items.length < 2)
      setTimeout(() => {
        if (!settings && !broken) refuse("no App ID: set data-app-id, or call analytics.load({appId})");
      }, LOAD_MS);
    changed();
    emit(method, args);
    return promise;
  };

  /** Nothing can be sent: say why, once. @param {string} why */
  const refuse = (why) => {
    broken = why;
    report("error", "config", why);
    go();
  };

  /** Go by what is allowed now. */
  const go = () => {
    const { integrations = {} } = settings || bare();
    closed = broken;
    if (status.consent === "refused") closed = "no consent";
    else if (integrations.Heap === false || (integrations.All === false && !integrations.Heap))
      closed = "Heap is off in integrations";
    changed();
    if (closed) {
      settleAll("dropped", closed);
      if (!broken) items.length = 0;
      if (engine) engine.stop();
      else if (own) own.close();
      engine = journal = own = undefined;
    }
    if (closed || journal || !settings || status.consent !== "granted") return;
    // A page that is only prerendered may never be seen.
    if (/** @type {any} */ (document).prerendering) return document.addEventListener("prerenderingchange", go, { once: true });
    let tries = 0;
    const begin = () => {
      const failed = (/** @type {unknown} */ error) => {
        if (engine || journal !== mine) return;
        status.runtime = "failed";
        report("error", "runtime", messageOf(error));
        failing(messageOf(error));
      };
      setTimeout(failed, ENGINE_MS, "no engine in time");
      // The fragment makes it another module: browsers keep a failed one.
      import(/* webpackIgnore: true */ /* @vite-ignore */ `${base}${__ENGINE__}#${tries++}`)
        .then(({ start }) => {
          // Consent may have been withdrawn meanwhile, or be so by a listener now.
          if (engine || journal !== mine) return;
          const started = start(world, heapWhy);
          if (journal === mine) engine = started;
          else started.stop();
        })
        // A page that is being left fails its imports too, and has no second left.
        .catch((error) => setTimeout(failed, 1000, error));
    };
    // First what other processes have to do: this one may have to wait for its localStorage.
    const shared = attempt(() => connect(base));
    begin();
    const mine = (journal = createJournal(settings.appId, user.store.open(), status.journal));
    own = createOwnLock(mine, {
      contested: () => engine && engine.contested(),
      changed: () => engine && engine.plan(),
    });
    let heapWhy = "";
    const heap = createHeap(settings, status, (why) => {
      if (engine) engine.became("heap", why);
      else heapWhy = why;
      changed();
    });
    status.runtime = "loading";
    each(items, write);
    heap.start();
    /** @type {World} */
    const world = { settings, base, shared, journal: mine, own, heap, status, user, items, encode, entryOf, callOf, told, take, transformed, settle, report, changed, failing, readied, home, analytics };
    addEventListener("online", () => {
      if (engine || journal !== mine) return; // the engine sees to this itself
      if (status.heap === "failed") heap.start();
      begin();
    });
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

  const log = (/** @type {object} */ event) => console.log("[heap-web]", event);

  /** @type {any} */
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

    load: chained((/** @type {any} */ options) => {
      try {
        const next = settingsOf({ ...defaults, ...(typeof options === "string" ? { appId: options } : options) });
        if (settings) {
          if (settings.appId !== next.appId) report("warning", "config", `loaded already: ${settings.appId}`);
          return;
        }
        base = new URL(next.runtime || __RUNTIME__, home).href;
        settings = next;
        broken = "";
        if (next.debug) analytics.debug();
        if (!asked) status.consent = initialConsent(next);
        if (/[?&]heap-web=inspect\b/.test(location.search)) next.inspector = true;
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

    /** @param {() => void} [callback] */
    ready: (callback) =>
      ready.then(() => {
        if (callback) guard(callback, []);
        return state();
      }),
    on: chained(on),
    once: chained(once),
    off: chained(off),
    debug: chained((wanted = true) => (wanted ? on : off)("settled", log)),
    user: () => user,
    flush: () =>
      new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
        if (unsettled && journal) append(flushing, resolve);
        else resolve();
      }),
  };
  return analytics;
}
