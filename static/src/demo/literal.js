// Reads a value as JavaScript writes it, without eval: JSON, loose keys and quotes, Date, Map, BigInt, RegExp …
//
// What it takes is a value, not a program: no variables (but for a few names), no operators but a leading minus.
// `circular` stands for the outermost value itself.

/** @typedef {{text: string, at: number, root: unknown}} Reading */

export class LiteralError extends Error {
  /** @param {string} message @param {string} text @param {number} at */
  constructor(message, text, at) {
    const before = text.slice(0, at).split("\n");
    super(`Line ${before.length}, column ${(before.at(-1) ?? "").length + 1}: ${message}`);
    this.name = "LiteralError";
    this.at = at;
  }
}

/** @type {Record<string, (args: any[]) => unknown>} */
const MAKERS = {
  Date: (args) => (args.length ? new Date(.../** @type {[any]} */ (args)) : new Date()),
  Map: ([entries]) => new Map(entries),
  Set: ([items]) => new Set(items),
  URL: ([text, base]) => new URL(text, base),
  RegExp: ([source, flags]) => new RegExp(source, flags),
  Error: ([message]) => new Error(message),
  TypeError: ([message]) => new TypeError(message),
  Uint8Array: ([items]) => new Uint8Array(items),
  Float64Array: ([items]) => new Float64Array(items),
  ArrayBuffer: ([size]) => new ArrayBuffer(size),
  Number: ([value]) => Object(Number(value)),
  String: ([value]) => Object(String(value)),
  Boolean: ([value]) => Object(Boolean(value)),
  WeakMap: () => new WeakMap(),
};

/** @type {Record<string, (args: any[]) => unknown>} */
const CALLS = {
  BigInt: ([value]) => BigInt(value),
  Symbol: ([name]) => Symbol(name),
  Date: () => Date(),
};

/** @type {Record<string, (root: unknown) => unknown>} */
const NAMES = {
  true: () => true,
  false: () => false,
  null: () => null,
  undefined: () => undefined,
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  window: () => window,
  document: () => document,
  circular: (root) => root,
};

/**
 * The value that the text writes; throws LiteralError, which says where it stopped. An empty text is undefined.
 * @param {string} text
 */
export function readLiteral(text) {
  /** @type {Reading} */
  const reading = { text, at: 0, root: undefined };
  skip(reading);
  if (reading.at === text.length) return undefined;
  const value = readValue(reading);
  skip(reading);
  if (reading.at < text.length) throw fail(reading, "nothing may follow the value");
  return value;
}

/** @param {Reading} reading @param {string} message */
const fail = (reading, message) => new LiteralError(message, reading.text, reading.at);

/** @param {Reading} reading */
function skip(reading) {
  reading.at += /** @type {RegExpExecArray} */ (match(reading, /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y))[0].length;
}

/** @param {Reading} reading @param {RegExp} sticky */
function match(reading, sticky) {
  sticky.lastIndex = reading.at;
  return sticky.exec(reading.text);
}

/** Takes what the expression matches, or null. @param {Reading} reading @param {RegExp} sticky */
function take(reading, sticky) {
  const found = match(reading, sticky);
  if (found) reading.at += found[0].length;
  return found;
}

