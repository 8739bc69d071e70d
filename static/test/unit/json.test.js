/** Plain JSON by our own rules: whatever libraries did to every object changes nothing. */

import "../harness.js";

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { json } from "../../src/page/json.js";

const prototypes = /** @type {any[]} */ ([Object.prototype, Array.prototype, String.prototype]);

afterEach(() => {
  for (const prototype of prototypes) delete prototype.toJSON;
});

const cycle = /** @type {any} */ ({ a: 1 });
cycle.self = cycle;
cycle.list = [cycle, 2];
const shared = { b: 1 };

/** @type {[value: unknown, text: string][]} */
const CASES = [
  [null, "null"],
  [undefined, "null"],
  ["ü\u2028\ud800\"", '"ü\u2028\\ud800\\""'],
  [1e21, "1e+21"],
  [NaN, "null"],
  [-Infinity, "null"],
  [true, "true"],
  [10n, "null"],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [new Date(NaN), "null"],
  [[1, undefined, () => 1, [null]], "[1,null,null,[null]]"],
  [{ a: undefined, b: () => 1, c: Symbol("s"), d: 1n, e: null }, '{"e":null}'],
  [{ "": 1, 'q"': { x: [{}] } }, '{"":1,"q\\"":{"x":[{}]}}'],
  [cycle, '{"a":1,"list":[null,2]}'],
  [[shared, shared], '[{"b":1},{"b":1}]'],
  [{ toJSON: () => "mine" }, "{}"],
  [Object.create({ inherited: 1 }), "{}"],
];

test("a value is the JSON that it is, without what JSON has not, and without its cycles", () => {
  for (const [value, text] of CASES) assert.equal(json(value), text);
});

test("a toJSON that a library gave to every object changes nothing, even one that throws", () => {
  for (const prototype of prototypes)
    prototype.toJSON = () => {
      throw Error("not asked");
    };
  for (const [value, text] of CASES) assert.equal(json(value), text);
});
