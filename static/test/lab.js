/**
 * Pages of a site in a test: each is the page's half as it delivers in a browser, with a Heap that notes what it is told and a
 * SharedWorker whose Python makes one command of each call.
 */

import { entryOf } from "../src/page/calls/entry.js";
import { createHeap } from "../src/page/heap/heap.js";
import { startDelivery } from "../src/page/delivery.js";
import { createEvents } from "../src/page/events.js";
import { createOutcomes } from "../src/page/outcomes.js";
import { createStore } from "../src/page/visitor/store.js";
import { createUser } from "../src/page/visitor/user.js";
import { fakeTimeout, now } from "./fakes/clock.js";
import { current, Page } from "./fakes/page.js";
import { browser } from "./harness.js";

/** @typedef {import("../src/page/outcomes.js").Status} Status */
/** @typedef {ReturnType<typeof openPage>} OpenPage */
/** What Python answers to a batch: text, or what it throws. @typedef {(batch: string) => string} Python */

/** @type {WeakMap<Page, {heap?: any, python: Python, ms: number, brief: boolean}>} */
const worlds = new WeakMap();
const worldOf = () => /** @type {{heap?: any, python: Python, ms: number, brief: boolean}} */ (worlds.get(current()));

class Worker {
  /** @param {string} _url @param {any} options */
  constructor(_url, options) {
    const { python, ms, brief } = worldOf();
    // Only a browser whose SharedWorkers outlive their pages looks at this.
    if (!brief) options.extendedLifetime;
    const say = (/** @type {object} */ data) => fakeTimeout(() => this.port.onmessage({ data }), ms);
    this.port = {
      onmessage(/** @type {{data: any}} */ _event) {},
      addEventListener() {},
      close() {},
      postMessage(/** @type {any} */ { type, id, text }) {
        if (type !== "batch") return;
        try {
          say({ type, id, text: python(text) });
        } catch (error) {
          const { message, unreachable } = /** @type {any} */ (error);
          say({ type: unreachable ? "failed" : "fault", id, message, unreachable });
        }
      },
    };
    say({ type: "ready", ms: 1, python: "3", warm: false });
  }
}

const { defineProperty } = Object;
defineProperty(globalThis, "heap", {
  get: () => worlds.get(current())?.heap,
  set: (heap) => void (worldOf().heap = heap),
  configurable: true,
});

// What the developer is told is not this test's output.
console.warn = console.error = () => {};

/** @type {Python} */
export const tracks = (batch) => {
  const { calls, user } = JSON.parse(batch);
  return JSON.stringify({ results: calls.map((/** @type {any} */ { a }) => ({ commands: [["track", ...a]] })), user });
};

/** @param {string} name */
export const wireOf = (name) => `{"m":"track","a":["${name}"]}`;

/**
 * @param {Pick<string[], "push">} told gets the names of the calls that Heap is told, by all pages
 * @param {{working?: boolean, brief?: boolean, python?: Python, ms?: number, appId?: string}} [options] `working`: whether Heap is there;
 *   `brief`: whether the page holds its lock only while it has calls; `ms`: how long Python takes
 */
export function openPage(told, { working = true, brief = false, python = tracks, ms = 20, appId = "11" } = {}) {
  browser.SharedWorker = Worker;
  const page = new Page();
  /** So many calls later the page is killed, as Heap is about to be told. */
  let fuse = Infinity;
  const heap = {
    loaded: true,
    track(/** @type {string} */ name) {
      if (--fuse < 0) page.kill();
      // What a dead page goes on with in this process does not happen.
      if (page.alive) told.push(name);
    },
  };
  worlds.set(page, { python, ms, brief });
  /** @type {import("../src/page/calls/entry.js").Entry[]} */
  const items = [];
  /** @type {Status} */
  const status = { runtime: "loading", heap: "idle", mode: null, progress: 0, bootMs: null, journal: { calls: 0, bytes: 0 }, consent: "granted" };
  /** @type {string[]} what the developer was warned of */
  const warned = [];
  /** @type {Record<string, string[]>} what the page was told of its calls */
  const settled = {};

  return page.run(() => {
    /** Heap's script has come, or was blocked. @param {boolean} works */
    const end = (works) => {
      worldOf().heap = works ? heap : undefined;
      const script = browser.document.scripts.at(-1);
      if (works) script.onload();
      else script.onerror();
    };
    const { on, emit } = createEvents();
    on("warning", ({ message }) => warned.push(message));
    const outcomes = createOutcomes(emit, status, items);
    const delivery = startDelivery({
      settings: { appId },
      base: "https://site.example/runtime/0123456789abcdef/",
      items,
      status,
      outcomes,
      heap: createHeap(/** @type {any} */ ({ appId: "11" }), status, outcomes.report),
      user: createUser(createStore()),
      host: { run: null },
      take: async () => ({ status: "dropped", commands: [] }),
      ready() {},
    });
    end(working);
    /** @param {[text: string, name: string][]} calls */
    const make = (calls) =>
      page.run(() => {
        for (const [text, name] of calls) {
          const entry = entryOf(text, now());
          outcomes.await(entry, ({ status }) => (settled[name] ||= []).push(status));
          items.push(entry);
          delivery.write(entry);
        }
        delivery.plan();
      });
    return {
      page,
      items,
      status,
      settled,
      warned,
      delivery,
      /** Make calls in one tick. @param {string[]} names */
      track: (...names) => make(names.map((name) => [wireOf(name), name])),
      /** Make calls of any method. @param {string[]} texts wire text */
      make: (...texts) => make(texts.map((text) => [text, text])),
      /** Heap is there from now on, or it is gone and its script is blocked. @param {boolean} works */
      heapWorks: (works) =>
        page.run(() => {
          if (works) page.dispatch("online");
          end(works);
        }),
      /** Kill the page amid what it tells Heap. @param {number} calls that Heap is told before */
      killAfter: (calls) => (fuse = calls),
      stop: () => page.run(delivery.stop),
    };
  });
}

/** The keys of all journals. */
export const journalled = () => [...browser.origin.stored.keys()].filter((key) => key.startsWith("heap-web:11:"));
