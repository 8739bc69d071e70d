/** Calls in batches through Python to Heap. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { pass, until } from "../fakes/clock.js";
import { journalled, openPage, tracks } from "../lab.js";

/** A Python that notes its batches, and may fail on them. @param {(names: string[]) => Error | false} [fault] what it throws for a batch, if anything */
function noting(fault = () => false) {
  /** @type {string[][]} */
  const batches = [];
  const python = (/** @type {string} */ batch) => {
    const names = JSON.parse(batch).calls.map((/** @type {any} */ { a }) => a[0]);
    batches.push(names);
    const error = fault(names);
    if (error) throw error;
    return tracks(batch);
  };
  return { batches, python };
}

test("calls of one tick go together, and those made while a batch is on its way form the next", async () => {
  /** @type {string[]} */
  const told = [];
  const { batches, python } = noting();
  const page = openPage(told, { python });
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

/** Wire text of calls, and whether their batch says who the visitor is. @type {[string[], boolean][]} */
const OF_VISITOR = [
  [['{"m":"track","a":["A",{"plan":"pro"}]}', '{"m":"page","a":[]}', '{"m":"group","a":["g"]}', '{"m":"alias","a":["b"]}'], false],
  [['{"m":"track","a":["A"]}', '{"m":"identify","a":[{"plan":"pro"}]}'], true],
  [['{"m":"reset","a":[]}'], true],
  [['{"m":"setAnonymousId","a":["a"]}'], true],
  [['{"m":"track","a":["A",{},{"anonymousId":"a"}]}'], true],
];

test("a batch says who the visitor is where that matters, and what it leaves as it is is not written", async () => {
  localStorage.setItem("ajs_user_id", '"u1"');
  for (const [calls, says] of OF_VISITOR) {
    /** @type {any[]} */
    const users = [];
    const python = (/** @type {string} */ batch) => {
      users.push(JSON.parse(batch).user);
      // Another tab says meanwhile who the visitor is.
      localStorage.setItem("ajs_user_id", '"u2"');
      return JSON.stringify({ results: calls.map(() => ({ commands: [] })), user: null });
    };
    const page = openPage([], { python });
    page.make(...calls);
    await pass(1000);
    assert.deepEqual(users.map((user) => user !== null), [says], calls[0]);
    assert.equal(localStorage.getItem("ajs_user_id"), '"u2"');
    page.stop();
  }
});

test("what Python says of a visitor whom it was not told of counts for nothing", async () => {
  localStorage.setItem("ajs_user_id", '"u1"');
  const user = { id: null, traits: {}, anonymousId: null };
  const python = (/** @type {string} */ batch) => JSON.stringify({ ...JSON.parse(tracks(batch)), user });
  /** @type {string[]} */
  const told = [];
  openPage(told, { python }).track("A");
  await pass(1000);
  assert.deepEqual([told, localStorage.getItem("ajs_user_id")], [["A"], '"u1"']);
});

test("a batch has a hundred calls at most", async () => {
  /** @type {string[]} */
  const told = [];
  const { batches, python } = noting();
  const page = openPage(told, { python });
  const names = Array.from({ length: 250 }, (_, i) => `${i}`);
  page.track(...names);
  await pass(2000);
  assert.deepEqual(batches.map(({ length }) => length), [100, 100, 50]);
  assert.deepEqual(told, names);
});

test("a call that Python always fails on is dropped alone, and harms no other", async () => {
  /** @type {string[]} */
  const told = [];
  const { batches, python } = noting((names) => names.includes("bad") && Error("bad value"));
  const page = openPage(told, { python });
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
  const { python } = noting(() => gone && Object.assign(Error("offline"), { unreachable: true }));
  const page = openPage(told, { python });
  page.track("A");
  await pass(5000);
  assert.deepEqual([told, page.settled, journalled().length], [[], { A: ["kept"] }, 1]);
  gone = false;
  page.page.dispatch("online");
  await pass(1000);
  assert.deepEqual([told, journalled()], [["A"], []]);
});

test("a reply of another length is a failure, not a delivery", async () => {
  /** @type {string[]} */
  const told = [];
  let wrong = 2;
  const python = (/** @type {string} */ batch) => (wrong-- > 0 ? '{"results":[],"user":{}}' : tracks(batch));
  openPage(told, { python }).track("A", "B");
  await pass(2000);
  assert.deepEqual(told, ["A", "B"]);
});

test("calls that Heap threw on count as told, and the next ones arrive", async () => {
  /** @type {string[]} */
  const told = [];
  const push = (/** @type {string} */ name) => {
    if (name === "A") throw Error("Heap is broken");
    return told.push(name);
  };
  openPage({ push }).track("A", "B");
  await pass(2000);
  assert.deepEqual(told, ["B"]);
});

test("a visitor who withdraws is not told of any more, and what waits is forgotten with its lock", async () => {
  /** @type {string[]} */
  const told = [];
  const page = openPage(told);
  page.track("A");
  await pass(1000);
  page.track("B");
  page.stop();
  await pass(1000);
  assert.deepEqual([told, page.items], [["A"], []]);
});

/** A page that is told that it ends while Python has its call A, and makes a call B then. @param {string[]} told */
async function endingPage(told) {
  const page = openPage(told);
  await pass(1000);
  page.track("A");
  await pass(5);
  page.page.dispatch("pagehide", { persisted: false });
  page.track("B");
  return page;
}

test("a page that ends tells Heap nothing more, and the next page tells it once", async () => {
  /** @type {string[]} */
  const told = [];
  const page = await endingPage(told);
  await pass(500); // as a tab that is closed may live on for a moment, while Python answers
  assert.deepEqual([told, journalled().length], [[], 2]);
  page.page.kill();
  openPage(told);
  await pass(1000);
  assert.deepEqual([told, journalled()], [["A", "B"], []]);
});

test("a page that ends while Heap rests tells it nothing when that rest is over", async () => {
  /** @type {string[]} */
  const told = [];
  let throws = 1;
  const push = (/** @type {string} */ name) => {
    if (throws-- > 0) throw Error("Heap is broken");
    return told.push(name);
  };
  const page = openPage({ push });
  page.track("A");
  await until(() => throws === 0);
  page.page.dispatch("pagehide", { persisted: false });
  await pass(500);
  assert.deepEqual(told, []);
  await pass(2000);
  assert.deepEqual(told, ["A"]);
});

test("a page that was told that it ends, and goes on, delivers all the same", async () => {
  /** @type {string[]} */
  const told = [];
  const page = await endingPage(told);
  await pass(2000);
  assert.deepEqual([told, page.settled, journalled()], [["A", "B"], { A: ["delivered"], B: ["delivered"] }, []]);
});
