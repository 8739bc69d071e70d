/** Events by name. */

import "../harness.js";

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { createEvents } from "../../src/page/events.js";

test("listeners hear an event in the order in which they came, once or until they are taken off", () => {
  const { on, once, off, emit } = createEvents();
  /** @type {string[]} */
  const heard = [];
  const listen = (/** @type {string} */ name) => (/** @type {unknown} */ value) => heard.push(`${name}${value}`);
  const [a, b, c] = [listen("a"), listen("b"), listen("c")];
  on("x", a);
  once("x", b);
  on("x", c);
  on("__proto__", a);
  emit("x", () => [1]);
  off("x", a);
  emit("x", () => [2]);
  off("x");
  emit("x", () => [3]);
  emit("__proto__", () => [4]);
  assert.deepEqual(heard, ["a1", "b1", "c1", "c2", "a4"]);
});

test("a listener that was added to be called once can be taken off like any other", () => {
  const { once, off, emit } = createEvents();
  const listener = mock.fn();
  once("x", listener);
  off("x", listener);
  emit("x", () => []);
  assert.equal(listener.mock.callCount(), 0);
});

test("the arguments of an event are made only if somebody listens, once for all", () => {
  const { on, emit } = createEvents();
  const made = mock.fn(() => []);
  emit("x", made);
  assert.equal(made.mock.callCount(), 0);
  on("x", () => {});
  on("x", () => {});
  emit("x", made);
  assert.equal(made.mock.callCount(), 1);
});

test("a listener that throws is named in the console, and stops nobody", (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  const { on, emit } = createEvents();
  const after = mock.fn();
  on("x", () => {
    throw Error("mine");
  });
  on("x", after);
  emit("x", () => []);
  assert.equal(after.mock.callCount(), 1);
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /^\[heap-web\] .*mine$/);
});

test("a listener that is added while an event is told hears the next one", () => {
  const { on, emit } = createEvents();
  const late = mock.fn();
  on("x", () => on("x", late));
  emit("x", () => []);
  assert.equal(late.mock.callCount(), 0);
  emit("x", () => []);
  assert.equal(late.mock.callCount(), 1);
});
