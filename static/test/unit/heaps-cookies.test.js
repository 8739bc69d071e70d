/** The cookies of Heap's classic SDK, which go where the visitor withdraws. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { removeHeapsCookies } from "../../src/page/heap/cookies.js";

const world = /** @type {any} */ (globalThis);

/** What is written to document.cookie, where cookies stand already and the page is at a host. @param {string} there @param {string} hostname */
function removed(there, hostname) {
  const { document } = browser;
  document.cookie = there;
  document.written = [];
  const { location } = world;
  world.location = new URL(`https://${hostname}/`);
  try {
    removeHeapsCookies("11");
  } finally {
    world.location = location;
  }
  return document.written.map((/** @type {string} */ cookie) => cookie.replace("; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/", ""));
}

/** @type {[there: string, hostname: string, written: string[]][]} */
const CASES = [
  ["", "site.example", []],
  ["a=1; _hp2_id.11=x", "localhost", ["_hp2_id.11="]],
  ["_hp2_id.11=x=y; b=2; _hp2_ses_props.11=z", "localhost", ["_hp2_id.11=", "_hp2_ses_props.11="]],
  ["_hp2_id.11=x", "a.site.example", ["_hp2_id.11=", "_hp2_id.11=; domain=a.site.example", "_hp2_id.11=; domain=site.example"]],
  ["_hp2_id.11=x", "127.0.0.1", ["_hp2_id.11="]],
  ["_hp2_id.111=x; _hp2_id.1=x; hp2_id.11=x; x_hp2_id.11=x", "localhost", []],
];

test("each cookie of this App ID goes, from the host and from each domain that it is part of; others' stay", () => {
  for (const [there, hostname, written] of CASES) assert.deepEqual(removed(there, hostname), written, `${there} at ${hostname}`);
});

test("where cookies are denied nothing is thrown", () => {
  Object.defineProperty(browser.document, "cookie", { get: () => { throw Error("denied"); }, configurable: true }); // prettier-ignore
  removeHeapsCookies("11");
});
