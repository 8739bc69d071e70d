/** Where natives are found: in the page if they are real there, else in a realm that the page has not touched. */

/** @typedef {Window & typeof globalThis} Realm */
/**
 * @typedef {{lives?: boolean, optional?: boolean}} How `lives`: it works only in a realm that is there; `optional`: not every
 *   browser has it, and a page may take it away
 */

/** The window: no declaration can take its name. Its global object in Node and in workers, where there is none. @type {any} */
export const world = typeof window === "object" ? window : globalThis;

/** What syntax leads to, whatever the page has declared. */
const BY_SYNTAX = {
  Object: {}.constructor,
  Array: [].constructor,
  String: "".constructor,
  RegExp: /./.constructor,
  Function: (() => {}).constructor,
  Promise: (async () => {})().constructor,
};
/** The page's realm. @type {any} */
const here = { __proto__: world, ...BY_SYNTAX };

/** What `read` gives; null if it throws. @template T @param {() => T} read */
export function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}

/** The host of the frame whose realm is fresh, while it is in the document. @type {any} */
let host = null;
/** Undefined: not tried yet; null: there can be none. @type {any} */
let realm;
/** Something taken from the fresh realm works only while its frame is in the document. */
let needed = false;

let apply = attempt(() => world.Reflect.apply);
let sourceOf = here.Function.prototype.toString;

/** Whether it is the native function of this name: not the page's own, nor bound or wrapped. @param {unknown} fn @param {string} name */
function isReal(fn, name) {
  const source = typeof fn === "function" && attempt(() => apply(sourceOf, fn, []));
  if (typeof source !== "string") return false;
  const wanted = `function ${name}() { [native code] }`;
  // So Chromium writes it: there are a hundred to look at, and the page waits.
  if (source === wanted) return true;
  const text = withoutSpaces(source);
  const dense = withoutSpaces(wanted);
  // Not every engine says of a getter that it is one: "functionget" is 11 letters.
  return text === dense || (name[3] === " " && text === `function${withoutSpaces(dense, 11)}`);
}

/** By no method: the page may have replaced each of them. @param {string} text */
function withoutSpaces(text, from = 0) {
  let left = "";
  for (let i = from; i < text.length; i++) {
    const letter = text[i];
    if (letter !== " " && letter !== "\n" && letter !== "\r" && letter !== "\t") left += letter;
  }
  return left;
}

/** A property's descriptor from an object's prototypes: named elements and declarations hide what the object itself has. @param {any} object @param {string} name @returns {any} */
function inherited(object, name) {
  const { getPrototypeOf, getOwnPropertyDescriptor } = here.Object;
  for (let at = getPrototypeOf(object); at; at = getPrototypeOf(at)) {
    const found = getOwnPropertyDescriptor(at, name);
    if (found) return found;
  }
}

/**
 * The realm of an empty frame, in a shadow tree: the page's `frames` do not show it. It is made only where the page's own natives
 * are not real. Null where there can be none.
 * @returns {any}
 */
function fresh() {
  if (realm !== undefined) return realm;
  const call = (/** @type {any} */ object, /** @type {string} */ name, /** @type {unknown[]} */ ...args) =>
    inherited(object, name).value.apply(object, args);
  const get = (/** @type {any} */ object, /** @type {string} */ name) => inherited(object, name).get.apply(object);
  realm = attempt(() => {
    const { document } = world;
    const element = call(document, "createElement", "div");
    const frame = call(document, "createElement", "iframe");
    element.hidden = true;
    call(call(element, "attachShadow", { mode: "closed" }), "appendChild", frame);
    call(get(document, "documentElement"), "appendChild", element);
    host = element;
    const { contentWindow } = frame;
    // Of another origin in a sandbox: this throws.
    return contentWindow.Function && contentWindow;
  });
  return realm;
}

/** Let the frame go, if nothing that was taken from it needs it. */
export function close() {
  if (host && !needed) {
    attempt(() => inherited(host, "remove").value.apply(host));
    host = null;
    realm = undefined;
  }
}

if (!isReal(apply, "apply") || !isReal(sourceOf, "toString")) {
  const other = fresh();
  if (other) {
    apply = other.Reflect.apply;
    sourceOf = other.Function.prototype.toString;
  }
  apply ||= (/** @type {any} */ fn, /** @type {unknown} */ self, /** @type {unknown[]} */ args) => fn.apply(self, args);
}

/**
 * A native function, as no page has changed it; undefined where it cannot be had.
 * @template T
 * @param {string} name its own, like "get href" for a getter
 * @param {(realm: Realm, global: any) => T} read finds it; `global`: the realm's global object itself
 * @param {How} [how]
 * @returns {T | undefined}
 */
export function findReal(name, read, { lives, optional } = {}) {
  const ours = attempt(() => read(here, world));
  if (isReal(ours, name)) return /** @type {T} */ (ours);
  if (optional && ours == null) return undefined;
  const there = fresh();
  const other = there && attempt(() => read(there, there));
  if (!isReal(other, name)) return undefined;
  if (lives) needed = true;
  return other;
}

/** As findReal; where that finds nothing, what the page has: a polyfill, or a test's. @template T @param {string} name @param {(realm: Realm, global: any) => T} read @param {How} [how] @returns {T} */
export const find = (name, read, how) => /** @type {T} */ (findReal(name, read, how) ?? attempt(() => read(here, world)) ?? undefined);

export { apply };
