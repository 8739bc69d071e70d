/**
 * JavaScript values -> wire text: JSON wherever JSON loses nothing that the rules tell apart, `{"$": kind}` where it would.
 * Everything is read here, at the moment of the call, once; whatever throws costs its own key alone.
 */

import { append, apply, bare, brand, Date, each, eachField, eachMatch, eachOfMap, eachOfSet, exec, getDate, getPrototypeOf, getTime, isArray, isView, keys, matches, own, part, stringify, toISOString } from "../natives.js";

const UNDEFINED = '{"$":"undefined"}';
const OPAQUE = '{"$":"opaque"}';
const DEPTH = 500;
/** Values in one call (64 characters of text count as one). A billion holes, or branches shared 2^50 times, end here. */
const ROOM = 300_000;

const OBJECT = getPrototypeOf({});

/** Brands of objects that are read as one primitive, as their text, and not at all. */
const BOXED = /^(Number|String|Boolean|BigInt|Symbol)$/;
const TEXT = /^(URL|RegExp|Error|DOMException)$/;
const EMPTY = /^(Promise|Weak|.*ArrayBuffer|DataView|Blob|File|Window)/;

/** What a JSON string must escape; lone surrogates are among them, and pairs do no harm there. */
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/; // eslint-disable-line no-control-regex
const LOCAL_TIME = /^(\d{4}-\d\d-(\d\d)) (\d\d:\d\d(:\d\d(\.\d+)?)?)$/;

/** @param {string} text */
const quote = (text) => (matches(ESCAPED, text) ? stringify(text) : `"${text}"`);

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
      const kind = part(brand(value), 8, -1);
      if (matches(BOXED, kind)) return any(value.valueOf());
      if (kind === "Map" || kind === "Set") return container(value, read[kind]);
      if (isView(value) && kind !== "DataView") return container(value, read.Array);
      if (eachField[kind]) return container(value, read.fields(kind));
      const date = kind === "Date";
      const text = matches(TEXT, kind);
      if (date || text || matches(EMPTY, kind) || typeof value.nodeType === "number") {
        if (!depth) return OPAQUE;
        if (text) return any(`${value}`);
        if (!date) return UNDEFINED;
        const time = getTime(value);
        return time === time ? quote(toISOString(value)) : '{"$":"date"}';
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

  /** Items of an array, or fields by their names; what throws is left out, in an array it is undefined. @param {any} value @param {string[]} [names] */
  const members = (value, names) => {
    const { length } = names || value;
    let text = "";
    let tagged = false;
    for (let i = 0; names && i < length; i++) if (names[i] === "$") tagged = true;
    for (let i = 0; i < length; i++) {
      const key = /** @type {string} */ (names ? names[i] : i);
      if (key === "__proto__") continue;
      if (--room < 0) break;
      const before = depth;
      let part = UNDEFINED;
      try {
        part = any(value[key]);
      } catch {
        depth = before;
        if (names) continue;
      }
      if (text) text += ",";
      if (names) text += tagged ? `[${quote(key)},${part}]` : `${quote(key)}:${part}`;
      else text += part;
    }
    return tagged ? `{"$":"object","v":[${text}]}` : names ? `{${text}}` : `[${text}]`;
  };

  const read = {
    /** @param {any} value */
    Array: (value) => members(value),
    /** @param {any} value */
    Object: (value) => members(value, keys(value)),
    /** @param {Set<unknown>} value */
    Set(value) {
      /** @type {unknown[]} */
      const items = [];
      eachOfSet(value, (item) => append(items, item));
      return members(items);
    },
    /** @param {Map<unknown, unknown>} value */
    Map(value) {
      const fields = bare();
      eachOfMap(value, (item, key) => typeof key === "string" && (fields[key] = item));
      return members(fields, keys(fields));
    },
    /** URLSearchParams and the like: a name that is there more than once has an array. @param {string} kind */
    fields: (kind) => (/** @type {any} */ value) => {
      const fields = bare();
      eachField[kind]?.(value, (item, key) => {
        const before = fields[key];
        if (!(key in fields)) fields[key] = item;
        else if (isArray(before)) append(before, item);
        else fields[key] = [before, item];
      });
      return members(fields, keys(fields));
    },
  };

  const text = members(args);
  return { text, local: local && `{${local}}`, cut: cut || room < 0 };
}

const LOCAL_TIMES = /"(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?)"/;

/**
 * Wire text from Python, and what its local times are in the visitor's zone, as `encode` gives them. Text that another JSON text has
 * within it escapes its quotes, and so is none.
 * @param {string} text of a call
 */
export function withLocalTimes(text) {
  const found = bare();
  eachMatch(text, LOCAL_TIMES, (match) => {
    const time = /** @type {string} */ (match[1]);
    found[time] = localTime(time);
  });
  let local = "";
  each(keys(found), (time) => {
    if (found[time]) local += `${local && ","}"${time}":"${found[time]}"`;
  });
  return local ? `${part(text, 0, -1)},"l":{${local}}}` : text;
}

/**
 * A local date and time as ISO text, in the visitor's zone as it was on that date; "" if there is no such date.
 * @param {string} text
 */
function localTime(text) {
  const found = exec(LOCAL_TIME, text);
  if (!found) return "";
  const local = new Date(`${found[1]}T${found[3]}`);
  return getDate(local) === +(found[2] || 0) ? toISOString(local) : "";
}
