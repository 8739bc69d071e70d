/**
 * What a unit test of the page's half imports first: the constants that the build writes into it, and a browser's globals as
 * fakes, under the test's control. The modules of the page capture their natives as they load, so this comes before them.
 */

import { beforeEach } from "node:test";

import { FakeChannel, resetChannels } from "./fakes/channel.js";
import { clearFake, fakeInterval, fakeTimeout, now, resetClock } from "./fakes/clock.js";
import { FakeDocument } from "./fakes/document.js";
import { FakeLocks } from "./fakes/locks.js";
import { current, resetPages } from "./fakes/page.js";
import { FakeSharedWorker } from "./fakes/shared-worker.js";
import { FakeOrigin } from "./fakes/storage.js";

/** @type {WeakMap<object, FakeDocument>} */
const documents = new WeakMap();

/**
 * What the running test's pages share, and the document of the page that runs. `navigator`: what it has beside locks; `origin`: null
 * where localStorage is null.
 * @type {any}
 */
export const browser = {
  SharedWorker: FakeSharedWorker,
  locks: new FakeLocks(),
  origin: new FakeOrigin(),
  navigator: {},
  get document() {
    const page = current();
    const document = documents.get(page) || new FakeDocument();
    documents.set(page, document);
    return document;
  },
};

const constants = {
  __RUNTIME__: "runtime/0123456789abcdef/",
  __VERSION__: "1.2.3",
  __HEAP__: {
    classic: { methods: ["track", "identify"], host: "cdn.example", path: "/js/heap-{id}.js" },
    latest: { methods: ["track", "identify"], host: "cdn.us.example", path: "/config/{id}/heap_config.js" },
  },
};

const globals = {
  ...constants,
  window: globalThis,
  location: new URL("https://site.example/page"),
  setTimeout: fakeTimeout,
  clearTimeout: clearFake,
  setInterval: fakeInterval,
  clearInterval: clearFake,
  BroadcastChannel: FakeChannel,
  /** The setter alone: getters are asked of the document itself. */
  Document: class {
    set cookie(/** @type {string} */ text) {
      /** @type {any} */ (this).written.push(text);
    }
  },
  /** There is no network. */
  fetch: async () => {
    throw new TypeError("failed to fetch");
  },
  SharedWorker: class {
    constructor(/** @type {any[]} */ ...args) {
      return new browser.SharedWorker(...args);
    }
  },
  addEventListener(/** @type {[any, any, any]} */ ...args) {
    current().heard.add(args[0]);
    current().events.addEventListener(...args);
  },
  removeEventListener: (/** @type {[any, any, any]} */ ...args) => current().events.removeEventListener(...args),
};

for (const [name, value] of Object.entries(globals))
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
Object.defineProperty(globalThis, "localStorage", {
  get() {
    if (browser.origin?.fault) throw browser.origin.fault;
    return browser.origin && browser.origin.area();
  },
  configurable: true,
});
Object.defineProperty(globalThis, "document", { get: () => browser.document, configurable: true });
Object.defineProperty(globalThis, "navigator", { get: () => ({ locks: browser.locks, ...browser.navigator }), configurable: true });
Date.now = now;

/** A new browser: no page, nothing stored, the clock at its start. Each test begins with one. */
export function resetAll() {
  resetClock();
  resetChannels();
  resetPages();
  browser.locks = new FakeLocks();
  browser.origin = new FakeOrigin();
  browser.SharedWorker = FakeSharedWorker;
  browser.navigator = {};
}

beforeEach(resetAll);
