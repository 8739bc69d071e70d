/** Callbacks of calls. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { callLater } from "../../src/page/calls/callbacks.js";
import { pass } from "../fakes/clock.js";

test("callbacks are called once each, in the order of the calls, whichever call settles first", async () => {
  /** @type {string[]} */
  const heard = [];
  const [a, b, c] = ["a", "b", "c"].map((name) => callLater(() => heard.push(name)));
  /** @type {() => void} */ (b)();
  assert.deepEqual(heard, []);
  /** @type {() => void} */ (a)();
  assert.deepEqual(heard, ["a", "b"]);
  /** @type {() => void} */ (a)();
  /** @type {() => void} */ (c)();
  await pass(1000);
  assert.deepEqual(heard, ["a", "b", "c"]);
});

test("a call that does not settle keeps its callback for 0.3 s, and no longer", async () => {
  /** @type {string[]} */
  const heard = [];
  callLater(() => heard.push("a"));
  await pass(290);
  assert.deepEqual(heard, []);
  await pass(20);
  assert.deepEqual(heard, ["a"]);
});

test("a callback that makes a call of its own is called once", () => {
  /** @type {string[]} */
  const heard = [];
  const settled = callLater(() => {
    heard.push("outer");
    callLater(() => heard.push("inner"))();
  });
  settled();
  settled();
  assert.deepEqual(heard, ["outer", "inner"]);
});
