/**
 * Heap's stub as the page's half makes it, and as the snippet for templates does: for each case on standard input, a JSON array of
 * `{settings, html, before}`, prints what each has left in the page. tests/unit/test_snippet.py compares them.
 */

import { browser, resetAll } from "./harness.js";

import { readFileSync } from "node:fs";

import { createHeap } from "../src/page/heap/heap.js";

const world = /** @type {any} */ (globalThis);
const { data, cases } = JSON.parse(readFileSync(0, "utf8"));
world.__HEAP__ = data;

/** What the page has under Heap's names before. @type {Record<string, () => object>} */
const BEFORE = {
  nothing: () => ({}),
  element: () => ({ heap: { nodeType: 1 } }),
  queue: () => ({ heap: [["track", "Early"]], heapReadyCb: [{ name: "early" }] }),
  live: () => ({ heap: { loaded: true, track() {} } }),
};

/** What is in the page once a stub was made, and once Heap has come and was told. @param {() => void} make */
function seen(make) {
  make();
  const { heap } = world;
  /** @type {unknown[][]} */
  const told = [];
  const methods = Object.keys(heap).filter((name) => typeof heap[name] === "function");
  for (const method of methods) if (method !== "load" && !heap.loaded) heap[method](method, { a: 1 });
  const queued = Array.isArray(heap) ? [...heap] : [];
  const { heapReadyCb = [] } = world;
  world.heap = Object.fromEntries(methods.map((name) => [name, (/** @type {unknown[]} */ ...args) => told.push([name, ...args])]));
  for (const { fn } of heapReadyCb) fn?.();
  const scripts = browser.document.scripts.map((/** @type {any} */ { localName, type, async, src, nonce = "" }) => ({ localName, type, async, src, nonce }));
  const { appid, config = null, envId, clientConfig } = heap;
  return { isArray: Array.isArray(heap), keys: Object.keys(heap), appid, config, envId, clientConfig, queued, names: heapReadyCb.map(({ name = "" }) => name), told, scripts };
}

/** @param {string} before @param {() => void} make */
function fresh(before, make) {
  resetAll();
  delete world.heap;
  delete world.heapReadyCb;
  Object.assign(world, BEFORE[before]?.());
  return seen(make);
}

const results = cases.map((/** @type {any} */ { settings, html, before }) => ({
  page: fresh(before, () => createHeap(settings, { heap: "idle" }, () => {}).start()),
  snippet: fresh(before, () => (0, eval)(html.replace(/<\/?script[^>]*>/g, ""))),
}));
console.log(JSON.stringify(results));
