/** The visitor: in localStorage, in memory, in cookies that analytics.js left, and between page and Python. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { encode } from "../../src/page/calls/wire.js";
import { createStore } from "../../src/page/visitor/store.js";
import { createUser } from "../../src/page/visitor/user.js";
import { visitor } from "../../src/page/visitor/visitor.js";

const stored = () => Object.fromEntries(browser.origin.stored);

const openedStore = () => {
  const store = createStore();
  store.open();
  return store;
};

/** The visitor of a page that may deliver. */
const opened = () => {
  const user = createUser(createStore());
  user.open();
  return user;
};

test("a store keeps in memory until it may use the storage, and writes it all down then", () => {
  const store = createStore();
  store.set("a", "1");
  assert.deepEqual([store.get("a"), store.get("b"), stored()], ["1", null, {}]);
  store.open();
  store.set("b", "2");
  assert.deepEqual(stored(), { a: "1", b: "2" });
  store.set("a", null);
  assert.deepEqual([store.get("a"), stored()], [null, { b: "2" }]);
});

test("a store whose storage is denied, full or breaks goes on in memory", () => {
  const store = openedStore();
  browser.origin.room = 0;
  store.set("a", "1");
  assert.deepEqual([store.get("a"), stored()], ["1", {}]);
  browser.origin.fault = Error("denied");
  store.set("b", "2");
  assert.deepEqual([store.get("a"), store.get("b"), store.get("c")], ["1", "2", null]);
});

test("a store that is closed leaves the storage alone", () => {
  const store = openedStore();
  store.close();
  store.set("a", "1");
  assert.deepEqual([store.get("a"), stored()], ["1", {}]);
});

/** @type {[stored: Record<string, string>, id: unknown, traits: unknown][]} */
const STORED = [
  [{}, null, {}],
  [{ ajs_user_id: '"u1"', ajs_user_traits: '{"plan":"a"}' }, "u1", { plan: "a" }],
  [{ ajs_user_id: "17" }, 17, {}],
  [{ ajs_user_id: "written by hand" }, "written by hand", {}],
  [{ ajs_user_id: "null", ajs_user_traits: "null" }, null, {}],
];

test("who the visitor is is read as analytics.js wrote it", () => {
  for (const [items, id, traits] of STORED) {
    localStorage.clear();
    for (const [key, value] of Object.entries(items)) localStorage.setItem(key, value);
    const user = opened();
    assert.deepEqual([user.id(), user.traits()], [id, traits]);
  }
});

test("an anonymous id is made at the first question, and is the same from then on", () => {
  const user = opened();
  assert.deepEqual(stored(), {});
  const id = user.anonymousId();
  assert.match(id, /^[\w-]{20,}$/);
  assert.equal(opened().anonymousId(), id);
});

test("a visitor who is forgotten leaves nothing stored, and what others stored stays", () => {
  localStorage.setItem("ajs_user_id", '"u1"');
  localStorage.setItem("heap-web:11:page:0", "1{}");
  localStorage.setItem("site", "kept");
  const user = opened();
  user.anonymousId();
  user.forget();
  assert.deepEqual(stored(), { site: "kept" });
  assert.equal(user.id(), null);
  user.anonymousId();
  assert.deepEqual(stored(), { site: "kept" });
});

test("what analytics.js left in cookies alone is taken over once, and does not come back after a reset", () => {
  browser.document.cookie = `other=1; ajs_user_id=${encodeURIComponent('"from-cookie"')}; ajs_anonymous_id=bare-text`;
  const user = opened();
  const first = visitor(user, encode);
  assert.deepEqual(first.state(), { id: "from-cookie", traits: {}, anonymousId: "bare-text" });
  first.write({ id: null, traits: {}, anonymousId: null });
  assert.deepEqual(visitor(opened(), encode).state(), { id: null, traits: {}, anonymousId: null });
  user.forget();
  assert.deepEqual(user.state(), { id: null, traits: {}, anonymousId: null });
});

