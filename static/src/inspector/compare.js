// Sets what a call was given beside what Heap gets of it: one row a property, marked same, changed, added or dropped.
import { entriesOf, tagOf } from "./source.js";

/**
 * @typedef {"same" | "changed" | "added" | "dropped"} Mark
 * @typedef {{key: string, before: unknown, after: unknown, mark: Mark}} Row undefined where there is none
 */

const DEEPEST = 500;

/**
 * @param {readonly unknown[]} args the call's arguments (JSON, with wire values)
 * @param {readonly (readonly unknown[])[]} commands `[[method, ...arguments], …]` for Heap
 * @returns {Row[]}
 */
export function compare(args, commands) {
  const after = new Map(commands.flatMap((command) => entriesOf(command.at(-1)) ?? []));
  const before = new Map(
    leaves(
      args.find((each) => entriesOf(each) !== null || Array.isArray(each)),
      after,
    ),
  );
  /** @type {Row[]} */
  const rows = [];
  for (const [key, value] of before) {
    const renamed = key === "email" && !after.has("email") && after.has("_email") ? "_email" : key;
    if (!after.has(renamed)) {
      rows.push({ key, before: value, after: undefined, mark: "dropped" });
      continue;
    }
    const now = after.get(renamed);
    rows.push({
      key: renamed === key ? key : `${key} → ${renamed}`,
      before: value,
      after: now,
      mark: now === value && renamed === key ? "same" : "changed",
    });
    after.delete(renamed);
  }
  for (const [key, value] of after) rows.push({ key, before: undefined, after: value, mark: "added" });
  return rows;
}

/**
 * The values of an object by dotted path; a list is one value, but for one that Heap gets item by item.
 * @param {unknown} root
 * @param {ReadonlyMap<string, unknown>} after
 * @returns {[string, unknown][]}
 */
function leaves(root, after) {
  /** @type {[string, unknown][]} */
  const found = [];
  /** @param {unknown} value @param {string} path @param {number} depth */
  const walk = (value, path, depth) => {
    const inner = Array.isArray(value) ? Object.entries(value) : entriesOf(value);
    const open =
      inner !== null &&
      inner.length > 0 &&
      depth < DEEPEST &&
      (path === "" || !Array.isArray(value) || unrolled(path, after));
    if (!open) {
      if (path !== "" || tagOf(value) !== null) found.push([path, value]);
      return;
    }
    for (const [key, each] of inner) walk(each, path === "" ? key : `${path}.${key}`, depth + 1);
  };
  if (root !== undefined) walk(root, "", 0);
  return found;
}

/** @param {string} path @param {ReadonlyMap<string, unknown>} after */
function unrolled(path, after) {
  if (after.has(path)) return false;
  for (const key of after.keys()) if (key.startsWith(`${path}.`)) return true;
  return false;
}
