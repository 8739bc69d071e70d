/** The connection to the site's SharedWorker: two ways for the first batch, and a worker that is gone. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { FakeChannel } from "../fakes/channel.js";
import { pass } from "../fakes/clock.js";
import { Page } from "../fakes/page.js";
import { FakeSharedWorker } from "../fakes/shared-worker.js";
import { connect } from "../../src/page/runtime/shared.js";

const NAME = "heap-web 0123456789abcdef";
const BATCH = /** @type {const} */ ({ type: "batch", id: 1, text: "{}" });

/** A page with a connection, and what it hears. */
function connected() {
  const heard = /** @type {any[]} */ ([]);
  const failed = /** @type {string[]} */ ([]);
  const connection = connect("https://site.example/runtime/0123456789abcdef/");
  connection.use((message) => heard.push(message), (why) => failed.push(why));
  return { connection, heard, failed, worker: FakeSharedWorker.last };
}

/** A living worker's channel: it answers every batch with this text. @param {string} text */
function living(text) {
  const worker = new Page();
  worker.run(() => {
    const channel = new FakeChannel(NAME);
    channel.onmessage = ({ data }) => data.from && channel.postMessage({ to: data.from, message: { type: "batch", id: data.message.id, text } });
  });
  return worker;
}

test("a batch goes to port and channel, and the channel's answer counts before the port is connected", async () => {
  living("from the channel");
  const { connection, heard, worker } = connected();
  connection.post(BATCH);
  await pass(5);
  assert.deepEqual(worker.heard, [BATCH]);
  assert.deepEqual(heard, [{ type: "batch", id: 1, text: "from the channel" }]);
});

test("once the port has spoken, the channel is closed: it would keep the page out of the back/forward cache", async () => {
  living("from the channel");
  const { connection, heard, worker } = connected();
  worker.say({ type: "ready", ms: 1, python: "3.14", warm: true });
  await pass(5);
  connection.post(BATCH);
  await pass(5);
  assert.deepEqual(heard.map(({ type }) => type), ["ready"]);
});

test("another page's answer on the channel is not heard", async () => {
  const { heard } = connected();
  new Page().run(() => new FakeChannel(NAME).postMessage({ to: "another page", message: { type: "batch", id: 1, text: "" } }));
  await pass(5);
  assert.deepEqual(heard, []);
});

test("a worker that dies with a batch is noticed within a second, by its lock", async () => {
  const dying = new Page();
  dying.run(() => browser.locks.request(NAME, {}, () => new Promise(() => {})));
  const { connection, failed, worker } = connected();
  worker.say({ type: "ready", ms: 1, python: "3.14", warm: true, guarded: true });
  await pass(5);
  connection.post(BATCH);
  await pass(5000);
  assert.deepEqual(failed, [], "it lives, and may take its time");
  dying.kill();
  await pass(1000);
  assert.deepEqual(failed, ["it is gone"]);
});

test("a worker that dies as it boots is noticed within a second", async () => {
  const dying = new Page();
  dying.run(() => browser.locks.request(NAME, {}, () => new Promise(() => {})));
  const { failed, worker } = connected();
  worker.say({ type: "progress", loaded: 1, total: 2, guarded: true });
  await pass(5);
  dying.kill();
  await pass(1000);
  assert.deepEqual(failed, ["it is gone"]);
});

test("a worker without a lock, and one that owes nothing, are not asked for", async () => {
  const { failed, worker } = connected();
  worker.say({ type: "progress", loaded: 1, total: 2 });
  await pass(5000);
  const other = connected();
  other.worker.say({ type: "ready", ms: 1, python: "3.14", warm: true, guarded: true });
  await pass(5000);
  assert.deepEqual([failed, other.failed], [[], []]);
});
