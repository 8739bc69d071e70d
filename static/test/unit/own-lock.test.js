/** Our own journal's lock, as a page lives with it. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { createJournal } from "../../src/page/journal/journal.js";
import { createOwnLock } from "../../src/page/journal/own-lock.js";
import { now, pass, settle } from "../fakes/clock.js";
import { Page } from "../fakes/page.js";
import { entryOf } from "../../src/page/calls/entry.js";
import { wireOf } from "../lab.js";

/** @param {Storage | null} [local] */
function open(local = localStorage) {
  const page = new Page();
  /** @type {string[]} */
  const heard = [];
  return page.run(() => {
    const journal = createJournal("11", local, { calls: 0, bytes: 0 });
    const own = createOwnLock(journal, { contested: () => heard.push("contested"), changed: () => heard.push("changed") });
    const write = (/** @type {string} */ name) => {
      const entry = entryOf(wireOf(name), now());
      return { entry, written: page.run(() => own.write(entry)) };
    };
    return { page, journal, own, heard, write, name: journal.lockOf(journal.page) };
  });
}

/** @param {Promise<boolean>} promise */
async function soon(promise) {
  /** @type {boolean | "waits"} */
  let value = "waits";
  promise.then((may) => (value = may));
  await settle();
  return value;
}

test("the lock is asked for with the first call, held until nothing is left, and asked for again", async () => {
  const { own, write, name, heard } = open();
  assert.equal(own.held(), true);
  await pass(10);
  assert.equal(browser.locks.held.has(name), false);
  write("A");
  await pass(10);
  assert.equal(browser.locks.held.has(name), true);
  assert.deepEqual([own.held(), await soon(own.mine())], [true, true]);
  own.idle();
  await settle();
  assert.equal(browser.locks.held.has(name), false);
  write("B");
  await pass(10);
  assert.equal(browser.locks.held.has(name), true);
  assert.deepEqual([...new Set(heard)], ["changed"]);
});

test("in the tick that asks for the lock calls may be delivered; after it only once it is granted", async () => {
  const { own, write, heard } = open();
  write("A");
  assert.equal(own.held(), true);
  const mine = own.mine();
  await settle();
  assert.deepEqual([own.held(), await soon(mine), heard], [false, "waits", []]);
  await pass(10);
  assert.deepEqual([own.held(), await soon(mine), heard], [true, true, ["changed"]]);
});

test("a page that was frozen looks at what others did to its journal before it delivers", async () => {
  const { page, own, write, heard, name } = open();
  const { entry } = write("A");
  await pass(10);
  own.close();
  await pass(1);
  assert.deepEqual([own.held(), await soon(own.mine()), browser.locks.held.has(name)], [false, false, false]);
  heard.length = 0;
  page.run(() => own.open(false));
  localStorage.removeItem(entry.key);
  await pass(390);
  assert.deepEqual([own.held(), heard], [false, []]);
  await pass(30);
  assert.deepEqual([own.held(), heard], [true, ["contested", "changed"]]);
});

test("while another page delivers from our journal we wait, and find only what it left", async () => {
  const { page, own, write, name } = open();
  const { entry } = write("A");
  await pass(10);
  own.close();
  const other = new Page();
  other.run(() => browser.locks.request(name, {}, () => new Promise(() => {})));
  await pass(10);
  page.run(() => own.open(false));
  await pass(5000);
  assert.equal(own.held(), false);
  localStorage.removeItem(entry.key);
  other.kill();
  await pass(400);
  assert.deepEqual([own.held(), own.has(entry)], [true, true]);
});

test("a page that has our lock for too long is not waited for: each call is looked up, and the lock taken when it comes", async () => {
  const { page, own, write, name, heard } = open();
  const { entry } = write("A");
  await pass(10);
  own.close();
  const other = new Page();
  other.run(() => browser.locks.request(name, {}, () => new Promise(() => {})));
  await pass(10);
  page.run(() => own.open(false));
  await pass(31_000);
  assert.deepEqual([own.held(), own.has(entry)], [true, true]);
  localStorage.removeItem(entry.key);
  assert.equal(own.has(entry), false);
  heard.length = 0;
  other.kill();
  await pass(400);
  assert.deepEqual([browser.locks.held.has(name), own.held(), heard], [true, true, ["contested", "changed"]]);
});

for (const [fault, ms] of /** @type {const} */ ([["refuse", 500], ["ignore", 5000]])) // prettier-ignore
  test(`where the page's Web Locks ${fault} each request, calls are delivered without, and each is looked up`, async () => {
    browser.locks.fault = fault;
    const { page, own, write } = open();
    const { entry } = write("A");
    page.run(() => own.open(false));
    await pass(ms);
    assert.deepEqual([own.held(), own.has(entry)], [true, true]);
    localStorage.removeItem(entry.key);
    assert.equal(own.has(entry), false);
  });

test("without Web Locks what was written before the heartbeat is looked up", async () => {
  browser.locks = /** @type {any} */ (undefined);
  const { page, own, write, heard } = open();
  const { entry } = write("A");
  assert.equal(own.held(), false);
  page.run(() => own.open(false));
  await pass(1000);
  assert.deepEqual([own.held(), heard], [true, ["contested", "changed"]]);
  localStorage.removeItem(entry.key);
  assert.equal(own.has(entry), false);
});

test("a call that has no room asks for no lock", async () => {
  browser.origin.room = 0;
  const { own, write, name } = open(null);
  assert.equal(write("A").written, false);
  await pass(10);
  assert.deepEqual([own.held(), browser.locks.held.has(name)], [true, false]);
});

test("a lock that is granted after the page was closed is given back", async () => {
  const { own, write, name } = open();
  write("A");
  own.close();
  await pass(10);
  assert.equal(browser.locks.held.has(name), false);
});
