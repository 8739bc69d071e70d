/** What the page may do, by the facts: the table at the top of lifecycle.js. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { phaseOf, reasonOf } from "../../src/page/lifecycle.js";

const settings = /** @type {any} */ ({ appId: "11" });
const off = /** @type {any} */ ({ appId: "11", integrations: { All: false } });

/** @type {{facts: Partial<import("../../src/page/lifecycle.js").Facts>, phase: string, reason?: string}[]} */
const CASES = [
  { facts: {}, phase: "unloaded" },
  { facts: { prerendering: true }, phase: "unloaded" },
  { facts: { fault: "no App ID" }, phase: "broken", reason: "no App ID" },
  { facts: { fault: "no App ID", consent: "required" }, phase: "broken", reason: "no App ID" },
  { facts: { consent: "refused" }, phase: "refused", reason: "no consent" },
  { facts: { consent: "refused", fault: "no App ID" }, phase: "refused", reason: "no consent" },
  { facts: { consent: "refused", settings: off }, phase: "refused", reason: "no consent" },
  { facts: { settings: off }, phase: "off", reason: "Heap is off in integrations" },
  { facts: { settings: off, consent: "required" }, phase: "off", reason: "Heap is off in integrations" },
  { facts: { settings, consent: "required" }, phase: "asking" },
  { facts: { settings, consent: "required", prerendering: true }, phase: "asking" },
  { facts: { settings, prerendering: true }, phase: "hidden" },
  { facts: { settings }, phase: "open" },
];

test("the facts decide the phase, and the phase decides why a call is dropped", () => {
  for (const { facts, phase, reason = "" } of CASES) {
    const all = { settings: null, fault: "", consent: /** @type {const} */ ("granted"), prerendering: false, ...facts };
    assert.equal(phaseOf(all), phase, JSON.stringify(facts));
    assert.equal(reasonOf(phaseOf(all), all.fault), reason, JSON.stringify(facts));
  }
});
