/** JavaScript values as wire text. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

import { encode } from "../../src/page/calls/wire.js";

/** The wire text of one value among a call's properties. @param {unknown} value */
const inside = (value) => {
  const { text } = encode([{ value }]);
  return text === "[{}]" ? "" : text.slice('[{"value":'.length, -2);
};

const UNDEFINED = '{"$":"undefined"}';

/** @param {Record<string, string>} fields */
function form(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

/** @type {[value: unknown, text: string][]} */
const VALUES = [
  [null, "null"],
  [true, "true"],
  [1.5, "1.5"],
  [-0, "0"],
  [NaN, '{"$":"number","v":"NaN"}'],
  [Infinity, '{"$":"number","v":"Infinity"}'],
  [2 ** 53, '{"$":"number","v":"9007199254740992"}'],
  [2 ** 53 - 1, "9007199254740991"],
  [10n ** 20n, '{"$":"bigint","v":"100000000000000000000"}'],
  ["text", '"text"'],
  ['"\\\u0000', '"\\"\\\\\\u0000"'],
  ["\ud800", '"\\ud800"'],
  ["😀", '"😀"'],
  [undefined, UNDEFINED],
  [() => 1, UNDEFINED],
  [Symbol("s"), UNDEFINED],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [new Date(NaN), '{"$":"date"}'],
  [runInNewContext("new Date(0)"), '"1970-01-01T00:00:00.000Z"'],
  [new URL("https://site.example/a"), '"https://site.example/a"'],
  [/a+/g, '"/a+/g"'],
  [RangeError("no"), '"RangeError: no"'],
  [Object(5), "5"],
  [Object("s"), '"s"'],
  [new Map(/** @type {any} */ ([["a", 1], [2, "b"]])), '{"a":1}'],
  [new Set([1, "a"]), '[1,"a"]'],
  [new Uint8Array([1, 2]), "[1,2]"],
  [new URLSearchParams("a=1&b=2&a=3&a=4&__proto__=5"), '{"a":["1","3","4"],"b":"2"}'],
  [new Headers({ "X-One": "1" }), '{"x-one":"1"}'],
  [form({ name: "Ada" }), '{"name":"Ada"}'],
  [new ArrayBuffer(2), UNDEFINED],
  [Promise.resolve(1), UNDEFINED],
  [[1, , 3], `[1,${UNDEFINED},3]`], // prettier-ignore
  [{ $: 1, a: 2 }, '{"$":"object","v":[["$",1],["a",2]]}'],
  [{ toJSON: () => ({ b: 1 }) }, '{"b":1}'],
  [JSON.parse('{"__proto__": {"polluted": 1}, "a": 1}'), '{"a":1}'],
  [{ get bad() { throw Error("getter"); }, good: 1 }, '{"good":1}'], // prettier-ignore
  [Object.create({ inherited: 1 }), "{}"],
];

test("each value that JSON does not keep has a text that the rules can tell apart", () => {
  for (const [value, text] of VALUES) assert.equal(inside(value), text);
});

test("a function and a symbol as an argument are told apart from a missing one", () => {
  assert.equal(encode([() => 1, Symbol(), undefined]).text, '[{"$":"function"},{"$":"opaque"},{"$":"undefined"}]');
});

test("a cycle ends where it closes, and a value met twice is written twice", () => {
  /** @type {any} */
  const cycle = { a: 1 };
  cycle.self = cycle;
  assert.equal(inside(cycle), `{"a":1,"self":${UNDEFINED}}`);
  const shared = { b: 2 };
  assert.equal(inside([shared, shared]), '[{"b":2},{"b":2}]');
});

test("what is too deep or too much is cut, and said to be", () => {
  /** @type {any} */
  let deep = 1;
  for (let i = 0; i < 600; i++) deep = [deep];
  const cut = encode([deep]);
  assert.equal(cut.cut, true);
  assert.equal(cut.text, `[${"[".repeat(500)}${UNDEFINED}${"]".repeat(500)}]`);
  assert.equal(encode([new Array(1e9)]).cut, true);
  assert.equal(encode([{ a: [1, 2, 3] }]).cut, false);
});

test("a toJSON that a library gave to every array changes nothing", () => {
  /** @type {any} */ (Array.prototype).toJSON = () => "broken";
  try {
    assert.equal(inside([1, 2]), "[1,2]");
  } finally {
    delete (/** @type {any} */ (Array.prototype).toJSON);
  }
});

test("a local time is given as ISO text too, in the zone of that date, if there is such a date", () => {
  const local = "2020-06-07 08:09:10";
  const { local: known } = encode([{ at: local, none: "2020-02-30 08:09:10", text: "2020-06-07 and more words" }]);
  assert.deepEqual(JSON.parse(known), { [local]: new Date("2020-06-07T08:09:10").toISOString() });
});

test("wire text is JSON, whatever the values", () => {
  for (const [value] of VALUES) JSON.parse(encode([value, { value }, [value]]).text);
});
