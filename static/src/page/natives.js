/**
 * The natives that the page's half uses, found once, before a declaration or a patch of the page can change what they do, or in
 * spite of it. Nothing outside this file and its folder names a global, or calls a built-in method by its name.
 */

import { apply, attempt, close, find, findReal, world } from "./natives/realm.js";

export { apply, attempt, world };

// What is found below is named by where it stands: "String", "slice" is String.prototype.slice.

/** @typedef {import("./natives/realm.js").Realm} Realm */
/** @typedef {import("./natives/realm.js").How} How */

/** Objects of a realm that must be there as long as they are. @type {How} */
const lives = { lives: true };
/** Not every browser has it, and a page may take it away. @type {How} */
const optional = { optional: true };

/** What the window has. @template {keyof Realm} Name @param {Name} name @param {How} [how] @returns {Realm[Name]} */
const global = (name, how) => find(/** @type {string} */ (name), (w) => w[name], how);

/** What an object of the window has. @template {keyof Realm} Owner @template {keyof Realm[Owner] & string} Name @param {Owner} owner @param {Name} name @param {How} [how] @returns {Realm[Owner][Name]} */
const member = (owner, name, how) => find(name, (w) => w[owner][name], how);

/**
 * A method as a function of its object. Where there is no such native (in Node, say), the object's own is called.
 * @param {string} owner @param {string} name @param {How} [how] @returns {any}
 */
const method = (owner, name, how) => {
  const found = findReal(name, (/** @type {any} */ w) => w[owner].prototype[name], how);
  return (/** @type {any} */ self, /** @type {unknown[]} */ ...args) => apply(found ?? self[name], self, args);
};

/**
 * A getter as a function of its object.
 * @param {string} owner "": the window itself has it @param {string} name @param {How} [how] @returns {any}
 */
const getter = (owner, name, how) => {
  const found = findReal(`get ${name}`, (/** @type {any} */ w, window) => getOwnPropertyDescriptor(owner ? w[owner].prototype : window, name)?.get, how);
  return (/** @type {any} */ self) => (found ? apply(found, self, []) : self[name]);
};

// The language.

export const stringify = member("JSON", "stringify");
export const parse = member("JSON", "parse");
export const isArray = member("Array", "isArray");
export const keys = member("Object", "keys");
export const getPrototypeOf = member("Object", "getPrototypeOf");
export const defineProperty = member("Object", "defineProperty");
const getOwnPropertyDescriptor = member("Object", "getOwnPropertyDescriptor");
export const now = member("Date", "now");
export const Date = global("Date");
export const Promise = global("Promise");
export const Error = global("Error");
export const TypeError = global("TypeError");
export const RegExp = global("RegExp");
export const symbolFor = member("Symbol", "for");
const random = member("Math", "random");
export const decodeURIComponent = global("decodeURIComponent");
export const isView = member("ArrayBuffer", "isView");
const Uint32Array = global("Uint32Array");

/** The brand of a value, `[object Date]`; unlike `instanceof` it holds across realms. Throws for a revoked Proxy. @type {(value: unknown) => string} */
export const brand = method("Object", "toString");

/** Whether the object itself, not its prototype, has the key. @type {(object: object, key: string) => boolean} */
export const own = method("Object", "hasOwnProperty");

/** @type {(date: globalThis.Date) => number} */
export const getTime = method("Date", "getTime");
/** The day of the month. @type {(date: globalThis.Date) => number} */
export const getDate = method("Date", "getDate");
/** @type {(date: globalThis.Date) => string} */
export const toISOString = method("Date", "toISOString");

/** @type {(map: ReadonlyMap<unknown, unknown>, visit: (value: unknown, key: unknown) => void) => void} */
export const eachOfMap = method("Map", "forEach");
/** @type {(set: ReadonlySet<unknown>, visit: (value: unknown) => void) => void} */
export const eachOfSet = method("Set", "forEach");

/** How each kind of form-like object gives its entries. @type {Record<string, ((fields: any, visit: (value: unknown, key: string) => void) => void) | undefined>} */
export const eachField = {
  // @ts-ignore nothing inherited
  __proto__: null,
  URLSearchParams: method("URLSearchParams", "forEach", optional),
  FormData: method("FormData", "forEach", optional),
  Headers: method("Headers", "forEach", optional),
};

