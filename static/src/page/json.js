/** Plain JSON of a value, by rules of our own: a toJSON that some library gave to every object changes nothing that we keep or say. */

import { append, brand, each, getTime, isArray, keys, stringify, toISOString } from "./natives.js";

/** @param {unknown} value what comes of JSON; a date is its text, and what JSON has not is left out (in an array: null) @returns {string} */
export function json(value) {
  return write(value, []) || "null";
}

/** @param {any} value @param {unknown[]} path the containers around it, for cycles @returns {string} "" for what JSON has not */
function write(value, path) {
  switch (typeof value) {
    case "string":
      return stringify(value);
    case "boolean":
      return `${value}`;
    case "number":
      return value - value === 0 ? `${value}` : "null";
    case "object":
      return value ? container(value, path) : "null";
  }
  return "";
}

/** @param {any} value @param {unknown[]} path */
function container(value, path) {
  if (brand(value) === "[object Date]") {
    const time = getTime(value);
    return time === time ? stringify(toISOString(value)) : "null";
  }
  for (let i = 0; i < path.length; i++) if (path[i] === value) return "";
  append(path, value);
  let text = "";
  if (isArray(value)) {
    each(value, (item, i) => (text += `${i ? "," : ""}${write(item, path) || "null"}`));
    text = `[${text}]`;
  } else {
    each(keys(value), (key) => {
      const part = write(value[key], path);
      if (part) text += `${text && ","}${stringify(key)}:${part}`;
    });
    text = `{${text}}`;
  }
  path.length--;
  return text;
}
