/** Dead pages' journals, as pages of one site claim them from each other. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { entryOf } from "../../src/page/calls/entry.js";
import { createClaims } from "../../src/page/journal/claims.js";
import { createJournal } from "../../src/page/journal/journal.js";
import { createOwnLock } from "../../src/page/journal/own-lock.js";
import { pass, until } from "../fakes/clock.js";
import { journalled, openPage } from "../lab.js";

/** A page that made calls and was killed before Heap was there. @param {string[]} told @param {string[]} names */
async function dead(told, ...names) {
  const one = openPage(told, { working: false });
  one.track(...names);
  await pass(10);
  one.page.kill();
}

/** Claims alone, and the calls that they receive. */
function bareClaims() {
  const journal = createJournal("11", localStorage, { calls: 0, bytes: 0 });
  const own = createOwnLock(journal, { contested() {}, changed() {} });
  /** @type {import("../../src/page/calls/entry.js").Entry[]} */
  const received = [];
  const receive = (/** @type {typeof received} */ entries) => void received.push(...entries);
  const claims = createClaims(journal, own, [], false, { entryOf, receive, changed() {} });
  return { claims, received };
}

test("a dead page's calls come before those of the page that claims them, each once", async () => {
  /** @type {string[]} */
  const told = [];
  await dead(told, "A", "B");
  const next = openPage(told);
  next.track("C");
  await pass(5000);
  assert.deepEqual([told, journalled(), next.settled], [["A", "B", "C"], [], { C: ["delivered"] }]);
});

test("calls of several dead pages come in the order in which the pages began", async () => {
  /** @type {string[]} */
  const told = [];
  for (const name of ["A", "B", "C"]) {
    await dead(told, name);
    await pass(10);
  }
  openPage(told);
  await pass(5000);
  assert.deepEqual(told, ["A", "B", "C"]);
});

test("a live page's journal is left to it, and does not keep another page's calls", async () => {
  /** @type {string[]} */
  const told = [];
  const first = openPage(told, { working: false });
  first.track("A");
  await pass(10);
  const second = openPage(told);
  second.track("B");
  await pass(800);
  assert.deepEqual(told, ["B"]);
  first.page.kill();
  await until(() => told.length === 2);
  assert.deepEqual(told, ["B", "A"]);
});

test("a journal whose lock comes just in time is read before our own calls are told", async () => {
  /** @type {string[]} */
  const told = [];
  const first = openPage(told, { working: false });
  first.track("A");
  await pass(10);
  openPage(told).track("B");
  await pass(600);
  first.page.kill();
  await pass(2000);
  assert.deepEqual(told, ["A", "B"]);
});

test("the last write of a page just left, which comes later than its lock, is delivered by the next", async () => {
  /** @type {string[]} */
  const told = [];
  browser.origin.lag = 250;
  const first = openPage(told, { working: false });
  await pass(1000);
  first.track("A");
  first.page.kill();
  openPage(told);
  await pass(5000);
  assert.deepEqual([told, journalled()], [["A"], []]);
});

test("a page that cannot deliver leaves dead pages' calls to one that can", async () => {
  /** @type {string[]} */
  const told = [];
  await dead(told, "A");
  const first = openPage(told, { working: false });
  await pass(2000);
  assert.deepEqual([told, first.items.length], [[], 0]);
  openPage(told);
  await pass(5000);
  assert.deepEqual(told, ["A"]);
});

test("claims dropped amid the wait for other journals are told once when Heap works again", async () => {
  /** @type {string[]} */
  const told = [];
  await dead(told, "A");
  // Alive: the round of claims waits for it.
  openPage(told, { working: false }).track("B");
  await pass(10);
  const page = openPage(told);
  await pass(400);
  page.heapWorks(false);
  await pass(100);
  page.heapWorks(true);
  await pass(5000);
  assert.deepEqual([told, page.items], [["A"], []]);
});

test("a page restored from the back/forward cache delivers what no other page has delivered, and says so of the rest", async () => {
  /** @type {string[]} */
  const told = [];
  const first = openPage(told, { working: false });
  first.track("A", "B");
  await pass(10);
  first.page.leave(true);
  const second = openPage(told, { ms: 5 });
  await pass(3000);
  assert.deepEqual(told, ["A", "B"]);
  second.page.kill();
  first.page.restore();
  first.heapWorks(true);
  await pass(2000);
  first.track("C");
  await pass(100);
  assert.deepEqual(told, ["A", "B", "C"]);
  assert.deepEqual(first.settled, { A: ["kept"], B: ["kept"], C: ["delivered"] });
});

test("a call made in the listener of the page's end is written without a lock, and delivered by the next page", async () => {
  /** @type {string[]} */
  const told = [];
  const first = openPage(told, { working: false });
  await pass(1000);
  first.page.events.addEventListener("pagehide", () => first.track("A"));
  first.page.leave(true);
  openPage(told);
  await pass(5000);
  assert.deepEqual(told, ["A"]);
});

test("a dead page's last strike that is seen only after its calls were read keeps them from being told again", async () => {
  /** @type {string[]} */
  const told = [];
  const first = openPage(told, { ms: 5 });
  await pass(2000);
  browser.origin.lag = 310;
  first.track("A");
  await until(() => told.length);
  first.page.kill();
  openPage(told, { ms: 100 });
  await pass(5000);
  assert.deepEqual([told, journalled()], [["A"], []]);
});

