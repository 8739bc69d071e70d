/** Workers hear that their calls are dropped while the visitor refuses. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { denyWorkers } from "../../src/page/calls/deny.js";
import { FakeChannel } from "../fakes/channel.js";
import { pass } from "../fakes/clock.js";
import { Page } from "../fakes/page.js";

/** A worker: what it heard, and its hello. */
function worker() {
  const self = new Page();
  /** @type {any[]} */
  const heard = [];
  const channel = self.run(() => new FakeChannel("heap-web"));
  channel.onmessage = ({ data }) => heard.push(JSON.parse(data));
  return { heard, hello: () => self.run(() => channel.postMessage(JSON.stringify({ to: "pages", type: "hello", worker: "w1" }))) };
}

test("workers that are there and those that ask are told, until it ends", async () => {
  const one = worker();
  const end = denyWorkers("7", "no consent");
  await pass(5);
  assert.deepEqual(one.heard, [{ to: "workers", type: "denied", appId: "7", reason: "no consent" }]);
  one.hello();
  await pass(5);
  assert.deepEqual(one.heard[1], { to: "w1", type: "denied", appId: "7", reason: "no consent" });
  end();
  one.hello();
  await pass(5);
  assert.equal(one.heard.length, 2);
});

test("a page in the back/forward cache holds no channel, and says so again when it is shown", async () => {
  const one = worker();
  const page = new Page();
  page.run(() => denyWorkers("7", "no consent"));
  await pass(5);
  page.leave(true);
  one.hello();
  await pass(5);
  assert.equal(one.heard.length, 1);
  page.restore();
  await pass(5);
  assert.equal(one.heard.length, 2);
});
