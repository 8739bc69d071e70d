/** What the page and its developer hear of calls. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { entryOf } from "../../src/page/calls/entry.js";
import { createEvents } from "../../src/page/events.js";
import { createOutcomes } from "../../src/page/outcomes.js";
import { pass } from "../fakes/clock.js";

function open() {
  const { on, emit } = createEvents();
  /** @type {[string, any][]} */
  const heard = [];
  for (const name of ["state", "settled", "warning", "error"]) on(name, (event) => heard.push([name, event]));
  /** @type {import("../../src/page/calls/entry.js").Entry[]} */
  const items = [];
  const outcomes = createOutcomes(emit, /** @type {any} */ ({ heap: "idle", journal: { calls: 0, bytes: 0 } }), items);
  const call = () => {
    const entry = entryOf('{"m":"track","a":["A"]}', 0);
    /** @type {string[]} */
    const results = [];
    outcomes.await(entry, ({ status }) => results.push(status));
    items.push(entry);
    return { entry, results };
  };
  return { outcomes, heard, items, call };
}

test("a warning is said once, an error each time to listeners and once in the console", (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  const error = context.mock.method(console, "error", () => {});
  const { outcomes, heard } = open();
  for (const kind of /** @type {const} */ (["warning", "error", "warning", "error"])) outcomes.report(kind, "code", `a ${kind}`);
  assert.deepEqual(heard.map(([name, { message }]) => [name, message]), [["warning", "a warning"], ["error", "a error"], ["error", "a error"]]); // prettier-ignore
  assert.deepEqual([warn, error].map(({ mock }) => mock.calls.map((call) => call.arguments[0])), [["[heap-web] a warning"], ["[heap-web] a error"]]); // prettier-ignore
});

test("a call settles once, with a reason only where there is one", () => {
  const { outcomes, heard, call } = open();
  const { entry, results } = call();
  outcomes.settle(entry, "kept", "Heap was blocked");
  outcomes.settle(entry, "delivered", undefined, [["track", "A"]]);
  assert.deepEqual(results, ["kept"]);
  const [first, second] = heard.filter(([name]) => name === "settled").map(([, event]) => event);
  assert.equal(first.reason, "Heap was blocked");
  assert.equal("reason" in second, false);
  assert.deepEqual(second.commands, [["track", "A"]]);
});

test("who waits for all calls hears when the last has settled", () => {
  const { outcomes, call } = open();
  let done = 0;
  outcomes.whenSettled(() => done++);
  assert.equal(done, 1);
  call();
  const { entry } = call();
  outcomes.whenSettled(() => done++);
  outcomes.settle(entry, "delivered");
  assert.equal(done, 1);
  outcomes.settleAll("dropped", "no consent");
  assert.equal(done, 2);
});

test("the state is told once a task, however often it changes, and is a copy", async () => {
  const { outcomes, heard, call } = open();
  call();
  for (let i = 0; i < 3; i++) outcomes.changed();
  await pass(10);
  assert.deepEqual(heard.map(([, state]) => state.waiting), [1]);
  outcomes.state().journal.calls = 99;
  assert.equal(outcomes.state().journal.calls, 0);
});
