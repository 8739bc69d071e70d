/** Stubs of Heap: which methods only queue, and what of that name is neither a stub nor Heap. */

import "../harness.js";

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { current, isFunction, isQueueing } from "../../src/page/heap/stub.js";

const world = /** @type {any} */ (globalThis);

beforeEach(() => {
  delete world.heap;
});

test("an element is no function, though browsers can call some", () => {
  const element = Object.assign(() => {}, { nodeType: 1 });
  assert.deepEqual([() => {}, class {}, element, {}, null, "track"].map(isFunction), [true, true, false, false, false, false]);
});

test("what is called heap and tracks is Heap or a stub; elements, frames and what throws are neither", () => {
  const track = () => {};
  /** @type {[heap: unknown, is: boolean][]} */
  const cases = [
    [{ track }, true],
    [Object.assign([], { track }), true],
    [undefined, false],
    [{ track: {} }, false],
    [{ nodeType: 1, track }, false],
    [{ track: Object.assign(() => {}, { nodeType: 1 }) }, false],
    [{ get track() { throw Error("another origin"); } }, false], // prettier-ignore
  ];
  for (const [heap, is] of cases) {
    world.heap = heap;
    assert.equal(current(), is ? heap : null);
  }
});

/** Methods as snippets write them: Heap's classic and latest ones, minified or not, and our own. */
const QUEUEING = [
  "function(){heap.push([e].concat(Array.prototype.slice.call(arguments,0)))}",
  "function () { heap.push([method].concat([].slice.call(arguments))); }",
  "(...t) => window.heap.push([ n, ...t ])",
  "function(){var t=arguments;window.heapReadyCb.push({name:e,fn:function(){heap[e].apply(heap,t)}})}",
  "function () { waiting.push({ name: method, fn: fn }); }",
].map((source) => Function(`return ${source}`)());

test("a method that only queues is known by how it is written", () => {
  for (const method of QUEUEING) assert.equal(isQueueing(method), true, `${method}`);
});

test("a method of Heap's own is none that queues", () => {
  /** @type {string[]} */
  const list = [];
  const others = [(/** @type {string} */ name) => list.push(name), function track() {}, console.log, undefined, "heap.push([e].concat(x))"];
  for (const method of others) assert.equal(isQueueing(method), false, `${method}`);
});
