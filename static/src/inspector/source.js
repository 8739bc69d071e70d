// Writes a call as source text, in JavaScript or in Python: short values on one line, longer ones over several.

/**
 * @typedef {{
 *   indent: string, comma: string, undefined: string, null: string, true: string, false: string,
 *   key(key: string): string, tag(kind: string, text: string): string,
 * }} Language
 */

const WIDTH = 76;
const NAME = /^[A-Za-z_$][\w$]*$/;

/** @type {Language} */
const JAVASCRIPT = {
  indent: "  ",
  comma: "",
  undefined: "undefined",
  null: "null",
  true: "true",
  false: "false",
  key: (key) => (NAME.test(key) ? key : JSON.stringify(key)),
  tag(kind, text) {
    if (kind === "number") return text;
    if (kind === "bigint") return `${text}n`;
    if (kind === "function") return "() => {}";
    if (kind === "date") return "new Date(NaN)";
    return kind === "undefined" ? "undefined" : "{}";
  },
};

/** @type {Language} */
const PYTHON = {
  indent: "    ",
  comma: ",",
  undefined: "None",
  null: "None",
  true: "True",
  false: "False",
  key: (key) => JSON.stringify(key),
  tag(kind, text) {
    if (kind === "number")
      return /^-?\d/.test(text)
        ? text
        : `float("${text === "NaN" ? "nan" : text.toLowerCase().replace("infinity", "inf")}")`;
    if (kind === "bigint") return text;
    return "None";
  },
};

/**
 * The call as JavaScript; values may be wire values (`{"$": kind, …}`).
 * @param {string} callee
 * @param {readonly unknown[]} args
 */
export const toJavaScript = (callee, args) => call(callee, args, JAVASCRIPT);

/**
 * The call as Python.
 * @param {string} callee
 * @param {readonly unknown[]} args
 */
export const toPython = (callee, args) => call(callee, args, PYTHON);

/** One value as JavaScript. @param {unknown} value */
export const valueToJavaScript = (value) => write(value, JAVASCRIPT, 0, 0);

/**
 * A value as a person reads it: what is no JSON in words. Within a call, functions, symbols and the like come as
 * "undefined": the page writes down that there is nothing for Heap, not which nothing it was.
 * @param {unknown} value
 */
export function valueInWords(value) {
  const kind = tagOf(value);
  if (kind === "undefined") return "undefined, a function or the like";
  if (kind === "function") return "a function";
  if (kind === "opaque") return "an object of the browser";
  if (kind === "date") return "an invalid Date";
  return valueToJavaScript(value);
}

/**
 * The kind of a wire value that is no plain JSON ("undefined", "bigint", "date" …), or null.
 * @param {unknown} value
 */
export function tagOf(value) {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, "$")) return null;
  const kind = /** @type {{$: unknown}} */ (value).$;
  return typeof kind === "string" ? kind : null;
}

/**
 * The entries of an object or of a wire value that stands for one, or null for anything else.
 * @param {unknown} value
 * @returns {[string, unknown][] | null}
 */
export function entriesOf(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const kind = tagOf(value);
  if (kind === "object") return /** @type {{v: [string, unknown][]}} */ (value).v;
  return kind === null ? Object.entries(value) : null;
}

/** @param {string} callee @param {readonly unknown[]} args @param {Language} language */
function call(callee, args, language) {
  const flat = `${callee}(${args.map((each) => inOneLine(each, language)).join(", ")})`;
  if (flat.length <= WIDTH) return flat;
  return `${callee}(${args.map((each) => write(each, language, 0, callee.length)).join(", ")})`;
}

/** @param {unknown} value @param {Language} language @param {number} depth @param {number} used */
function write(value, language, depth, used) {
  const short = inOneLine(value, language);
  if (used + short.length + language.indent.length * depth <= WIDTH) return short;
  const items = listOf(value, language, (each, room) => write(each, language, depth + 1, room));
  if (!items || items.inner.length === 0) return short;
  const pad = language.indent.repeat(depth + 1);
  const end = `${language.comma}\n${language.indent.repeat(depth)}${items.close}`;
  return `${items.open}\n${items.inner.map((each) => pad + each).join(",\n")}${end}`;
}

/** @param {unknown} value @param {Language} language @returns {string} */
function inOneLine(value, language) {
  const items = listOf(value, language, (each) => inOneLine(each, language));
  if (items) {
    const spaced = items.open === "{" && language === JAVASCRIPT && items.inner.length > 0;
    return spaced ? `{ ${items.inner.join(", ")} }` : items.open + items.inner.join(", ") + items.close;
  }
  if (value === undefined) return language.undefined;
  if (value === null) return language.null;
  if (value === true) return language.true;
  if (value === false) return language.false;
  const kind = tagOf(value);
  if (kind !== null) return language.tag(kind, String(/** @type {{v?: unknown}} */ (value).v ?? ""));
  if (typeof value === "string") return quote(value);
  return Object.is(value, -0) ? "-0" : String(value);
}

/** @param {unknown} value @param {Language} language @param {(value: unknown, used: number) => string} inside */
function listOf(value, language, inside) {
  if (Array.isArray(value)) return { open: "[", close: "]", inner: value.map((each) => inside(each, 0)) };
  const entries = entriesOf(value);
  if (!entries) return null;
  const inner = entries.map(([key, each]) => {
    const name = `${language.key(key)}: `;
    return name + inside(each, name.length);
  });
  return { open: "{", close: "}", inner };
}

/** Text in quotes: single ones around double ones, so that JSON text stays readable. @param {string} text */
function quote(text) {
  const double = JSON.stringify(text);
  return text.includes('"') && !text.includes("'") ? `'${double.slice(1, -1).replaceAll('\\"', '"')}'` : double;
}
