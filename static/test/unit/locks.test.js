/** Locks that end with their page. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { hold } from "../../src/page/journal/locks.js";
import { endsWithPage, holdPageLock } from "../../src/page/journal/page-lock.js";
import { pass, settle } from "../fakes/clock.js";
import { Page } from "../fakes/page.js";

/** What a promise has come to: its value, or "waits". @param {Promise<unknown>} promise @param {number} ms */
async function after(promise, ms) {
  /** @type {unknown} */
  let value = "waits";
  promise.then((result) => (value = result));
  await pass(ms);
  return value;
}

const noLocks = () => {
  browser.locks = /** @type {any} */ (undefined);
};

for (const [kind, begin, soon, dead] of /** @type {const} */ ([
  ["a Web Lock", () => {}, 10, 10],
  ["a heartbeat", noLocks, 400, 200_000],
]))
  test(`${kind} is had by one page, given back or lost with the page, and waited for until then`, async () => {
    begin();
    const [one, two] = [new Page(), new Page()];
    const first = await after(one.run(() => holdPageLock("a", null)), soon);
    assert.equal(typeof first, "function");
    assert.equal(await after(two.run(() => holdPageLock("a", null)), soon), null);
    assert.equal(typeof (await after(two.run(() => holdPageLock("b", null)), soon)), "function");
    const waiting = two.run(() => holdPageLock("a", new AbortController().signal));
    assert.equal(await after(waiting, 5000), "waits");
    one.run(/** @type {() => void} */ (first));
    assert.equal(typeof (await after(waiting, 1000 + soon)), "function");
    two.kill();
    const last = new Page().run(() => holdPageLock("a", new AbortController().signal));
    assert.equal(typeof (await after(last, dead)), "function");
  });

for (const [kind, begin] of /** @type {const} */ ([["a Web Lock", () => {}], ["a heartbeat", noLocks]])) // prettier-ignore
  test(`waiting for ${kind} can be stopped`, async () => {
    begin();
    new Page().run(() => holdPageLock("a", null));
    await pass(400);
    const stop = new AbortController();
    const waiting = holdPageLock("a", stop.signal);
    await pass(100);
    stop.abort();
    assert.equal(await after(waiting, 1100), null);
  });

test("where there are no Web Locks, there is none to be had", async () => {
  noLocks();
  assert.equal(await after(hold("a", null), 10), null);
});

test("locks end with their page where the browser has Web Locks", () => {
  assert.equal(endsWithPage(), true);
  noLocks();
  assert.equal(endsWithPage(), false);
});

for (const [fault, ms] of /** @type {const} */ ([["refuse", 10], ["ignore", 2100]])) // prettier-ignore
  test(`where the page's Web Locks ${fault} each request, the answer is no, and it comes`, async () => {
    browser.locks.fault = fault;
    assert.equal(await after(hold("a", null), ms), null);
    assert.equal(await after(hold("a", new AbortController().signal), ms), null);
  });

test("a request that throws, or that answers with no promise, has the answer no", async () => {
  browser.locks.request = () => {
    throw Error("replaced");
  };
  assert.equal(await after(hold("a", null), 10), null);
  browser.locks.request = /** @type {any} */ (() => undefined);
  assert.equal(await after(hold("a", null), 10), null);
});

test("a lock that is granted when nobody waits for it any more is given back at once", async () => {
  const { request } = browser.locks;
  /** @type {(() => void)[]} */
  const slow = [];
  browser.locks.request = (/** @type {any[]} */ ...args) => {
    slow.push(() => request.apply(browser.locks, args));
    return new Promise(() => {});
  };
  assert.equal(await after(hold("a", null), 2100), null);
  for (const answer of slow) answer();
  await pass(10);
  await settle();
  assert.equal(browser.locks.held.size, 0);
});

test("of two pages that begin a heartbeat at once, one has the lock", async () => {
  noLocks();
  browser.origin.lag = 100;
  const all = [new Page(), new Page(), new Page()].map((page) => page.run(() => holdPageLock("a", null)));
  await pass(1000);
  assert.equal((await Promise.all(all)).filter(Boolean).length, 1);
});
