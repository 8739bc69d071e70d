/** The page's end of the bridge to Python in a worker. The worker here is a page of its own that says what the real one says. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { openBridge } from "../../src/page/calls/bridge.js";
import { FakeChannel } from "../fakes/channel.js";
import { pass } from "../fakes/clock.js";
import { Page } from "../fakes/page.js";

const USER = { id: "u1", traits: {}, anonymousId: null };

/** A page that takes the bridge's calls; `taken`: what it took, by name. */
function openPage(appId = "11") {
  const page = new Page();
  /** @type {string[]} */
  const taken = [];
  /** @param {string} text @param {string} method @param {() => unknown[]} args @returns {Promise<any>} */
  const take = async (text, method, args) => {
    taken.push(`${args()[0]}`);
    return { status: "delivered", commands: [[method, JSON.parse(text).a[0]]] };
  };
  const close = page.run(() => openBridge(appId, take, { state: () => USER }));
  return { page, taken, close };
}

/** A worker, and what it heard. @param {string} id */
function openWorker(id = "w1") {
  const page = new Page();
  const channel = page.run(() => new FakeChannel("heap-web"));
  /** @type {any[]} */
  const heard = [];
  channel.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.to === id || message.to === "workers") heard.push(message);
  };
  const say = (/** @type {object} */ message) => page.run(() => channel.postMessage(JSON.stringify({ to: "pages", worker: id, ...message })));
  return {
    heard,
    hello: (appId = "11") => say({ type: "hello", appId }),
    calls: (/** @type {number} */ first, /** @type {string[]} */ names, /** @type {number} */ told = 0) =>
      say({ type: "calls", first, calls: names.map((name) => ({ m: "track", a: [name] })), taken: told }),
    says: (/** @type {unknown} */ data) => page.run(() => channel.postMessage(data)),
    /** @param {string} type */
    last: (type) => heard.filter((message) => message.type === type).at(-1),
  };
}

test("a worker that greets is served, and each of its calls is taken once and settled", async () => {
  const worker = openWorker();
  const { taken } = openPage();
  await pass(10);
  assert.equal(worker.last("page").to, "workers");
  worker.hello();
  await pass(200);
  const { page } = worker.last("here");
  assert.deepEqual(worker.last("here"), { to: "w1", type: "here", page, taken: 0, user: USER });
  worker.calls(1, ["A", "B"]);
  worker.calls(1, ["A", "B", "C"]);
  await pass(10);
  assert.deepEqual(taken, ["A", "B", "C"]);
  assert.equal(worker.last("taken").taken, 3);
  const settled = worker.heard.filter(({ type }) => type === "settled");
  assert.deepEqual(settled.map(({ call, result }) => [call, result.status]), [[1, "delivered"], [2, "delivered"], [3, "delivered"]]); // prettier-ignore
});

test("calls that come after a gap are not taken before the gap is filled", async () => {
  const worker = openWorker();
  const { taken } = openPage();
  worker.hello();
  await pass(200);
  worker.calls(2, ["B"]);
  await pass(10);
  assert.deepEqual(taken, []);
  worker.calls(1, ["A", "B"]);
  await pass(10);
  assert.deepEqual(taken, ["A", "B"]);
});

test("of two pages one serves a worker, and when it is gone the other goes on where it was", async () => {
  const worker = openWorker();
  const [one, two] = [openPage(), openPage()];
  worker.hello();
  await pass(200);
  worker.calls(1, ["A", "B"]);
  await pass(10);
  const [server, other] = one.taken.length ? [one, two] : [two, one];
  assert.deepEqual([server.taken, other.taken], [["A", "B"], []]);
  server.page.kill();
  await pass(200);
  assert.equal(worker.last("here").taken, 2);
  worker.calls(1, ["A", "B", "C"]);
  await pass(10);
  assert.deepEqual(other.taken, ["C"]);
});

test("a page that lost its mark, as with a storage that is full, takes no call that the worker knows to be taken", async () => {
  const worker = openWorker();
  browser.origin.room = 0;
  const { taken } = openPage();
  worker.hello();
  await pass(200);
  worker.calls(1, ["A", "B", "C"], 2);
  await pass(10);
  assert.deepEqual(taken, ["C"]);
});

test("a page into the back/forward cache lets its workers go, and serves again when it is back", async () => {
  const worker = openWorker();
  const { page, taken } = openPage();
  worker.hello();
  await pass(200);
  page.leave(true);
  await pass(10);
  assert.equal(worker.last("gone").page, worker.last("here").page);
  worker.calls(1, ["A"]);
  await pass(10);
  assert.deepEqual(taken, []);
  page.restore();
  await pass(10);
  worker.hello();
  await pass(200);
  worker.calls(1, ["A"]);
  await pass(10);
  assert.deepEqual(taken, ["A"]);
});

test("a worker that was given another App ID is told so, and one on a page without Web Locks", async () => {
  const worker = openWorker();
  openPage("22");
  worker.hello("11");
  await pass(200);
  assert.equal(worker.last("refused").reason, "the page has App ID 22, Python was given 11");
  browser.locks = /** @type {any} */ (undefined);
  worker.hello("22");
  await pass(200);
  assert.match(worker.last("refused").reason, /not secure/);
});

test("what cannot be read is dropped and said to be, and harms no other call", async () => {
  const worker = openWorker();
  const { taken } = openPage();
  worker.hello();
  await pass(200);
  for (const odd of ["{", "null", '{"to":"pages","type":"calls"}', '{"to":"pages","type":"calls","worker":"w1","first":1,"calls":[5,{"m":"load","a":[]}]}'])
    worker.says(odd);
  worker.calls(3, ["A"]);
  await pass(10);
  assert.deepEqual(taken, ["A"]);
  const settled = worker.heard.filter(({ type }) => type === "settled");
  assert.deepEqual(settled.map(({ result }) => result.reason), ["the page cannot read the call", "the page cannot read the call", undefined]); // prettier-ignore
});

test("marks of workers that are long gone are forgotten", () => {
  const old = Date.now() - 8 * 864e5;
  localStorage.setItem("heap-web:bridge:old", `5 ${old}`);
  localStorage.setItem("heap-web:bridge:new", `5 ${Date.now()}`);
  localStorage.setItem("heap-web:11:page:0", `${old}{}`);
  openPage();
  assert.deepEqual([...browser.origin.stored.keys()], ["heap-web:bridge:new", "heap-web:11:page:0"]);
});

test("a page without BroadcastChannel has no bridge, and no harm is done", async () => {
  const { BroadcastChannel } = globalThis;
  globalThis.BroadcastChannel = /** @type {any} */ (class { constructor() { throw Error("denied"); } }); // prettier-ignore
  try {
    const { close } = openPage();
    close();
  } finally {
    globalThis.BroadcastChannel = BroadcastChannel;
  }
});
