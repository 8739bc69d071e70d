/** The door for the page's own Python: what is told in the tick of the call, and what is told later. */

import { browser } from "../harness.js";

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

beforeEach(() => {
  told = [];
  world.heap = undefined;
  // As in Chromium, where a SharedWorker outlives its pages: there a page keeps its lock.
  browser.SharedWorker = class {
    constructor(/** @type {string} */ _url, /** @type {any} */ { extendedLifetime }) {
      throw Error(`not here: ${extendedLifetime}`);
    }
  };
});

/** A page whose own Python has come, before or after Heap. */
async function page({ live = true } = {}) {
  const analytics = createAnalytics("https://site.example/heap-web.js", {});
  const door = analytics[DOOR];
  const settled = /** @type {any[]} */ ([]);
  door.attach(run, (/** @type {number} */ id, /** @type {string} */ text) => settled.push([id, JSON.parse(text)]));
  analytics.load({ appId: "11" });
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

test("a page that gives its lock back when nothing is left, as in Firefox, still tells each call in its own tick", async () => {
  browser.SharedWorker = class {
    constructor() {
      throw Error("not here");
    }
  };
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
