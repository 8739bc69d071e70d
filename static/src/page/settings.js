/** Settings, from script attributes or from `load`: only own properties count, and what is wrong is said in one sentence. */

import { attempt, bare, each, isArray, keys, parse, stringify } from "./natives.js";

/**
 * @typedef {object} Settings
 * @property {string} appId
 * @property {string} [sdk]
 * @property {string} [hostname]
 * @property {string} [ingestServer]
 * @property {string} [trackingServer]
 * @property {boolean} [disableTextCapture]
 * @property {boolean} [secureCookie]
 * @property {Record<string, unknown>} [integrations]
 * @property {number} [arrayLimit]
 * @property {boolean} [resetIdentity]
 * @property {boolean} [consentRequired]
 * @property {boolean} [respectDnt]
 * @property {boolean} [debug]
 * @property {boolean} [inspector]
 * @property {string} [nonce]
 * @property {string} [global]
 * @property {string} [runtime]
 */

const HOST = "[a-z\\d]([a-z\\d.-]*[a-z\\d])?";
const SERVER = RegExp(`^(https?://)?${HOST}(:\\d+)?(/[\\w.~/-]*)?$`, "i");
const FLAG = /^(true|false)?$/;
const TEXT = /^/;

/** What each setting's text must look like; null: an object. @type {Record<string, RegExp | null>} */
const FIELDS = {
  // @ts-ignore nothing inherited
  __proto__: null,
  appId: /^\d{1,20}$/,
  sdk: /^(classic|latest)$/,
  hostname: RegExp(`^${HOST}$`, "i"),
  ingestServer: SERVER,
  trackingServer: SERVER,
  disableTextCapture: FLAG,
  secureCookie: FLAG,
  integrations: null,
  arrayLimit: /^\d{1,9}$/,
  resetIdentity: FLAG,
  consentRequired: FLAG,
  respectDnt: FLAG,
  debug: FLAG,
  inspector: FLAG,
  nonce: TEXT,
  global: /^[\w$]+$/,
  runtime: TEXT,
};

/** What to pass, where the name does not say it. @type {Record<string, string>} */
const WORDS = {
  // @ts-ignore
  __proto__: null,
  appId: 'the digits of your App ID (Heap: Account > Manage > Projects), like "1535634150"',
  hostname: 'a bare host name, like "cdn.eu.heap-api.com"',
  integrations: "an object",
};

/**
 * @param {object} given
 * @returns {Settings} with no prototype, so that a setting that is not there is not there
 * @throws {TypeError} whose message says what is wrong and what to pass
 */
export function settingsOf(given) {
  const settings = bare();
  each(keys(given), (name) => {
    const value = /** @type {any} */ (given)[name];
    const near = name in FIELDS ? name : nearest(name);
    if (near !== name) throw TypeError(`unknown setting "${name}"${near && `, did you mean "${near}"?`}`);
    const field = FIELDS[name];
    if (value == null || (value === "" && field !== FLAG)) return;
    const text = typeof value === "object" ? "" : `${value}`;
    let result;
    if (!field) {
      const object = text ? attempt(() => parse(text)) : value;
      if (object && typeof object === "object" && !isArray(object)) result = object;
    } else if (typeof value !== "object" && field.test(text)) {
      result = field === FLAG ? text !== "false" : name === "arrayLimit" ? +text : text;
    }
    if (result === undefined) wrong(name, text ? stringify(text.slice(0, 40)) : typeof value);
    settings[name] = result;
  });
  if (!settings.appId) wrong("appId", "nothing");
  return settings;
}

/** @param {string} name @param {string} got */
function wrong(name, got) {
  throw TypeError(`${name} must be ${WORDS[name] || `like ${FIELDS[name]}`}; got ${got}`);
}

/**
 * A script's data- attributes as settings. Other people's attributes are left out, but not one that looks like a misspelt setting.
 * @param {DOMStringMap} data
 */
export function settingsOfScript(data) {
  const settings = bare();
  each(keys(data), (name) => {
    const value = data[name];
    if (name === "consent") settings.consentRequired = value === "required" || `consent=${value}`;
    else if (nearest(name)) settings[name] = value;
  });
  return settings;
}

/** The setting that a name is, or is meant to be; "" if none is near. @param {string} name */
function nearest(name) {
  const plain = (/** @type {string} */ text) => text.toLowerCase().replace(/[^a-z]/g, "");
  let found = "";
  for (let changes = 0; changes < 3 && !found; changes++)
    each(keys(FIELDS), (field) => {
      if (within(plain(name), plain(field), changes)) found = field;
    });
  return found;
}

/** Whether `a` becomes `b` by so many letters put in, left out or exchanged. @param {string} a @param {string} b @param {number} changes @returns {boolean} */
function within(a, b, changes) {
  if (changes < 0) return false;
  if (!a || !b) return a.length + b.length <= changes;
  const [restA, restB] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return within(restA, restB, changes);
  return within(restA, b, --changes) || within(a, restB, changes) || within(restA, restB, changes);
}
