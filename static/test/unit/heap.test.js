/** Heap on the page: its stub, its script, and whether it is live. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { createHeap } from "../../src/page/heap/heap.js";
import { pass } from "../fakes/clock.js";

const world = /** @type {any} */ (globalThis);

beforeEach(() => {
  delete world.heap;
  delete world.heapReadyCb;
});

/** @param {object} settings */
function start(settings = {}) {
  /** @type {string[]} */
  const heard = [];
  const status = { heap: /** @type {any} */ ("idle") };
  const heap = createHeap(/** @type {any} */ ({ appId: "11", ...settings }), status, (why) => heard.push(`${status.heap} ${why}`.trim()));
  heap.start();
  return { heap, heard, status, script: browser.document.scripts[0] };
}

/** A Heap that notes what it is told. */
const real = (loaded = true) => {
  /** @type {unknown[][]} */
  const told = [];
  return { told, ...(loaded && { loaded }), track: (/** @type {unknown[]} */ ...args) => void told.push(args) };
};

test("the classic stub and script are there at once, with the App ID and the settings that are set", () => {
  const { script, status } = start({ secureCookie: true, nonce: "n" });
  assert.equal(script.src, "https://cdn.example/js/heap-11.js");
  assert.deepEqual([script.async, script.nonce, status.heap], [true, "n", "loading"]);
  assert.equal(Array.isArray(world.heap), true);
  assert.deepEqual([world.heap.appid, world.heap.config], ["11", { secureCookie: true }]);
  world.heap.track("early", { a: 1 });
  assert.deepEqual([...world.heap], [["track", "early", { a: 1 }]]);
});

test("the latest stub has no App ID of the classic one, which would stop its script", () => {
  const { script } = start({ sdk: "latest" });
  assert.equal(script.src, "https://cdn.us.example/config/11/heap_config.js");
  assert.equal("appid" in world.heap, false);
  assert.equal(world.heap.envId, "11");
  assert.deepEqual(world.heap.clientConfig, { disableTextCapture: false, secureCookie: false, shouldFetchServerConfig: false });
  world.heap.track("early");
  assert.deepEqual(world.heapReadyCb.map(({ name = "" }) => name), ["track"]);
});

/** @type {[settings: object, src: string][]} */
const HOSTS = [
  [{ hostname: "heap.site.example" }, "https://heap.site.example/js/heap-11.js"],
  [{ hostname: "heap.site.example", sdk: "latest" }, "https://heap.site.example/config/11/heap_config.js"],
  [{ hostname: "heap.site.example", trackingServer: "t.example", sdk: "latest" }, "https://heap.site.example/js/heap-11.js"],
];

test("the script comes from the site's own host where one is set", () => {
  for (const [settings, src] of HOSTS) {
    browser.document.scripts = [];
    delete world.heap;
    assert.equal(start(settings).script.src, src);
  }
});

test("Heap is live once its script has replaced the stub, and a stub kept from before tells it too", async () => {
  const { heap, heard } = start();
  const { track } = world.heap;
  assert.equal(heap.live(), null);
  const { told } = (world.heap = real());
  await pass(100);
  assert.equal(heap.live(), world.heap);
  track("late", 1);
  assert.deepEqual(told, [["late", 1]]);
  assert.deepEqual(heard, ["loading", "live"]);
});

test("a build that never says it has loaded is live when its script has run", async () => {
  const { heap, script } = start({ sdk: "latest" });
  world.heap = { ...real(false), envId: "11" };
  await pass(100);
  assert.equal(heap.live(), null);
  script.onload();
  assert.equal(heap.live(), world.heap);
});

test("a Heap that is taken away is not live, and is live again when it is back", async () => {
  const { heap, heard } = start();
  const there = (world.heap = real());
  assert.equal(heap.live(), there);
  world.heap = undefined;
  assert.equal(heap.live(), null);
  world.heap = there;
  await pass(1000);
  assert.deepEqual(heard, ["loading", "live", "loading", "live"]);
});

test("an element with the id heap, or one whose getter throws, is not Heap", () => {
  const { heap } = start();
  world.heap = { nodeType: 1 };
  assert.equal(heap.live(), null);
  Object.defineProperty(world, "heap", { get: () => { throw Error("mine"); }, configurable: true }); // prettier-ignore
  assert.equal(heap.live(), null);
});

test("a script that is blocked fails at once, one that starts nothing after 15 s; both can be tried once more", async () => {
  const { heap, heard, script } = start();
  script.onerror();
  heap.start();
  await pass(60_000);
  assert.deepEqual(heard, [
    "loading",
    "failed Heap's script was blocked or not found",
    "loading",
    "failed Heap did not start",
  ]);
  assert.equal(browser.document.scripts.length, 2);
});

test("a script of Heap's own snippet that is on its way is waited for, and not loaded twice", async () => {
  world.heap = Object.assign([], { appid: "11", track() {} });
  const { heap } = start();
  assert.equal(browser.document.scripts.length, 0);
  world.heap = real();
  await pass(100);
  assert.equal(heap.live(), world.heap);
});
