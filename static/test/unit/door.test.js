/** The door for the page's own Python: what is told in the tick of the call, and what is told later. */

import { browser, resetAll } from "../harness.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createAnalytics } from "../../src/page/analytics.js";
import { pass, until } from "../fakes/clock.js";

const DOOR = Symbol.for("heap-web host");
const world = /** @type {any} */ (globalThis);

/** Python, as far as this test needs it: every call is told as a track. @param {string} batch */
const run = (batch) => {
  const { calls, user } = JSON.parse(batch);
  return JSON.stringify({ results: calls.map((/** @type {any} */ { a, l }) => ({ commands: [["track", a[0], l ?? {}]] })), user });
};

/** @type {unknown[][]} */
let told;

function reset() {
  told = [];
  world.heap = undefined;
  browser.SharedWorker = class {
    constructor() {
      throw Error("not here");
    }
  };
}
beforeEach(reset);

/** A page whose own Python has come, before or after Heap. @param {{live?: boolean, settings?: object}} [options] */
async function page({ live = true, settings = {} } = {}) {
  const analytics = createAnalytics("https://site.example/heap-web.js", {});
  const door = analytics[DOOR];
  const settled = /** @type {any[]} */ ([]);
  door.attach(run, (/** @type {number} */ id, /** @type {string} */ text) => settled.push([id, JSON.parse(text)]));
  analytics.load({ appId: "11", ...settings });
  const track = (/** @type {unknown[]} */ ...args) => void told.push(args);
  const arrive = () => {
    world.heap = { loaded: true, track };
  };
  if (live) arrive();
  await until(() => !live || analytics.state.heap === "live");
  return { analytics, door, settled, arrive };
}

/** @param {string} event */
const call = (event) => [JSON.stringify({ m: "track", a: [event] }), "track"];

test("once Heap is live and the page has its lock, a call is told in its own tick", async () => {
  const { analytics, door, settled } = await page();
  const first = door.take(...call("First")); // asks for the lock
  await pass(100);
  const result = door.take(...call("Second"));
  assert.equal(told.length, 2);
  assert.deepEqual(JSON.parse(result), { status: "delivered", commands: [["track", "Second", {}]] });
  if (typeof first === "number") assert.deepEqual(settled, [[first, { status: "delivered", commands: [["track", "First", {}]] }]]);
  assert.deepEqual([analytics.state.mode, analytics.state.runtime, analytics.state.journal.calls], ["host", "ready", 0]);
});

test("a page whose lock is given back, as nothing is left, still tells each call in its own tick", async () => {
  const { analytics, door } = await page();
  await until(() => analytics.state.runtime === "ready");
  await pass(1000);
  for (const event of ["First", "Second", "Third"]) {
    assert.equal(browser.locks.held.size, 0);
    assert.deepEqual(JSON.parse(door.take(...call(event))).status, "delivered");
    await pass(1000);
  }
  assert.equal(told.length, 3);
});

const fails = () => {
  throw Error("no");
};
const inner = (/** @type {any} */ { door }) => door.take(...call("Inner"));

/**
 * What happens to a call; which calls are written down at any time before it returns, in the order of their keys, and which are left then.
 * @type {[what: string, happens: (page: any) => void, written: string[], left: string[]][]}
 */
const KEPT = [
  ["Heap takes it", () => {}, [], []],
  ["Heap throws", () => (world.heap.track = fails), ["Call"], ["Call"]],
  ["Python throws", ({ door }) => door.attach(fails, () => {}), ["Call"], ["Call"]],
  ["a listener makes another call before it", (self) => self.analytics.once("call", () => inner(self)), ["Inner"], []],
  ["Heap makes another call meanwhile", (self) => (world.heap.track = () => (delete world.heap.track, inner(self))), ["Inner"], ["Inner"]],
  ["Heap makes another call and throws", (self) => (world.heap.track = () => (inner(self), fails())), ["Call", "Inner"], ["Call", "Inner"]],
  ["a listener withdraws consent", ({ analytics }) => analytics.once("transformed", () => analytics.consent(false)), [], []],
  ["a listener withdraws consent, and gives it", ({ analytics }) => analytics.once("transformed", () => analytics.consent(false).consent(true)), [], []],
];

test("a call is written down unless Heap has it before its tick is over, and its key is of the order in which calls were made", async () => {
  for (const [what, happens, written, left] of KEPT) {
    const self = await page();
    self.door.take(...call("Before"));
    await pass(1000);
    const { origin } = browser;
    const { write } = origin;
    /** @type {Map<number, string>} by the number in the key */
    const seen = new Map();
    const numberOf = (/** @type {string} */ key) => Number(key.slice(key.lastIndexOf(":") + 1));
    const nameOf = (/** @type {string} */ value) => JSON.parse(value.slice(value.indexOf("{"))).a[0];
    origin.write = (/** @type {string} */ key, /** @type {string | null} */ value) => {
      if (value !== null && key.startsWith("heap-web:11:")) seen.set(numberOf(key), nameOf(value));
      write.call(origin, key, value);
    };
    happens(self);
    self.door.take(...call("Call"));
    origin.write = write;
    const inOrder = (/** @type {Iterable<[number, string]>} */ all) => [...all].sort(([one], [other]) => one - other).map(([, name]) => name);
    assert.deepEqual(inOrder(seen), written, what);
    const keys = [...origin.stored.keys()].filter((key) => key.startsWith("heap-web:11:"));
    assert.deepEqual(inOrder(keys.map((key) => [numberOf(key), seen.get(numberOf(key)) ?? "?"])), left, what);
    resetAll();
    reset();
  }
});