/** @type {<T, R = void>(promise: PromiseLike<T>, ok?: ((value: T) => R) | null, fail?: (error: any) => any) => globalThis.Promise<Awaited<R>>} */
export const then = method("Promise", "then");

/** How a function is written. @type {(fn: unknown) => string} */
export const sourceText = method("Function", "toString");

// Text.

/** @type {(pattern: globalThis.RegExp, text: string) => RegExpExecArray | null} */
export const exec = method("RegExp", "exec");
/** @param {globalThis.RegExp} pattern without the flag g @param {string} text */
export const matches = (pattern, text) => exec(pattern, text) !== null;
/** @type {(text: string, start: number, end?: number) => string} */
export const part = method("String", "slice");
/** @param {string} text @param {string} start */
export const startsWith = (text, start) => part(text, 0, start.length) === start;
/** @type {(text: string, what: string) => number} */
export const indexOf = method("String", "indexOf");
/** @type {(text: string, what: string) => number} */
export const lastIndexOf = method("String", "lastIndexOf");
/** @type {(text: string) => string} */
export const lower = method("String", "toLowerCase");
const numberText = method("Number", "toString");
/** A number in base 36. @param {number} number @returns {string} */
export const base36 = (number) => numberText(number, 36);

/** Every stretch of the text that fits the pattern is `by`. @param {string} text @param {globalThis.RegExp} pattern with no flag and no anchor, that fits no empty text @param {string} by */
export function replace(text, pattern, by) {
  let done = "";
  const left = eachMatch(text, pattern, (_, before) => {
    done += before + by;
  });
  return done + left;
}

/**
 * Each stretch of the text that fits the pattern, with what is before it; gives what is after the last.
 * @param {string} text @param {globalThis.RegExp} pattern with no flag, that fits no empty text; ^ fits wherever the stretch before has ended @param {(found: RegExpExecArray, before: string) => void} visit
 */
export function eachMatch(text, pattern, visit) {
  let left = text;
  for (let found; (found = exec(pattern, left)) && found[0]; left = part(left, found.index + found[0].length))
    visit(found, part(left, 0, found.index));
  return left;
}

// Arrays. A loop by index needs no iterator, which the page may have replaced.

const arraySplice = find("splice", (w) => w.Array.prototype.splice);
const arraySort = find("sort", (w) => w.Array.prototype.sort);

/** `array.splice(...args)`. @template T @param {T[]} array @param {any[]} args @returns {T[]} */
export const splice = (array, args) => apply(arraySplice, array, args);

/** `array.sort(by)`. @template T @param {T[]} array @param {(a: T, b: T) => number} [by] @returns {T[]} */
export const sort = (array, by) => apply(arraySort, array, [by]);

/** @template T @param {T[]} array @param {T} item */
export const append = (array, item) => {
  array[array.length] = item;
};

/** @template T @param {ArrayLike<T>} array @param {(item: T, index: number) => void} visit */
export const each = (array, visit) => {
  for (let i = 0; i < array.length; i++) visit(/** @type {T} */ (array[i]), i);
};

/** A copy of an array, from an index on. @template T @param {ArrayLike<T>} array @returns {T[]} */
export const copy = (array, from = 0) => {
  /** @type {T[]} */
  const items = [];
  for (let i = from; i < array.length; i++) append(items, /** @type {T} */ (array[i]));
  return items;
};

/** An object that inherits nothing, so that what is not in it is not in it. @returns {any} */
export const bare = () => ({ __proto__: null });

/** @param {any} value */
export const isObject = (value) => typeof value === "object" && !!value;

/** What a thrown value says, whatever it is. @param {any} error */
export function messageOf(error) {
  try {
    return `${(error && error.message) || error}`;
  } catch {
    return "?";
  }
}

// The window.

/** @type {(run: (...args: any[]) => void, ms?: number, ...args: unknown[]) => number} */
export const setTimeout = bound("setTimeout");
/** @type {(timer: number) => void} */
export const clearTimeout = bound("clearTimeout");
/** @type {(run: () => void, ms: number) => number} */
export const setInterval = bound("setInterval");
/** @type {(timer: number) => void} */
export const clearInterval = bound("clearInterval");
/** @type {(run: () => void) => void} */
export const queueMicrotask = bound("queueMicrotask");

/** @param {number} ms */
export const pause = (ms) => new Promise((/** @type {(value?: undefined) => void} */ resolve) => setTimeout(resolve, ms));

