// Batches that nobody has recorded: the recorded ones with other values in them, and what is no batch at all.

const SEED = 1;

/** @type {unknown[]} */
const ODD = [
  0, -1, 1.5, 1e-7, 1e21, 123456789012345680000, 0.1, 1.7976931348623157e308, 5e-324, 4294967296, true, false, null, "", "a", "ü€😀", "\ud83d", "\u0000\u001f\"\\\u2028",
  "x".repeat(300), "é".repeat(2000), "2020-06-07T10:11:12+02:00", "2020-06-07", "2020-W23-7", "12:30", "a@b.example", "0", "-0", "NaN", "1e5", "__proto__", "constructor",
  [], [1, "2", [3, [4]]], {}, { a: { b: { c: { d: [{ e: "f" }] } } } }, { "1": "b", "0": "a", "": 0, "a.b": 1 }, { $: "undefined" }, { $: "date" }, { $: "function" },
  { $: "number", v: "-Infinity" }, { $: "bigint", v: "9".repeat(400) }, { $: "object", v: [["$", 1], ["k", { $: "undefined" }]] }, { $: "unknown" }, { $: 1, v: 2 },
];

/** The same numbers on each run, spread as if by chance. @param {number} seed */
function chance(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** @param {unknown} value @param {(below: number) => number} pick @returns {unknown} */
function altered(value, pick) {
  if (pick(6) === 0) return ODD[pick(ODD.length)];
  if (Array.isArray(value)) return value.map((item) => altered(item, pick));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [pick(12) ? key : `${key}${ODD[pick(31)]}`, altered(item, pick)]));
}

/** @param {number} depth */
const nested = (depth) => `{"config":{},"user":{},"calls":[{"m":"track","a":["E",{"p":${"[".repeat(depth)}${"]".repeat(depth)}}]}]}`;

/**
 * @param {string[]} batches
 * @param {number} seed
 * @param {number} rounds how often each is altered
 * @returns {string[]}
 */
function oddBatches(batches, seed, rounds) {
  const pick = chance(seed);
  const other = Array.from({ length: rounds }, () => batches.map((batch) => JSON.stringify(altered(JSON.parse(batch), pick))));
  const big = JSON.stringify({ config: {}, user: {}, calls: Array.from({ length: 300 }, (_, i) => ({ m: "track", a: [`E${i}`, { list: ODD, text: "y".repeat(20_000) }] })) });
  return [...other.flat(), "", "x", "[]", "{}", "null", '{"calls":', '{"calls":[null,1,{}]}', ...[50, 600, 1500].map(nested), big];
}

/**
 * @param {string[]} batches
 * @param {number} rounds how often each is altered; 0: only the batches themselves
 * @returns {string[]} the batches, and those that nobody has recorded: the same ones on each run
 */
export function allBatches(batches, rounds) {
  return rounds ? [...batches, ...oddBatches(batches, SEED, rounds)] : batches;
}
