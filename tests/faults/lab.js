// The first script of every page under fault. Makes calls with an id each, plays a Heap that counts them, and notes what the page sees go wrong.
// What is noted counts at that moment: it is written to localStorage, in one order with the journal's own writes, so that a killed
// page's notes survive as its journal does. From there, by this page or the next one, it is posted to the server, which drops repeats.
(() => {
  const { parse, stringify } = JSON;
  const { fetch, setTimeout } = window;
  const { setItem, removeItem, getItem, key: keyAt } = Storage.prototype;
  const { apply, ownKeys } = Reflect;
  const { join, slice } = Array.prototype;
  /** @type {Storage | null} */
  let storage = null;
  try {
    storage = localStorage;
  } catch {} // denied
  const beacon = navigator.sendBeacon.bind(navigator);
  const page = `__RUN__-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
  const memoryAlone = /[?&]memory\b/.test(location.search);
  const PREFIX = "lab:";
  const scalars = { string: true, boolean: true, number: true };
  /** @type {Map<string, string>} notes that the server has not confirmed, by their keys */
  const notes = new Map();
  let number = 0;
  let posting = false;

  function note(kind, what) {
    const key = `${page}:${number++}`;
    const text = stringify({ key, kind, ...what });
    notes.set(key, text);
    try {
      if (!memoryAlone) apply(setItem, storage, [PREFIX + key, text]);
    } catch {} // full: memory must do
    setTimeout(post);
  }

  // The page may have patched what arrays can do.
  const body = (texts) => `[${apply(join, texts, [","])}]`;
  const waiting = (most) => apply(slice, [...notes.values()], [0, most]);
  const forget = (text) => {
    const { key } = parse(text);
    notes.delete(key);
    if (storage && !memoryAlone) apply(removeItem, storage, [PREFIX + key]);
  };

  async function post() {
    if (posting || !notes.size) return;
    posting = true;
    const sent = waiting(20_000);
    try {
      // Not of this origin in a sandbox.
      await apply(fetch, window, ["/lab/notes", { method: "POST", mode: "no-cors", body: body(sent) }]);
      for (const text of sent) forget(text);
      posting = false;
      setTimeout(post);
    } catch {
      posting = false;
      setTimeout(post, 200); // offline
    }
  }

  /** What pages that are gone could not post any more. */
  function inherit() {
    for (let i = 0; i < storage.length; i++) {
      const key = apply(keyAt, storage, [i]);
      if (key.startsWith(PREFIX)) notes.set(key.slice(PREFIX.length), apply(getItem, storage, [key]));
    }
  }

  /** Why Heap should not have been told this; "" if it should. */
  function wrong(method, args) {
    const [first, second] = args;
    const flat = (object) => {
      if (!object || typeof object !== "object") return false;
      for (const key of ownKeys(object)) {
        const value = object[key];
        if (!scalars[typeof value] || (typeof value === "number" && value - value !== 0)) return false;
      }
      return true;
    };
    if (method === "track") return typeof first === "string" && first && args.length === 2 && flat(second) ? "" : "track takes a name and flat properties";
    if (method === "identify") return scalars[typeof first] && args.length === 1 ? "" : "identify takes a string or a number";
    if (method === "addUserProperties") return flat(first) && args.length === 1 ? "" : "addUserProperties takes flat properties";
    return "";
  }

  /** A live Heap that counts, in the place of its stub. */
  function heap(stub) {
    const app = stub?.appid ?? stub?.envId ?? "";
    const live = { loaded: true, appid: app };
    for (const method of ["track", "identify", "resetIdentity", "addUserProperties", "addEventProperties"]) {
      live[method] = (...args) => {
        const properties = args[args.length - 1];
        const why = wrong(method, args);
        if (why) note("wrong", { what: `${why}; it was told ${method} ${stringify(args)}`.slice(0, 300) });
        if (properties?.call) note("received", { call: properties.call, app: String(app), text: lab.keep ? stringify([method, ...args]) : "" });
      };
    }
    // What a stub has queued, Heap takes over.
    if (stub && stub.length) for (const [method, ...args] of stub) live[method](...args);
    return live;
  }

  /** A call was made, and its promise settles. */
  function made(call, promise) {
    lab.made++;
    promise.then(
      ({ status }) => (lab.settled[status] = (lab.settled[status] || 0) + 1),
      (error) => note("error", { what: `a promise was rejected: ${error}` }),
    );
  }

  const lab = {
    page,
    heap,
    /** calls made by `burst`, and how their promises settled, by status */
    made: 0,
    settled: {},
    /** received calls' values are noted too */
    keep: false,
    /** Calls track `count` times; returns the ids of those that came back without an exception. */
    burst(tag, count, properties = {}, global = "analytics") {
      const calls = [];
      for (let i = 0; i < count; i++) {
        const call = `${tag}-${i}`;
        try {
          made(call, window[global].track("Made", { call, ...properties }));
          calls[calls.length] = call;
        } catch (error) {
          note("error", { what: `track threw: ${error}` });
        }
      }
      return calls;
    },
    /** As burst, telling the server of each call before the next one, in the same tick: it may kill this page at any of them. */
    told(tag, count) {
      for (let i = 0; i < count; i++) {
        for (const call of lab.burst(`${tag}-${i}`, 1)) {
          const request = new XMLHttpRequest();
          request.open("POST", `/lab/made/${call}`, false);
          request.send();
        }
      }
    },
    /** Every promise of a call made here has settled. */
    get done() {
      let sum = 0;
      for (const status of ownKeys(lab.settled)) sum += lab.settled[status];
      return sum === lab.made;
    },
    note,
    /** The keys in localStorage that are not the lab's, and those of journalled calls. */
    stored: () => Object.keys(storage || {}).filter((key) => !key.startsWith(PREFIX)),
    journal: () => Object.keys(storage || {}).filter((key) => /^heap-web:\d+:/.test(key)),
  };

  window.addEventListener("error", (event) => {
    if (event instanceof ErrorEvent && !event.defaultPrevented) setTimeout(() => event.defaultPrevented || note("error", { what: `uncaught: ${event.message} (${event.filename}:${event.lineno})` }));
  });
  window.addEventListener("unhandledrejection", (event) => note("error", { what: `unhandled rejection: ${event.reason}` }));
  window.addEventListener("pagehide", () => {
    // The next page may be of another origin, or never come.
    if (notes.size) beacon("/lab/notes", body(waiting(300)));
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    posting = false; // what was on its way as the page froze may never be answered
    post();
  });
  Object.defineProperty(window, "lab", { value: lab });
  try {
    inherit();
  } catch {} // storage denied
  setTimeout(post);
})();
