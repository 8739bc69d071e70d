/** The group that was said last. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { createGroup } from "../../src/page/methods/group.js";
import { createStore } from "../../src/page/visitor/store.js";

const opened = () => {
  const store = createStore();
  store.open();
  return createGroup(store);
};

/** @type {[said: unknown[][], id: unknown, traits: unknown][]} */
const CASES = [
  [[], null, {}],
  [[["g1"]], "g1", {}],
  [[["g1", { a: 1 }]], "g1", { a: 1 }],
  [[["g1", { a: 1 }], ["g1", { b: 2 }]], "g1", { a: 1, b: 2 }],
  [[["g1", { a: 1 }], ["g2", { b: 2 }]], "g2", { b: 2 }],
  [[["g1", { a: 1 }], ["g2"]], "g2", {}],
  [[["g1", { a: 1 }], ["g1"]], "g1", { a: 1 }],
  [[["g1", { a: 1 }], [{ b: 2 }]], "g1", { a: 1, b: 2 }],
  [[["g1", { a: 1 }], [null]], null, {}],
];

test("group() says what was said last; traits of the same group are merged", () => {
  for (const [said, id, traits] of CASES) {
    localStorage.clear();
    const group = opened();
    for (const [first, second] of said) group.say(first, second);
    assert.deepEqual([group.id(), group.traits(), group.properties()], [id, traits, traits]);
  }
});

test("the group is kept under analytics.js' own keys, for the next page too, until it is reset", () => {
  const group = opened();
  group.say("g1", { a: 1 });
  assert.deepEqual(Object.fromEntries(browser.origin.stored), { ajs_group_id: '"g1"', ajs_group_properties: '{"a":1}' });
  assert.deepEqual([opened().id(), opened().traits()], ["g1", { a: 1 }]);
  group.reset();
  assert.deepEqual([opened().id(), opened().traits(), browser.origin.stored.size], [null, {}, 0]);
});

test("id and traits can be set by hand, and nothing that is stored otherwise throws", () => {
  const group = opened();
  assert.deepEqual([group.id("g2"), group.traits({ a: 1 })], ["g2", { a: 1 }]);
  assert.deepEqual([group.id(null), group.traits(null)], [null, {}]);
  localStorage.setItem("ajs_group_id", "{no json");
  localStorage.setItem("ajs_group_properties", "{no json");
  assert.deepEqual([group.id(), group.traits()], [null, {}]);
});
