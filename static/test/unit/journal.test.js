/** The journal: one key a call, in a storage that may be anything. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { createJournal } from "../../src/page/journal/journal.js";
import { now, setTime } from "../fakes/clock.js";
import { entryOf } from "../../src/page/calls/entry.js";
import { journalled, wireOf } from "../lab.js";

const DAY_MS = 864e5;

/** @param {Storage | null} [local] */
const open = (local = localStorage) => {
  const size = { calls: 0, bytes: 0 };
  return { size, journal: createJournal("11", local, size) };
};

/** @param {string} name */
const call = (name) => entryOf(wireOf(name), now());

test("a call is one key with its time and its text, counted, until Heap has it", () => {
  const { journal, size } = open();
  const entry = call("A");
  assert.equal(journal.fits(entry) && journal.add(entry), true);
  assert.deepEqual(journalled(), [`heap-web:11:${journal.page}:${entry.id}`]);
  assert.equal(localStorage.getItem(entry.key), `${entry.at}{"m":"track","a":["A"]}`);
  assert.deepEqual(size, { calls: 1, bytes: entry.key.length + entry.text.length + `${entry.at}`.length });
  assert.deepEqual(journal.callsOf(journal.page), [{ key: entry.key, at: entry.at, text: entry.text }]);
  journal.strike(entry);
  assert.deepEqual([journalled(), entry.key, size], [[], "", { calls: 0, bytes: 0 }]);
});

test("calls of a page come back in the order in which they were made", () => {
  const { journal } = open();
  const names = Array.from({ length: 120 }, (_, i) => `call-${i}`);
  for (const name of names) journal.add(call(name));
  assert.deepEqual(journal.callsOf(journal.page).map(({ text }) => JSON.parse(text).a[0]), names);
});

test("there is room for 1,000 calls and a megabyte, of all pages of this App ID together", () => {
  const first = open().journal;
  for (let i = 0; i < 999; i++) first.add(call("x"));
  localStorage.setItem("heap-web:22:other:0", `${now()}{}`);
  const { journal, size } = open();
  assert.equal(size.calls, 999);
  assert.equal(journal.fits(call("last")), true);
  journal.add(call("last"));
  assert.equal(journal.fits(call("beyond")), false);
  localStorage.clear();
  const fresh = open().journal;
  assert.equal(fresh.fits(call("x".repeat(999_000))), true);
  assert.equal(fresh.fits(call("x".repeat(1_000_000))), false);
});

test("what is older than a week, or was not written by us, is removed as it is met", () => {
  const put = (/** @type {number} */ days, /** @type {number} */ n, /** @type {string} */ text) =>
    localStorage.setItem(`heap-web:11:dead:${n}`, now() - days * DAY_MS + text);
  put(7.1, 0, wireOf("old"));
  put(6.9, 1, wireOf("young"));
  put(1, 2, '{"m":"track","a":["cut');
  put(-1, 3, wireOf("made before the clock was set back"));
  localStorage.setItem("heap-web:11:dead:10", "nonsense");
  const { journal, size } = open();
  assert.equal(size.calls, 5);
  const texts = journal.callsOf("dead").map(({ text }) => JSON.parse(text).a[0]);
  assert.deepEqual(texts, ["young", "made before the clock was set back"]);
  assert.equal(journalled().length, 2);
});

test("a storage that is denied, full or throws takes no call, and nothing is thrown", () => {
  const none = open(null).journal;
  assert.deepEqual([none.lasting, none.fits(call("A")), none.callsOf("dead")], [false, false, []]);
  browser.origin.room = 10;
  assert.equal(open().journal.add(call("A")), false);
  const { journal } = open();
  browser.origin.fault = Error("denied");
  assert.deepEqual([journal.add(call("A")), journal.has("k"), journal.callsOf("dead")], [false, false, []]);
});

test("a site that clears its storage leaves no count below nothing", () => {
  const { journal, size } = open();
  const entry = call("A");
  journal.add(entry);
  journal.scan();
  localStorage.clear();
  journal.scan();
  journal.strike(entry);
  assert.deepEqual(size, { calls: 0, bytes: 0 });
});

test("ids of pages sort by the time at which the page began", () => {
  const first = open().journal.page;
  setTime(now() + 1);
  assert.equal(first < open().journal.page, true);
});