/** @type {(url: string) => globalThis.Promise<Response>} */
export const fetch = bound("fetch");

/** A method of the window. @param {keyof Realm} name @returns {any} */
function bound(name) {
  const found = global(name);
  return (/** @type {unknown[]} */ ...args) => apply(found, world, args);
}

/** An attribute of the window itself. @param {string} name @returns {any} */
const attribute = (name) => {
  const read = getter("", name, optional);
  return () => read(world);
};

/** @type {() => Navigator} */
export const navigator = attribute("navigator");
const performance = attribute("performance");
const crypto = attribute("crypto");
const performanceNow = method("Performance", "now");
const getRandomValues = method("Crypto", "getRandomValues");

/** Milliseconds on the page's own clock. @returns {number} */
export const clock = () => attempt(() => performanceNow(performance())) ?? now();

/** A name that no other page, worker or lock has: some 50 random bits as text. */
export const shortId = () => part(base36(random()), 2);

/** Some 128 random bits as text. */
export function randomId() {
  let text = "";
  each(getRandomValues(crypto(), new Uint32Array(4)), (/** @type {number} */ number) => {
    text += `${text && "-"}${base36(number)}`;
  });
  return text;
}

const addEventListener = method("EventTarget", "addEventListener");
const removeEventListener = method("EventTarget", "removeEventListener");

/** @param {any} target @param {string} type @param {(event: any) => void} listener @param {{capture?: boolean, once?: boolean, signal?: AbortSignal}} [options] */
export const listen = (target, type, listener, options) => addEventListener(target, type, listener, { __proto__: null, ...options });

/** @param {any} target @param {string} type @param {(event: any) => void} listener @param {{capture?: boolean}} [options] */
export const unlisten = (target, type, listener, options) =>
  removeEventListener(target, type, listener, { __proto__: null, ...options });

const livesIfAny = { ...lives, ...optional };
export const AbortController = global("AbortController", lives);
export const Blob = global("Blob", lives);
const URL = global("URL", lives);
export const createObjectURL = member("URL", "createObjectURL", lives);
export const BroadcastChannel = global("BroadcastChannel", livesIfAny);
export const SharedWorker = global("SharedWorker", livesIfAny);
export const Worker = global("Worker", livesIfAny);

const hrefOf = getter("URL", "href");
const originOf = getter("URL", "origin");
/** A URL in full, without the credentials that no request may have; throws if it is none. @param {string} url @param {string} [base] @returns {string} */
export function resolve(url, base) {
  const href = hrefOf(new URL(url, base));
  const found = exec(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/, href);
  return found ? `${found[1]}${part(href, found[0].length)}` : href;
}
/** @param {string} url @returns {string} */
export const origin = (url) => originOf(new URL(url));

/** No page can replace it, nor what it has. @returns {Location} */
export const location = () => world.location;

// The document: a named element hides what the document has under that name, so nothing is asked by name.

/** @returns {Document} */
export const document = () => world.document;

const currentScriptOf = getter("Document", "currentScript");
const rootOf = getter("Document", "documentElement");
const baseOf = getter("Node", "baseURI");
const readyStateOf = getter("Document", "readyState");
const prerenderingOf = getter("Document", "prerendering", optional);
const sourceOf = getter("HTMLScriptElement", "src");
const elementsOf = method("Document", "getElementsByTagName");
const create = method("Document", "createElement");
const nodeTypeOf = getter("Node", "nodeType");
const datasetOf = getter("HTMLElement", "dataset");
const parentOf = getter("Node", "parentNode");
const insert = method("Node", "insertBefore");
const cookieOf = getter("Document", "cookie");
const setCookie = find("set cookie", (w) => getOwnPropertyDescriptor(w.Document.prototype, "cookie")?.set);

