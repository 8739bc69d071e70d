/** The natives we use, as they were when this script started: what the page patches later cannot break a call. */

export const { stringify, parse } = JSON;
export const { isArray } = Array;
export const { keys, getPrototypeOf } = Object;
export const { apply } = Reflect;
export const { now } = Date;
export const { setTimeout, clearTimeout, queueMicrotask, Promise } = globalThis;

const { toString, hasOwnProperty } = Object.prototype;
const { splice: arraySplice, sort: arraySort } = Array.prototype;

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