test("a call at which a Heap throws that threw too often before is kept for the next page", async () => {
  const { analytics, door } = await page();
  door.take(...call("Before"));
  await pass(1000);
  world.heap.track = fails;
  door.take(...call("First"));
  await until(() => analytics.state.waiting === 0);
  assert.equal(JSON.parse(door.take(...call("Second"))).status, "kept");
  assert.equal(analytics.state.journal.calls, 2);
});

test("what a listener calls as it hears that Heap is there comes after the call that showed it", async () => {
  const { analytics, door, arrive } = await page({ live: false });
  await pass(1000);
  analytics.on("ready", () => door.take(...call("FromReady")));
  arrive();
  door.take(...call("Call"));
  await pass(1000);
  assert.deepEqual(told.map(([event]) => event), ["Call", "FromReady"]);
});

test("what a listener calls as it hears that Heap is there harms no call that waits", async () => {
  const { analytics, door, arrive } = await page({ live: false });
  await pass(1000);
  analytics.track("Waits");
  analytics.on("ready", () => door.take(...call("FromReady")));
  arrive();
  assert.equal(JSON.parse(door.take(...call("Call"))).status, "delivered");
  await pass(1000);
  assert.deepEqual(told.map(([event]) => event), ["Waits", "Call", "FromReady"]);
});

test("a call made before Heap is live is journalled, and told by its id once Heap is", async () => {
  const { analytics, door, settled, arrive } = await page({ live: false });
  const ids = [door.take(...call("A")), door.take(...call("B"))];
  assert.deepEqual(ids.map((id) => typeof id), ["number", "number"]);
  assert.equal(analytics.state.journal.calls, 2);
  arrive();
  await until(() => settled.length === 2);
  assert.deepEqual(settled.map(([id]) => id), ids);
  assert.deepEqual(told.map(([event]) => event), ["A", "B"]);
});

test("calls that Heap's own track makes meanwhile come after, once each", async () => {
  const { analytics, door } = await page();
  door.take(...call("Before"));
  await pass(100);
  analytics.on("transformed", () => told.length < 3 && door.take(...call(`inner ${told.length}`)));
  door.take(...call("Outer"));
  await pass(100);
  const events = told.map(([event]) => event);
  assert.equal(new Set(events).size, events.length);
  assert.deepEqual(events.slice(0, 2), ["Before", "Outer"]);
});

/** Settings, and what a batch says of them. @type {[object, unknown][]} */
const CONFIGS = [
  [{}, null],
  [{ hostname: "cdn.example", arrayLimit: 0, resetIdentity: false }, null],
  [{ arrayLimit: 3 }, { integrations: {}, arrayLimit: 3, resetIdentity: false }],
  [{ resetIdentity: true }, { integrations: {}, arrayLimit: 0, resetIdentity: true }],
  [{ integrations: { All: true } }, { integrations: { All: true }, arrayLimit: 0, resetIdentity: false }],
  [{ integrations: new Map([["All", true]]) }, { integrations: { All: true }, arrayLimit: 0, resetIdentity: false }],
];

test("a batch has a config where something is set that Python needs", async () => {
  for (const [settings, config] of CONFIGS) {
    resetAll();
    reset();
    const { door } = await page({ settings });
    /** @type {unknown[]} */
    const configs = [];
    door.attach((/** @type {string} */ batch) => (configs.push(JSON.parse(batch).config), run(batch)), () => {});
    door.take(...call("A"));
    await until(() => told.length === 1);
    assert.deepEqual(configs, [config]);
  }
});

test("a refusal drops a call in its own tick, with the reason", async () => {
  const { analytics, door } = await page();
  analytics.consent(false);
  assert.deepEqual(JSON.parse(door.take(...call("No"))), { status: "dropped", commands: [], reason: "no consent" });
});

test("local times in Python's wire text get the visitor's zone from the page", async () => {
  const { door } = await page();
  door.take(...call("Before"));
  await pass(100);
  door.take('{"m":"track","a":["E",{"at":"2020-06-07 08:09","not":"x \\"2020-06-07 08:09\\""}]}', "track");
  assert.deepEqual(told[1], ["E", { "2020-06-07 08:09": new Date("2020-06-07T08:09").toISOString() }]);
});

test("Python that raises for a batch costs that call alone", async () => {
  const { analytics, door, settled } = await page();
  door.attach(
    (/** @type {string} */ batch) => {
      if (batch.includes("Bad")) throw Error("no");
      return run(batch);
    },
    (/** @type {number} */ id, /** @type {string} */ text) => settled.push([id, JSON.parse(text)]),
  );
  door.take(...call("Bad"));
  door.take(...call("Good"));
  await until(() => analytics.state.waiting === 0);
  assert.deepEqual(told.map(([event]) => event), ["Good"]);
  assert.equal(settled.find(([, { status }]) => status === "dropped")[1].reason, "no");
});
