/** What analytics.js left of the visitor in cookies. */

import { attempt, cookies, decodeURIComponent, exec, parse, RegExp, stringify } from "../natives.js";

/** @param {string} key of user.js @returns {string | null} JSON text, as localStorage would have it */
export function fromCookie(key) {
  const match = attempt(() => exec(RegExp(`(?:^|; )${key}=([^;]*)`), cookies()));
  const text = match && attempt(() => decodeURIComponent(/** @type {string} */ (match[1])));
  return text && (attempt(() => stringify(parse(text))) || stringify(text));
}
