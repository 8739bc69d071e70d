/** The two machines of the journal, without effects. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { claimAfter, mayDeliver, OWN_MS, ownAfter } from "../../src/page/journal/states.js";

const SOURCE = readFileSync(new URL("../../src/page/journal/states.js", import.meta.url), "utf8");

/** A table of the file's first comment: rows by state, each with the states that follow by event. @param {string} first name of its second column */
function tableOf(first) {
  const lines = SOURCE.split("\n").filter((line) => line.startsWith(" * |"));
  const cells = lines.map((line) => line.slice(4, -1).split("|").map((cell) => cell.trim()));
  const header = cells.findIndex((row) => row[2] === first);
  const events = /** @type {string[]} */ (cells[header]).slice(2);
  const rows = cells.slice(header + 2);
  const end = rows.findIndex((row) => row[0] === "state");
  return rows.slice(0, end < 0 ? undefined : end).map(([state, , ...next]) => ({
    state: /** @type {any} */ (state),
    next: events.map((event, i) => [event, next[i] || state]),
  }));
}

for (const [name, first, after, count] of /** @type {const} */ ([
  ["our own lock", "need", ownAfter, 9],
  ["a claim", "granted", claimAfter, 5],
]))
  test(`the machine of ${name} does what the table at the top of its file says`, () => {
    const table = tableOf(first);
    assert.equal(table.length, count);
    for (const { state, next } of table)
      for (const [event, want] of next) assert.equal(after(state, /** @type {any} */ (event)), want, `${state} + ${event}`);
  });

test("a state that may last only so long is one that its time ends", () => {
  for (const { state, next } of tableOf("need")) {
    const [, to] = /** @type {string[]} */ (next.find(([event]) => event === "due"));
    assert.equal(to !== state, state in OWN_MS, state);
  }
});

test("from every state of our own lock calls may be delivered in the end, whether the lock is granted or not", () => {
  for (const { state } of tableOf("need"))
    for (const answer of /** @type {const} */ (["granted", "refused"])) {
      let now = ownAfter(state, "open");
      for (let i = 0; i < 10 && mayDeliver(now) === null; i++) {
        now = ownAfter(now, answer);
        if (now === "away") now = ownAfter(now, "open");
        if (mayDeliver(now) === null) now = ownAfter(now, "due");
      }
      assert.equal(mayDeliver(now), true, `${state}, ${answer}`);
    }
});

test("after a close nothing is delivered, whatever answers come later", () => {
  for (const { state } of tableOf("need"))
    for (const late of /** @type {const} */ (["granted", "refused", "due", "idle", "need", "close"]))
      assert.equal(mayDeliver(ownAfter(ownAfter(state, "close"), late)), false);
});
