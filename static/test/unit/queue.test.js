/** Calls in batches through Python to Heap. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { pass } from "../fakes/clock.js";
import { journalled, openPage, python } from "../lab.js";

/** A Python that notes its batches, and may fail on them. @param {(names: string[]) => unknown} [fault] what it throws for a batch, if anything */
function noting(fault = () => null) {
  const inner = python(10);
  /** @type {string[][]} */
  const batches = [];
  const run = (/** @type {string} */ text) => {
    const names = JSON.parse(text).calls.map((/** @type {any} */ { a }) => a[0]);
    batches.push(names);
    const error = fault(names);
    return error ? Promise.reject(error) : inner.run(text);
  };
  return { batches, runtime: { ...inner, run } };
}

test("calls of one tick go together, and those made while a batch is on its way form the next", async () => {
  /** @type {string[]} */
  const told = [];
  const { batches, runtime } = noting();
  const page = openPage(told, { runtime });
  await pass(1000);
  page.track("A");
  page.track("B");
  await pass(5);
  page.track("C");
  page.track("D");
  await pass(100);
  assert.deepEqual(batches, [["A", "B"], ["C", "D"]]); // prettier-ignore
  assert.deepEqual(told, ["A", "B", "C", "D"]);
});

test("a batch has a hundred calls at most", async () => {
  /** @type {string[]} */
  const told = [];
  const { batches, runtime } = noting();
  const page = openPage(told, { runtime });
  const names = Array.from({ length: 250 }, (_, i) => `${i}`);
  page.track(...names);
  await pass(2000);
  assert.deepEqual(batches.map(({ length }) => length), [100, 100, 50]);
  assert.deepEqual(told, names);
});

test("a call that Python always fails on is dropped alone, and harms no other", async () => {
  /** @type {string[]} */
  const told = [];
  const { batches, runtime } = noting((names) => names.includes("bad") && Error("bad value"));
  const page = openPage(told, { runtime });
  page.track("A", "bad", "B");
  await pass(2000);
  assert.deepEqual(told, ["A", "B"]);
  assert.deepEqual(page.settled, { A: ["delivered"], bad: ["dropped"], B: ["delivered"] });
  assert.deepEqual(batches.filter((names) => names.join() === "bad").length, 2);
  assert.deepEqual(journalled(), []);
});

test("where the network is gone no call is to blame, and each arrives once it is back", async () => {
  /** @type {string[]} */
  const told = [];
  let gone = true;
  const { runtime } = noting(() => gone && Object.assign(Error("offline"), { unreachable: true }));
  const takes = () => !gone;
  const page = openPage(told, { runtime: { ...runtime, takes } });
  page.track("A");
  await pass(5000);
  assert.deepEqual([told, page.settled, journalled().length], [[], {}, 1]);
  gone = false;
  page.page.run(() => page.queue.plan());
  await pass(100);
  assert.deepEqual(told, ["A"]);
});

test("a reply of another length is a failure, not a delivery", async () => {
  /** @type {string[]} */
  const told = [];
  let wrong = 2;
  const run = async (/** @type {string} */ text) => (wrong-- > 0 ? '{"results":[],"user":{}}' : python(10).run(text));
  openPage(told, { runtime: { takes: () => true, run } }).track("A", "B");
  await pass(2000);
  assert.deepEqual(told, ["A", "B"]);
});

test("calls that Heap threw on count as told, and the next ones arrive", async () => {
  /** @type {string[]} */
  const told = [];
  const page = openPage(
    /** @type {any} */ ({
      push(/** @type {string} */ name) {
        if (name === "A") throw Error("Heap is broken");
        told.push(name);
      },
    }),
  );
  page.track("A", "B");
  await pass(2000);
  assert.deepEqual(told, ["B"]);
});
