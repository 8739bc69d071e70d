/** `ready`: it settles once Heap and Python are there, once one of them is known to fail, and by a deadline. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createAnalytics } from "../../src/page/analytics.js";
import { pass } from "../fakes/clock.js";

const world = /** @type {any} */ (globalThis);
const READY_MS = 20_000;

beforeEach(() => {
  world.heap = undefined;
});

/** What a page hears of `ready`, by its promise and its callback. @param {any} analytics */
function asking(analytics) {
  /** @type {any[]} */
  const heard = [];
  analytics.ready(() => heard.push("called")).then((/** @type {any} */ state) => heard.push(state));
  return heard;
}

test("where nothing comes and nothing fails, it settles with the state after 20 s, and not before", async () => {
  const analytics = createAnalytics("https://site.example/heap-web.js", {});
  const heard = asking(analytics);
  await pass(READY_MS - 10);
  assert.equal(heard.length, 0);
  await pass(20);
  assert.deepEqual(heard, ["called", analytics.state]);
  await pass(READY_MS);
  assert.equal(heard.length, 2);
});

test("the deadline of each question begins with it", async () => {
  const analytics = createAnalytics("https://site.example/heap-web.js", {});
  await pass(READY_MS - 10);
  const heard = asking(analytics);
  await pass(READY_MS - 10);
  assert.equal(heard.length, 0);
  await pass(20);
  assert.equal(heard.length, 2);
});

test("once Heap is known to be blocked it settles at once, for who has asked and for who asks then", async () => {
  const analytics = createAnalytics("https://site.example/heap-web.js", {});
  analytics.load({ appId: "11" });
  const heard = asking(analytics);
  await pass(10);
  assert.equal(heard.length, 0);
  browser.document.scripts.at(-1).onerror();
  await pass(1);
  assert.deepEqual([heard[0], heard[1].heap], ["called", "failed"]);
  const later = asking(analytics);
  await pass(1);
  assert.equal(later.length, 2);
});

test("once Heap and Python are there it settles at once, and the event is told once", async () => {
  const analytics = createAnalytics("https://site.example/heap-web.js", {});
  /** @type {string[]} */
  const events = [];
  analytics.on("ready", () => events.push("ready"));
  const door = analytics[Symbol.for("heap-web host")];
  door.attach(() => "", () => {});
  analytics.load({ appId: "11" });
  const heard = asking(analytics);
  world.heap = { loaded: true, track() {} };
  await pass(100);
  assert.deepEqual([heard[0], heard[1].heap, heard[1].runtime, events], ["called", "live", "ready", ["ready"]]);
  const later = asking(analytics);
  await pass(1);
  assert.equal(later.length, 2);
  await pass(READY_MS);
  assert.deepEqual([heard.length, later.length, events.length], [2, 2, 1]);
});

test("a callback that throws does not keep the promise from settling", async (context) => {
  context.mock.method(console, "warn", () => {});
  const analytics = createAnalytics("https://site.example/heap-web.js", {});
  let settled = false;
  const asked = analytics.ready(() => {
    throw Error("mine");
  });
  asked.then(() => (settled = true));
  await pass(READY_MS + 10);
  assert.equal(settled, true);
});
