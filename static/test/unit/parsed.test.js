/** The end of the document, before which nothing of ours is imported. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { parsed } from "../../src/page/natives.js";
import { pass } from "../fakes/clock.js";

/** Whether the document counts as read. @param {string} readyState */
function asking(readyState) {
  const document = /** @type {any} */ (browser.document);
  const asked = { done: false, go: () => {} };
  document.readyState = readyState;
  document.addEventListener = (/** @type {string} */ type, /** @type {() => void} */ listener) => {
    assert.equal(type, "readystatechange");
    asked.go = listener;
  };
  parsed().then(() => (asked.done = true));
  return asked;
}

test("a document that has been read to its end is waited for no more", async () => {
  for (const readyState of ["interactive", "complete"]) {
    const asked = asking(readyState);
    await pass(0);
    assert.equal(asked.done, true);
  }
});

test("a document is waited for until it has been read, and no longer than 10 s", async () => {
  const read = asking("loading");
  await pass(9000);
  assert.equal(read.done, false);
  read.go();
  await pass(0);
  assert.equal(read.done, true);
  const endless = asking("loading");
  await pass(9990);
  assert.equal(endless.done, false);
  await pass(20);
  assert.equal(endless.done, true);
});