/** @param {Reading} reading @returns {unknown} */
function readValue(reading) {
  skip(reading);
  const next = reading.text[reading.at];
  if (next === undefined) throw fail(reading, "a value is missing");
  if (next === "{") return readObject(reading);
  if (next === "[") return readList(reading, "]", []);
  if (next === '"' || next === "'" || next === "`") return readText(reading);
  if (next === "/") return readPattern(reading);
  if (match(reading, /(?:async\s+)?(?:function\b|\([\w\s,]*\)\s*=>|[A-Za-z_$][\w$]*\s*=>)/y))
    return readFunction(reading);
  if (take(reading, /\(/y)) return readItems(reading, ")", [])[0];
  const number = take(reading, /[-+]?(?:0[xX][\da-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(n?)/y);
  if (number) return readNumber(number[0].replaceAll("_", ""), number[1] === "n", reading);
  if (take(reading, /-\s*Infinity\b/y)) return Number.NEGATIVE_INFINITY;
  const made = take(reading, /new\s+([A-Za-z_$][\w$]*)/y);
  if (made) return make(reading, made[1], MAKERS);
  if (take(reading, /document\.body\b/y)) return document.body;
  const name = take(reading, /[A-Za-z_$][\w$]*/y)?.[0];
  if (name !== undefined && Object.hasOwn(CALLS, name) && match(reading, /\s*\(/y)) return make(reading, name, CALLS);
  if (name !== undefined && Object.hasOwn(NAMES, name)) return NAMES[name](reading.root);
  if (name !== undefined) reading.at -= name.length;
  throw fail(
    reading,
    name === undefined ? `${next} cannot begin a value` : `${name} is no value known here; text needs quotes`,
  );
}

/** @param {string} text @param {boolean} big @param {Reading} reading */
function readNumber(text, big, reading) {
  if (!big) return Number(text);
  try {
    return BigInt(text.slice(0, -1));
  } catch {
    throw fail(reading, `${text} is no BigInt`);
  }
}

/** @param {Reading} reading @param {string} name @param {Record<string, (args: any[]) => unknown>} table */
function make(reading, name, table) {
  if (!Object.hasOwn(table, name)) throw fail(reading, `new ${name} is not known here`);
  const at = reading.at;
  const args = take(reading, /\s*\(/y) ? readItems(reading, ")", []) : [];
  try {
    return table[name](args);
  } catch (error) {
    throw new LiteralError(`${name}: ${error instanceof Error ? error.message : error}`, reading.text, at);
  }
}

/** @param {Reading} reading @param {string} end @param {unknown[]} into */
function readList(reading, end, into) {
  reading.root ??= into;
  reading.at += 1;
  return readItems(reading, end, into);
}

/**
 * Items up to the closing sign, which is taken too.
 * @param {Reading} reading @param {string} end @param {unknown[]} into
 */
function readItems(reading, end, into) {
  for (;;) {
    skip(reading);
    if (reading.text[reading.at] === end) break;
    into.push(readValue(reading));
    comma(reading, end);
  }
  reading.at += 1;
  return into;
}

/** @param {Reading} reading @param {string} end */
function comma(reading, end) {
  skip(reading);
  if (reading.text[reading.at] === end) return;
  if (!take(reading, /,/y)) throw fail(reading, `a comma or ${end} is missing`);
}

/** @param {Reading} reading */
function readObject(reading) {
  const made = {};
  reading.root ??= made;
  reading.at += 1;
  for (;;) {
    skip(reading);
    if (reading.text[reading.at] === "}") break;
    const key = readKey(reading);
    skip(reading);
    if (!take(reading, /:/y)) throw fail(reading, `a colon is missing after ${key}`);
    // Defined, not assigned: __proto__ is a key like any other here.
    Object.defineProperty(made, key, {
      value: readValue(reading),
      writable: true,
      enumerable: true,
      configurable: true,
    });
    comma(reading, "}");
  }
  reading.at += 1;
  return made;
}

/** @param {Reading} reading */
function readKey(reading) {
  const next = reading.text[reading.at];
  if (next === '"' || next === "'") return readText(reading);
  const name = take(reading, /[\p{L}_$][\p{L}\p{N}_$]*|\d+/uy)?.[0];
  if (name === undefined)
    throw fail(reading, next === undefined ? "the object is not closed" : `${next} cannot begin a key`);
  return name;
}

/** @type {Record<string, string>} */
const ESCAPES = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", 0: "\0", "\n": "" };

/** @param {Reading} reading */
function readText(reading) {
  const quote = reading.text[reading.at];
  reading.at += 1;
  let made = "";
  for (;;) {
    const next = reading.text[reading.at];
    if (next === undefined || (next === "\n" && quote !== "`")) throw fail(reading, "the text is not closed");
    reading.at += 1;
    if (next === quote) return made;
    made += next === "\\" ? readEscape(reading) : next;
  }
}

/** @param {Reading} reading */
function readEscape(reading) {
  const code = take(reading, /u([\da-fA-F]{4})|x([\da-fA-F]{2})/y);
  if (code) return String.fromCharCode(Number.parseInt(code[1] ?? code[2], 16));
  const point = take(reading, /u\{([\da-fA-F]{1,6})\}/y);
  if (point) return String.fromCodePoint(Math.min(Number.parseInt(point[1], 16), 0x10ffff));
  const next = reading.text[reading.at] ?? "";
  reading.at += 1;
  return ESCAPES[next] ?? next;
}

/** @param {Reading} reading */
function readPattern(reading) {
  const found = take(reading, /\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)/y);
  if (!found) throw fail(reading, "the regular expression is not closed");
  try {
    return new RegExp(found[1], found[2]);
  } catch (error) {
    throw fail(reading, error instanceof Error ? error.message : "no regular expression");
  }
}

/** Any function is read as one that does nothing: what it would do never reaches Heap. @param {Reading} reading */
function readFunction(reading) {
  const head = take(
    reading,
    /(?:async\s+)?(?:function\b\s*\*?\s*[\w$]*\s*\([^)]*\)|(?:\([^)]*\)|[A-Za-z_$][\w$]*)\s*=>)\s*/y,
  );
  if (!head) throw fail(reading, "a function needs its parameters");
  if (reading.text[reading.at] !== "{") {
    readValue(reading); // the arrow's result
    return () => {};
  }
  let depth = 0;
  for (; reading.at < reading.text.length; reading.at += 1) {
    if (reading.text[reading.at] === "{") depth += 1;
    if (reading.text[reading.at] === "}") depth -= 1;
    if (depth === 0) {
      reading.at += 1;
      return () => {};
    }
  }
  throw fail(reading, "the function is not closed");
}