test("a page that waits for a journal which another page empties sees that it is empty, however late it sees it", async () => {
  /** @type {string[]} */
  const told = [];
  const first = openPage(told, { working: false });
  first.track("A", "B");
  await pass(10);
  const [second, third] = [openPage(told), openPage(told)];
  await pass(2000);
  browser.origin.lag = 1200;
  first.page.kill();
  await pass(20_000);
  assert.deepEqual([told, second.items, third.items, journalled()], [["A", "B"], [], [], []]);
});

test("a page listens to what others write, but not while it starts", async () => {
  const { page } = openPage([]);
  await pass(1000);
  assert.equal(page.heard.has("storage"), false);
  await pass(1500);
  assert.equal(page.heard.has("storage"), true);
});

test("the last call of the page just left is taken over, however late it is written", async () => {
  for (const late of [100, 600, 1900, 2100, 30_000]) {
    /** @type {string[]} */
    const told = [];
    const first = openPage(told);
    await pass(1000);
    first.page.dispatch("pagehide", { persisted: false });
    const second = openPage(told);
    await pass(late);
    first.track("Late");
    first.page.kill();
    await pass(5000);
    assert.deepEqual(told, ["Late"], `${late} ms`);
    second.page.kill();
  }
});

test("a page holds its lock without a call where its SharedWorker outlives it, and nowhere else", async () => {
  for (const brief of [false, true]) {
    const { page } = openPage([], { brief });
    await pass(1000);
    assert.equal(browser.locks.held.size, brief ? 0 : 1);
    page.kill();
  }
});

test("a live page whose locks never answer tells no call that another page took for a dead one's", async () => {
  /** @type {string[]} */
  const told = [];
  browser.locks.fault = "ignore";
  const first = openPage(told, { working: false });
  first.track("A");
  await pass(6000);
  browser.locks.fault = "";
  openPage(told);
  await pass(3000);
  assert.deepEqual(told, ["A"]);
  first.heapWorks(true);
  first.track("B");
  await pass(3000);
  assert.deepEqual([told, first.settled.A], [["A", "B"], ["kept"]]);
});

test("claims dropped amid the wait for other journals are not received when that is over", async () => {
  openPage([], { working: false }).track("alive");
  await pass(2000);
  await dead([], "A");
  const { claims, received } = bareClaims();
  claims.open();
  await pass(400);
  claims.unclaim();
  await pass(350);
  assert.deepEqual([claims.ready(), received], [true, []]);
});

test("calls may be delivered in this tick once dead pages' calls are told, and not before", async () => {
  await dead([], "A");
  const { claims, received } = bareClaims();
  assert.equal(claims.held(), false);
  claims.open();
  await until(() => received.length);
  await pass(1000);
  assert.deepEqual([claims.ready(), claims.held()], [true, false]);
  for (const entry of received) claims.strike(entry);
  assert.equal(claims.held(), true);
  claims.close();
  assert.equal(claims.held(), false);
});

test("a page that holds its lock only briefly gives it back when nothing is left", async () => {
  /** @type {string[]} */
  const told = [];
  const page = openPage(told, { brief: true });
  await pass(1000);
  assert.equal(browser.locks.held.size, 0);
  page.track("A");
  await until(() => browser.locks.held.size);
  await until(() => told.length);
  await pass(30);
  assert.equal(browser.locks.held.size, 0);
});

test("a page that holds its lock only briefly gives it back also where the storage took no call", async () => {
  /** @type {string[]} */
  const told = [];
  browser.origin.room = 0;
  const page = openPage(told, { brief: true });
  await pass(1000);
  page.track("A");
  await until(() => browser.locks.held.size);
  await until(() => told.length);
  await pass(30);
  assert.equal(browser.locks.held.size, 0);
});

test("a page without a storage delivers from memory, and holds no lock", async () => {
  /** @type {string[]} */
  const told = [];
  browser.origin.fault = Error("denied");
  openPage(told).track("A");
  await pass(100);
  assert.deepEqual([told, browser.locks.held.size], [["A"], 0]);
});

for (const fault of /** @type {const} */ (["refuse", "ignore"]))
  test(`where the page's Web Locks ${fault} each request, its calls are told once, within seconds`, async () => {
    /** @type {string[]} */
    const told = [];
    browser.locks.fault = fault;
    const page = openPage(told);
    page.track("A", "B");
    await pass(6000);
    page.track("C");
    await pass(100);
    assert.deepEqual([told, journalled()], [["A", "B", "C"], []]);
  });

test("what is stored is counted again when another page has delivered it", async () => {
  /** @type {string[]} */
  const told = [];
  const idle = openPage(told);
  await pass(3000);
  const busy = openPage(told, { working: false });
  busy.track("A", "B");
  await pass(500);
  assert.equal(idle.status.journal.calls, 2);
  busy.heapWorks(true);
  await pass(1000);
  assert.deepEqual([told, idle.status.journal], [["A", "B"], { calls: 0, bytes: 0 }]);
});