/** The classic script that runs now. @returns {HTMLScriptElement | null} null also for SVG's, and for a named element that claims to be it */
export function currentScript() {
  const script = document() && currentScriptOf(document());
  // A getter of scripts' own prototype knows one.
  return script && attempt(() => typeof sourceOf(script)) ? script : null;
}
/** Whether it is a node of a document. @param {unknown} value @returns {boolean} */
export const isNode = (value) => typeof attempt(() => /** @type {any} */ (value)?.nodeType !== undefined && nodeTypeOf(value)) === "number";
/** The URL of a script, in full; "" for one that stands in the page. @param {HTMLScriptElement} script @returns {string} */
export const sourceOfScript = (script) => (sourceOf(script) ? resolve(sourceOf(script)) : "");
/** An element's data- attributes. @param {HTMLElement} element @returns {DOMStringMap} */
export const dataOf = (element) => datasetOf(element);
/** What relative URLs of the page are relative to. @returns {string} */
export const baseURI = () => attempt(() => baseOf(document())) ?? location()?.href;
/** Most documents are read to their end by then; some pages never end. */
const PARSED_MS = 10_000;
/** The document has been read to its end, or it takes too long: after an import() the page may have no import map any more. */
export const parsed = () =>
  new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
    if (readyStateOf(document()) !== "loading") return resolve();
    listen(document(), "readystatechange", () => resolve());
    setTimeout(resolve, PARSED_MS);
  });
/** A page that is only prerendered may never be seen. @returns {boolean} */
export const prerendering = () => !!document() && prerenderingOf(document()) === true;
/** @type {<Name extends keyof HTMLElementTagNameMap>(name: Name) => HTMLElementTagNameMap[Name]} */
export const createElement = (name) => create(document(), name);

/** Put a script before the page's first one. @param {HTMLScriptElement} script */
export function insertScript(script) {
  const first = elementsOf(document(), "script")[0];
  const parent = first && parentOf(first);
  if (parent) insert(parent, script, first);
  else insert(rootOf(document()), script, null);
}

const getAttribute = method("Element", "getAttribute");
const submitForm = method("HTMLFormElement", "submit");

/** Where a link goes, in HTML or SVG, in full; "" if nowhere. @param {Element} link @returns {string} */
export function hrefOfLink(link) {
  const href = getAttribute(link, "href") ?? getAttribute(link, "xlink:href");
  return href ? resolve(href, baseURI()) : "";
}

/** Send a form as the button does that was pressed; fields may be named like the form's methods. @param {HTMLFormElement} form @param {any} [button] */
export function submit(form, button) {
  if (button && button.name) {
    const field = createElement("input");
    field.type = "hidden";
    field.name = button.name;
    field.value = button.value;
    insert(form, field, null);
  }
  submitForm(form);
}

/** The page's cookies; what it has put in their place counts, but no named element. @returns {string} */
export function cookies() {
  const { cookie } = document();
  return typeof cookie === "string" ? cookie : cookieOf(document());
}
/** @param {string} cookie */
export const writeCookie = (cookie) => apply(setCookie, document(), [cookie]);

// Storage and locks: where the page or the browser has taken them away, they are not there.

/** Throws where it is denied. @returns {Storage} */
export const localStorage = () => world.localStorage;
/** @type {(storage: Storage, key: string) => string | null} */
export const getItem = method("Storage", "getItem");
/** @type {(storage: Storage, key: string, value: string) => void} */
export const setItem = method("Storage", "setItem");
/** @type {(storage: Storage, key: string) => void} */
export const removeItem = method("Storage", "removeItem");

const locksOf = getter("Navigator", "locks", optional);
const request = method("LockManager", "request", optional);

/** The Web Locks; none where the page is not secure. @returns {LockManager | undefined} */
export const locks = () => attempt(() => locksOf(navigator())) ?? undefined;
/** @param {string} name @param {LockOptions} options @param {(lock: Lock | null) => unknown} callback @returns {globalThis.Promise<unknown>} */
export const requestLock = (name, options, callback) => request(locks(), name, options, callback);

// Trusted Types.

const trustedTypes = attribute("trustedTypes");
const makePolicy = method("TrustedTypePolicyFactory", "createPolicy", optional);
/** Undefined where the browser has none; throws where the page forbids this one. @param {string} name @param {object} rules @returns {any} */
export const createPolicy = (name, rules) => trustedTypes() && makePolicy(trustedTypes(), name, rules);

// The console: the page's own where it works, as tools that watch it do; it may be replaced by less, or by none.

/** @param {"log" | "warn" | "error"} kind @param {unknown[]} words */
export function say(kind, ...words) {
  const told = attempt(() => {
    const { console } = world;
    apply(console[kind], console, words);
    return true;
  });
  if (!told) attempt(() => apply(member("console", kind, lives), undefined, words));
}

close();