/** What needs to know who the visitor is. @type {[string, (user: ReturnType<typeof createUser>) => unknown, boolean][]} */
const ASKING = [
  ["nothing", () => {}, false],
  ["the page, for the id", (user) => user.id(), true],
  ["the page, for the anonymous id", (user) => user.anonymousId(), true],
  ["an identify", (user) => user.say(1, "identify", () => [{ plan: "a" }]), true],
  ["a track", (user) => user.say(1, "track", () => ["E"]), false],
  ["a batch", (user) => visitor(user, encode).wire(), true],
  ["a dead page's track", (user) => user.inherit([leave(0, "track", ["E"])], []), false],
  ["a dead page's identify", (user) => user.inherit([leave(0, "identify", [{ plan: "a" }])], []), true],
  ["a page whose visitor refuses", (user) => (user.forget(), user.id()), false],
];

test("the page's cookies are read once, and only when somebody asks who the visitor is", () => {
  for (const [what, ask, reads] of ASKING) {
    localStorage.clear();
    let read = 0;
    Object.defineProperty(browser.document, "cookie", { get: () => (read++, "ajs_user_id=u1"), configurable: true });
    const user = opened();
    ask(user);
    assert.equal(read > 0, reads, what);
    const before = read;
    ask(user);
    assert.equal(read, before, what);
  }
});

test("what the page itself wrote under the keys counts only where it can be an id or traits", () => {
  localStorage.setItem("ajs_user_id", '{"an":"object"}');
  localStorage.setItem("ajs_user_traits", '"text"');
  localStorage.setItem("ajs_anonymous_id", "17");
  assert.deepEqual(visitor(opened(), encode).state(), { id: null, traits: {}, anonymousId: "17" });
});

test("what a batch made of the visitor is written where it is new", () => {
  const self = visitor(opened(), encode);
  self.write({ id: null, traits: {}, anonymousId: null });
  assert.deepEqual(stored(), {});
  self.write({ id: "u1", traits: { plan: "a" }, anonymousId: null });
  assert.deepEqual(stored(), { ajs_user_id: '"u1"', ajs_user_traits: '{"plan":"a"}' });
  assert.deepEqual(JSON.parse(self.wire()), { id: "u1", traits: { plan: "a" }, anonymousId: null });
});

test("the visitor's wire text has the local times of the traits", () => {
  const at = "2020-06-07 08:09:10";
  localStorage.setItem("ajs_user_traits", JSON.stringify({ at }));
  const { local } = JSON.parse(visitor(opened(), encode).wire());
  assert.deepEqual(local, { [at]: new Date("2020-06-07T08:09:10").toISOString() });
});

/** What a dead page has left in the journal. @param {number} number @param {string} method @param {unknown[]} args */
const leave = (number, method, args) => {
  const call = { key: `heap-web:11:page:${number}`, text: encode(args).text };
  call.text = `{"m":"${method}","a":${call.text}}`;
  localStorage.setItem(call.key, `1${call.text}`);
  return call;
};

test("what other pages said and Heap has not heard of is what the visitor is, until it has", () => {
  localStorage.setItem("ajs_user_id", '"u0"');
  const user = opened();
  const calls = [
    leave(0, "identify", ["u1", { plan: "a", at: new Date(0), none: undefined, big: 1n }]),
    leave(1, "identify", [{ size: 2 }]),
    leave(2, "track", ["E", { size: 3 }]),
  ];
  user.inherit(calls, []);
  const traits = { plan: "a", at: "1970-01-01T00:00:00.000Z", size: 2 };
  assert.deepEqual(user.state(), { id: "u1", traits, anonymousId: null });
  for (const { key } of calls) localStorage.removeItem(key);
  assert.deepEqual([user.id(), user.traits()], ["u0", {}]);
  user.inherit([leave(3, "identify", [undefined, { late: true }])], []);
  assert.deepEqual([user.id(), user.traits()], ["u0", { late: true }]);
});

test("what this page has said counts after what other pages said, whenever those are found", () => {
  const user = opened();
  const text = '{"m":"identify","a":[{"size":2}]}';
  user.say(7, "identify", () => [{ size: 2 }]);
  user.inherit([leave(0, "identify", ["u1", { plan: "a" }])], [{ id: 6, text: '{"m":"track","a":["E"]}' }, { id: 7, text }]);
  assert.deepEqual([user.id(), user.traits()], ["u1", { plan: "a", size: 2 }]);
  localStorage.clear();
  assert.deepEqual([user.id(), user.traits()], ["u1", { plan: "a", size: 2 }]);
  user.told(7);
  assert.deepEqual([user.id(), user.traits()], [null, {}]);
});
