/** The other public methods of analytics.js. */

import "../harness.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { setPatience } from "../../src/page/calls/callbacks.js";
import { addLegacy } from "../../src/page/methods/legacy.js";
import { createStore } from "../../src/page/visitor/store.js";

const world = /** @type {any} */ (globalThis);

/** @type {any} */
let analytics;
/** @type {unknown[][]} */
let made;
/** @type {string[]} */
let warned;
/** @type {unknown[][]} */
let emitted;

beforeEach(() => {
  [made, warned, emitted] = [[], [], []];
  const call =
    (/** @type {string} */ method) =>
    (/** @type {unknown[]} */ ...args) => {
      made.push([method, ...args]);
      return Promise.resolve();
    };
  analytics = { track: call("track"), page: call("page"), identify: call("identify") };
  const store = createStore();
  addLegacy(analytics, (message) => warned.push(message), (name, args) => emitted.push([name, ...args()]), store); // prettier-ignore
});

test("what means nothing here says so by its name, with what to do, and gives what the page expects", async () => {
  for (const name of ["addSourceMiddleware", "addDestinationMiddleware", "addIntegrationMiddleware", "add", "addIntegration"])
    assert.equal(analytics[name](() => assert.fail("it ran")), analytics);
  for (const name of ["register", "deregister", "queryString"]) assert.deepEqual(await analytics[name]({}), []);
  assert.equal(warned.length, 8);
  for (const message of warned) assert.match(message, /^\w+ does nothing here: \w+( \w+)+$/);
  assert.equal(warned[0], "addSourceMiddleware does nothing here: change calls where you make them");
  assert.deepEqual(made, []);
});

test("screen and pageview are page views", () => {
  analytics.pageview("/cart");
  analytics.pageview();
  analytics.screen("Shop", "Cart", { a: 1 });
  assert.deepEqual(made, [["page", { path: "/cart" }], ["page", {}], ["page", "Shop", "Cart", { a: 1 }]]); // prettier-ignore
});

test("what a stub would note is made when it is pushed; what is no call is nothing, and what throws stops nobody", (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  analytics.broken = () => {
    throw Error("mine");
  };
  const bpc = { __t: "bpc", p: "/" };
  assert.equal(analytics.push(["broken"], ["track", "A", { a: 1 }], [], 7, null, ["nonsense"], ["push", ["track", "B"]], ["page", bpc]), 0);
  assert.deepEqual(made, [["track", "A", { a: 1 }], ["page"]]); // prettier-ignore
  assert.equal(warn.mock.callCount(), 1);
});

test("a plugin is called with analytics, events can be emitted, and a listener's own throw is said", (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  /** @type {unknown[]} */
  const used = [];
  assert.equal(analytics.use((/** @type {unknown} */ given) => used.push(given)), analytics);
  assert.equal(analytics.use("no plugin"), analytics);
  analytics.use(() => {
    throw Error("mine");
  });
  analytics.emit("mine", 1, 2);
  assert.deepEqual([used, emitted], [[analytics], [["mine", 1, 2]]]);
  assert.equal(warn.mock.callCount(), 1);
});

test("the global name is given back if it is ours", () => {
  world.analytics = "other";
  analytics.noConflict();
  assert.equal(world.analytics, "other");
  world.analytics = analytics;
  analytics.noConflict();
  assert.equal(world.analytics, undefined);
});

test("what only has to be there is there", () => {
  for (const name of ["init", "initialize", "timeout"]) assert.equal(analytics[name](500), analytics);
  setPatience(300);
  assert.deepEqual([analytics.plugins, analytics.failedInitializations, analytics.Integrations], [[], [], {}]);
  assert.deepEqual([analytics.require("x"), analytics.normalize("x")], [{}, "x"]);
  analytics.storage.set("a", "1");
  assert.equal(analytics.storage.get("a"), "1");
  analytics.storage.remove("a");
  assert.equal(analytics.storage.get("a"), null);
});
