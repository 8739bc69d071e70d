/**
 * JavaScript values -> wire text: JSON wherever JSON loses nothing that the rules tell apart, `{"$": kind}` where it would.
 * Everything is read here, at the moment of the call, once; whatever throws costs its own key alone.
 */

import { append, apply, brand, getPrototypeOf, isArray, keys, own, stringify } from "./natives.js";

const UNDEFINED = '{"$":"undefined"}';
const OPAQUE = '{"$":"opaque"}';
const DEPTH = 500;
/** Values in one call (64 characters of text count as one). A billion holes, or branches shared 2^50 times, end here. */
const ROOM = 300_000;

const OBJECT = /** @type {any} */ (Object.prototype);
const { getTime, toISOString } = Date.prototype;
const { forEach: eachInMap } = Map.prototype;
const { forEach: eachInSet } = Set.prototype;
const { isView } = ArrayBuffer;

/** Objects that are read as one primitive, by brand. @type {Record<string, Function>} */
const PRIMITIVE = {
  // @ts-ignore a null prototype, so that no brand finds what it should not
  __proto__: null,
  Number: Number.prototype.valueOf,
  String: String.prototype.valueOf,
  Boolean: Boolean.prototype.valueOf,
  BigInt: BigInt.prototype.valueOf,
  Symbol: Symbol.prototype.valueOf,
};

/** Objects that are read as their text, by brand. @type {Record<string, Function>} */
const TEXT = {
  // @ts-ignore
  __proto__: null,
  /** @this {URL} */
  URL() {
    return this.href;
  },
  RegExp: RegExp.prototype.toString,
  Error: Error.prototype.toString,
  DOMException: Error.prototype.toString,
};

/** Brands of objects that have no content to send. */
const EMPTY = /^(Promise|Weak.*|(Shared)?ArrayBuffer|DataView|Blob|File.*|Window|global|.*Iterator|.*Generator)$/;

