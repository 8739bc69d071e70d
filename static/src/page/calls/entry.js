/** One call on its way from the tick in which it was made until Heap has it. */

import { clock, isObject, own, parse } from "../natives.js";

/** @typedef {"delivered" | "kept" | "dropped"} ResultStatus */
/**
 * @typedef {{status: ResultStatus, commands: [string, ...unknown[]][], reason?: string}} Result
 *   `kept`: Heap has not got it yet; it will, from this page or the next.
 */

/**
 * @typedef {object} Entry
 * @property {number} id
 * @property {string} text wire text
 * @property {number} at epoch ms
 * @property {number} throws how often Heap has thrown at it
 * @property {number} told how many of its commands Heap has been told
 * @property {number} made ms on the page's clock
 * @property {string} key where the journal has it, "" if it does not
 * @property {import("../journal/claims.js").Claim | null} claim set for a dead page's call
 * @property {number} tries how often the runtime failed on it
 * @property {((result: Result) => void) | null} settle null once settled
 */

let ids = 0;

/** @param {string} text wire text @param {number} at epoch ms @returns {Entry} */
export const entryOf = (text, at) => ({ id: ++ids, text, at, made: clock(), key: "", claim: null, tries: 0, throws: 0, told: 0, settle: null });

/** The arguments in a call's wire text, as far as JSON has them. @param {string} text @returns {any[]} */
export const argsOf = (text) => parse(text, (_, value) => (isObject(value) && own(value, "$") ? undefined : value)).a;

/** The call as listeners get it: its values as they travel to Python. @param {Entry} entry */
export function callOf({ id, text, at, claim, key }) {
  const { m, a } = parse(text);
  return { id, method: m, args: a, at, replayed: !!claim, journalled: !!key };
}
