/** Pages whose storage fails, or is cleared, or is too small: within the page nothing is lost. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { pass } from "../fakes/clock.js";
import { journalled, openPage } from "../lab.js";

/** @type {[name: string, before: () => void, after: () => void][]} what fails, as the page begins and once it works */
const FAULTS = [
  ["is denied", () => (browser.origin.fault = new DOMException("denied", "SecurityError")), () => {}],
  ["is null", () => (browser.origin = null), () => {}],
  ["is full", () => (browser.origin.room = 0), () => {}],
  ["is full from some time on", () => {}, () => (browser.origin.room = 0)],
  ["throws from some time on", () => {}, () => (browser.origin.fault = Error("broken"))],
];

for (const [name, before, after] of FAULTS)
  test(`where the storage ${name}, calls and the visitor are kept in memory`, async () => {
    /** @type {string[]} */
    const told = [];
    before();
    const page = openPage(told, { python: identified });
    const identify = (/** @type {string} */ name) => page.make(`{"m":"identify","a":["${name}"]}`);
    identify("A");
    after();
    identify("B");
    await pass(2000);
    identify("C");
    await pass(2000);
    assert.deepEqual([told, page.items.length], [["A", "B", "C"], 0]);
    assert.deepEqual(page.page.run(() => page.delivery.visitor.state()), { id: "u1", traits: { plan: "a" }, anonymousId: null });
  });

/** Python by which every visitor is u1. @param {string} batch */
function identified(batch) {
  const { calls } = JSON.parse(batch);
  const user = { id: "u1", traits: { plan: "a" }, anonymousId: null };
  return JSON.stringify({ results: calls.map((/** @type {any} */ { a }) => ({ commands: [["track", ...a]] })), user });
}

test("a site that clears its storage in the tick of a call loses none within the page", async () => {
  /** @type {string[]} */
  const told = [];
  const page = openPage(told);
  page.track("A");
  localStorage.clear();
  await pass(2000);
  page.track("B");
  localStorage.clear();
  await pass(2000);
  assert.deepEqual([told, page.settled], [["A", "B"], { A: ["delivered"], B: ["delivered"] }]);
});

test("calls beyond the journal's 1,000 wait in memory and are delivered in order, and the developer is warned once", async () => {
  /** @type {string[]} */
  const told = [];
  const page = openPage(told, { working: false });
  const names = Array.from({ length: 1500 }, (_, i) => `${i}`);
  page.track(...names);
  assert.equal(journalled().length, 1000);
  assert.deepEqual(page.warned, ["the journal is full: calls wait in memory"]);
  page.heapWorks(true);
  await pass(5000);
  assert.deepEqual(told, names);
  assert.deepEqual(journalled(), []);
});

test("a call larger than the journal is delivered, and those after it", async () => {
  /** @type {number[]} */
  const told = [];
  const page = openPage({ push: (name) => told.push(name.length) });
  page.track("x".repeat(2_000_000), "after");
  await pass(2000);
  assert.deepEqual(told, [2_000_000, 5]);
});

test("calls kept for one App ID are left alone by pages of another", async () => {
  /** @type {string[]} */
  const told = [];
  const first = openPage(told, { working: false });
  first.track("A");
  await pass(10);
  first.page.kill();
  const other = openPage(told, { appId: "22" });
  other.track("B");
  await pass(5000);
  assert.deepEqual([told, journalled().length], [["B"], 1]);
  openPage(told);
  await pass(5000);
  assert.deepEqual(told, ["B", "A"]);
});