/** What a JSON string must escape; lone surrogates are among them, and pairs do no harm there. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/; // eslint-disable-line no-control-regex
/** A date and time with a space between; a zone behind it is not read, as in analytics.js. */
const LOCAL_TIME = /^(\d{4})-(\d\d)-(\d\d) (\d\d):?(\d\d)(?::?(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d(:?\d\d)?)?$/;

/** @param {string} text */
const quote = (text) => (ESCAPED.test(text) ? stringify(text) : `"${text}"`);

/**
 * @param {ArrayLike<unknown>} args the arguments of a call
 * @returns {{text: string, local: string, cut: boolean}} JSON text of the array; JSON text of an object that gives each local
 *   time in it as ISO text, or ""; whether something was too deep or too much
 */
export function encode(args) {
  let local = "";
  let cut = false;
  let room = ROOM;
  /** @type {unknown[]} the containers around the value being read, for cycles */
  const path = [];
  let depth = 0;

  /** @param {any} value @param {boolean} [isJson] whether toJSON has been called already @returns {string} */
  const any = (value, isJson) => {
    switch (typeof value) {
      case "string": {
        if (depth) {
          room -= value.length >> 6;
          if (room < 0) break;
          if (value[10] === " " && value.length > 14) {
            const iso = localTime(value);
            if (iso) local += `${local && ","}"${value}":"${iso}"`;
          }
        }
        return quote(value);
      }
      case "number":
        return value < 2 ** 53 && value > -(2 ** 53) ? `${value}` : `{"$":"number","v":"${value}"}`;
      case "boolean":
        return `${value}`;
      case "bigint":
        return `{"$":"bigint","v":"${value}"}`;
      case "object":
        return value ? object(value, isJson) : "null";
      case "function":
        return depth ? UNDEFINED : '{"$":"function"}';
      case "symbol":
        return depth ? UNDEFINED : OPAQUE;
    }
    return UNDEFINED;
  };

  /** @param {any} value @param {boolean} [isJson] @returns {string} */
  const object = (value, isJson) => {
    const array = isArray(value);
    if (!array && getPrototypeOf(value) !== OBJECT) {
      const kind = brand(value).slice(8, -1);
      const primitive = PRIMITIVE[kind];
      if (primitive) return any(apply(primitive, value, []));
      if (kind === "Map" || kind === "Set") return container(value, read[kind]);
      if (isView(value) && kind !== "DataView") return container(value, read.Array);
      const date = kind === "Date";
      const text = TEXT[kind];
      if (date || text || EMPTY.test(kind) || typeof value.nodeType === "number") {
        if (!depth) return OPAQUE;
        if (text) return any(`${apply(text, value, [])}`);
        if (!date) return UNDEFINED;
        const time = apply(getTime, value, []);
        return time === time ? quote(apply(toISOString, value, [])) : '{"$":"date"}';
      }
    }
    // A toJSON that some old library gave to every object or array is none of the page's own.
    const { toJSON } = value;
    return !isJson && typeof toJSON === "function" && (own(value, "toJSON") || !(array || toJSON === OBJECT.toJSON))
      ? any(apply(toJSON, value, [""]), true)
      : container(value, array ? read.Array : read.Object);
  };

  /** @param {unknown} value @param {(value: any) => string} write */
  const container = (value, write) => {
    for (let i = 0; i < depth; i++) if (path[i] === value) return UNDEFINED;
    if (depth >= DEPTH) {
      cut = true;
      return UNDEFINED;
    }
    path[depth++] = value;
    const text = write(value);
    depth--;
    return text;
  };

  const read = {
    /** @param {ArrayLike<unknown>} value */
    Array(value) {
      const { length } = value;
      let text = "";
      for (let i = 0; i < length; i++) {
        if (--room < 0) break;
        if (i) text += ",";
        const before = depth;
        try {
          text += any(value[i]);
        } catch {
          depth = before;
          text += UNDEFINED;
        }
      }
      return `[${text}]`;
    },
    /** @param {Record<string, unknown>} value */
    Object(value) {
      const names = keys(value);
      const { length } = names;
      let tagged = false;
      for (let i = 0; i < length; i++) if (names[i] === "$") tagged = true;
      let text = "";
      for (let i = 0; i < length; i++) {
        const key = /** @type {string} */ (names[i]);
        if (key === "__proto__") continue;
        if (--room < 0) break;
        const before = depth;
        try {
          const part = any(value[key]);
          if (text) text += ",";
          text += tagged ? `[${quote(key)},${part}]` : `${quote(key)}:${part}`;
        } catch {
          depth = before;
        }
      }
      return tagged ? `{"$":"object","v":[${text}]}` : `{${text}}`;
    },
    /** @param {Set<unknown>} value */
    Set(value) {
      /** @type {unknown[]} */
      const items = [];
      apply(eachInSet, value, [(/** @type {unknown} */ item) => append(items, item)]);
      return read.Array(items);
    },
    /** @param {Map<unknown, unknown>} value */
    Map(value) {
      /** @type {Record<string, unknown>} */
      const fields = { __proto__: /** @type {any} */ (null) };
      apply(eachInMap, value, [
        (/** @type {unknown} */ item, /** @type {unknown} */ key) => typeof key === "string" && (fields[key] = item),
      ]);
      return read.Object(fields);
    },
  };

  const text = read.Array(args);
  return { text, local: local && `{${local}}`, cut: cut || room < 0 };
}

/**
 * A local date and time as ISO text, in the visitor's zone as it was on that date; undefined if there is no such date.
 * @param {string} text
 */
function localTime(text) {
  const match = LOCAL_TIME.exec(text);
  if (!match) return;
  const [, year, month, day, hour, minute, second = 0, fraction = ""] = /** @type {any} */ (match);
  const date = new Date(2000, 0, 1, hour, minute, second, +`${fraction}00`.slice(0, 3));
  const days = date.getDate() - 1; // 24:00
  date.setFullYear(year, month - 1, +day + days);
  const midnight = new Date(2000, 0);
  midnight.setFullYear(year, month - 1, day);
  return midnight.getMonth() == month - 1 && (hour < 24 || (hour == 24 && minute + second == 0)) && minute < 60 && second < 60
    ? date.toISOString()
    : undefined;
}
