/** The page's end of the bridge: workers, which are pages to the fakes, come, make calls, and end in each way there is. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBridge } from "../../src/page/calls/bridge.js";
import { FakeChannel } from "../fakes/channel.js";
import { pass, until } from "../fakes/clock.js";
import { Page } from "../fakes/page.js";

const APP = "1535634150";

/** A page with a bridge: what it took, and how it closes it. */
function page() {
  const self = new Page();
  /** @type {string[]} */
  const taken = [];
  const take = async (/** @type {string} */ text) => {
    taken.push(text);
    return { status: /** @type {const} */ ("delivered"), commands: [] };
  };
  const user = { state: () => ({ id: "u1", traits: {}, anonymousId: null }) };
  const close = self.run(() => openBridge(APP, take, user));
  return { self, taken, close: () => self.run(close) };
}

/** A worker with the id `id`; `locks`: whether it holds a lock while it lives. @param {string} id @param {boolean} [locks] */
function worker(id, locks = true) {
  const self = new Page();
  /** @type {any[]} */
  const heard = [];
  const channel = self.run(() => new FakeChannel("heap-web"));
  channel.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.to === id) heard.push(message);
  };
  const lock = locks ? `heap-web:worker:${id}` : undefined;
  if (lock) self.run(() => browser.locks.request(lock, {}, () => new Promise(() => {})));
  const post = (/** @type {object} */ message) =>
    self.run(() => channel.postMessage(JSON.stringify({ to: "pages", worker: id, ...message })));
  return {
    self,
    heard,
    hello: () => post({ type: "hello", appId: APP, lock }),
    goodbye: () => post({ type: "goodbye" }),
    /** @param {number} first @param {string[]} names */
    calls: (first, ...names) => post({ type: "calls", first, taken: 0, calls: names.map((name) => ({ m: "track", a: [name] })) }),
    /** @param {string} type */
    of: (type) => heard.filter((message) => message.type === type),
  };
}

const marks = () => [...browser.origin.stored.keys()].filter((key) => key.startsWith("heap-web:bridge:"));
const locks = () => [...browser.locks.held.keys()];
/** @param {string[]} texts wire texts */
const names = (texts) => texts.map((text) => JSON.parse(text).a[0]);

/** A worker that a page serves and that has made two calls. @param {string} id @param {boolean} [named] */
async function served(id, named) {
  const one = worker(id, named);
  await pass(5);
  one.hello();
  await until(() => one.of("here").length);
  one.calls(1, "A", "B");
  await until(() => one.of("settled").length === 2);
  return one;
}

test("calls are taken once each, in order, and a worker is told what became of them", async () => {
  const first = page();
  const one = await served("w1");
  one.calls(1, "A", "B", "C");
  await until(() => one.of("settled").length === 3);
  assert.deepEqual(names(first.taken), ["A", "B", "C"]);
  assert.deepEqual(one.of("settled").map(({ call }) => call), [1, 2, 3]); // prettier-ignore
  assert.match(/** @type {string} */ (browser.origin.stored.get("heap-web:bridge:w1")), /^3 \d+ heap-web:worker:w1$/);
});

/** @type {[how: string, end: (one: ReturnType<typeof worker>) => void][]} */
const ENDS = [
  ["says goodbye", (one) => one.goodbye()],
  ["is terminated", (one) => one.self.kill()],
];

for (const [how, end] of ENDS)
  test(`a worker that ${how} leaves neither a lock nor a mark, in any of the pages`, async () => {
    const pages = [page(), page()];
    const one = await served("w1");
    assert.deepEqual(marks(), ["heap-web:bridge:w1"]);
    assert.ok(locks().includes("heap-web:bridge:w1"));
    end(one);
    await pass(500);
    assert.deepEqual(marks(), []);
    assert.deepEqual(locks().filter((name) => name.includes("bridge")), []); // prettier-ignore
    assert.deepEqual(browser.locks.waiting, []);
    assert.equal(pages.flatMap(({ taken }) => taken).length, 2);
  });

test("twelve loads that are closed again leave nothing", async () => {
  page();
  for (let i = 0; i < 12; i++) {
    const one = await served(`w${i}`);
    one.goodbye();
    one.self.kill();
    await pass(500);
  }
  assert.deepEqual(marks(), []);
  assert.deepEqual(locks(), []);
});

test("a page that serves and ends leaves the mark for the next one, which takes only what is new", async () => {
  const first = page();
  const second = page();
  const one = await served("w1");
  const [serving, other] = first.taken.length ? [first, second] : [second, first];
  serving.self.kill();
  one.hello();
  await until(() => one.of("here").length > 1);
  one.calls(1, "A", "B", "C");
  await until(() => other.taken.length);
  assert.deepEqual(names(other.taken), ["C"]);
});

test("a mark whose worker has ended meanwhile goes when the next page opens, and a living worker's stays", async () => {
  const first = page();
  const dead = await served("dead");
  await served("living");
  first.close();
  dead.self.kill();
  first.self.kill();
  await pass(500);
  assert.deepEqual(marks().length, 2);
  page();
  await pass(500);
  assert.deepEqual(marks(), ["heap-web:bridge:living"]);
});

test("a worker that names no lock is served as before, and its mark goes after a week", async () => {
  const first = page();
  const one = await served("old", false);
  one.self.kill();
  first.self.kill();
  page();
  await pass(500);
  assert.equal(marks().length, 1);
  await pass(8 * 24 * 3600 * 1000);
  page();
  await pass(500);
  assert.deepEqual(marks(), []);
});

test("a page with another App ID refuses and says why", async () => {
  page();
  const one = worker("w1");
  one.self.run(() => new FakeChannel("heap-web").postMessage(JSON.stringify({ to: "pages", worker: "w1", type: "hello", appId: "42" })));
  await until(() => one.of("refused").length);
  assert.match(one.of("refused")[0].reason, /the page has App ID 1535634150, Python was given 42/);
});

test("a local time in a call is resolved in the visitor's zone", async () => {
  const { taken } = page();
  const one = await served("w1");
  one.calls(3, "2020-06-07 08:09:10");
  await until(() => taken.length === 3);
  assert.deepEqual(Object.keys(JSON.parse(/** @type {string} */ (taken[2])).l), ["2020-06-07 08:09:10"]);
});
