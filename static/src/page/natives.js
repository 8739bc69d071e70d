/**
 * The natives we use, as they were when our script started: what the page patches later cannot break a call. The engine, which
 * comes later, finds them where the script has left them.
 */

const world = globalThis;

const found = () => ({
  stringify: JSON.stringify,
  parse: JSON.parse,
  isArray: Array.isArray,
  keys: Object.keys,
  getPrototypeOf: Object.getPrototypeOf,
  apply: Reflect.apply,
  now: Date.now,
  setTimeout: world.setTimeout,
  clearTimeout: world.clearTimeout,
  queueMicrotask: world.queueMicrotask,
  Promise: world.Promise,
  toString: Object.prototype.toString,
  hasOwnProperty: Object.prototype.hasOwnProperty,
  arraySplice: Array.prototype.splice,
  arraySort: Array.prototype.sort,
});
/** @type {ReturnType<typeof found>} */
const natives = (/** @type {any} */ (world)[Symbol.for("heap-web natives")] ||= found());

export const { stringify, parse, isArray, keys, getPrototypeOf, apply, now, setTimeout, clearTimeout, queueMicrotask, Promise } = natives;

const { toString, hasOwnProperty, arraySplice, arraySort } = natives;

/** The brand of a value, `[object Date]`; unlike `instanceof` it holds across realms. Throws for a revoked Proxy. @param {unknown} value */
export const brand = (value) => /** @type {string} */ (apply(toString, value, []));

/** Whether `object` itself, not its prototype, has `key`. @param {object} object @param {string} key */
export const own = (object, key) => /** @type {boolean} */ (apply(hasOwnProperty, object, [key]));

/** `array.splice(...args)`. @template T @param {T[]} array @param {any[]} args @returns {T[]} */
export const splice = (array, args) => apply(arraySplice, array, args);

/** `array.sort(by)`. @template T @param {T[]} array @param {(a: T, b: T) => number} [by] */
export const sort = (array, by) => apply(arraySort, array, [by]);

/** @template T @param {T[]} array @param {T} item */
export const append = (array, item) => {
  array[array.length] = item;
};

/** @template T @param {ArrayLike<T>} array @param {(item: T, index: number) => void} visit */
export const each = (array, visit) => {
  for (let i = 0; i < array.length; i++) visit(/** @type {T} */ (array[i]), i);
};

/** An object that inherits nothing, so that what is not in it is not in it. @returns {any} */
export const bare = () => ({ __proto__: null });

/** What a thrown value says, whatever it is. @param {any} error */
export function messageOf(error) {
  try {
    return `${(error && error.message) || error}`;
  } catch {
    return "?";
  }
}

/** What `read` gives; null if it throws. @template T @param {() => T} read */
export function attempt(read) {
  try {
    return read();
  } catch {
    return null;
  }
}
