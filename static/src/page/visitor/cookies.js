/** What analytics.js left of the visitor in cookies. */

import { attempt, cookies, decodeURIComponent, exec, isObject, parse, RegExp, stringify } from "../natives.js";

/**
 * analytics.js 1 wrote JSON, analytics.js 2 bare text, in which a number is nothing but its digits: text of any length, and no number.
 * @param {string} key of user.js @returns {string | null} JSON text, as localStorage would have it
 */
export function fromCookie(key) {
  const match = attempt(() => exec(RegExp(`(?:^|; )${key}=([^;]*)`), cookies()));
  const text = match && attempt(() => decodeURIComponent(/** @type {string} */ (match[1])));
  if (!text) return null;
  const value = attempt(() => parse(text));
  const isJson = typeof value === "string" || isObject(value) || text === "null";
  return isJson ? text : stringify(text);
}
