/** Settings, from script attributes or from `load`: only own properties count, and what is wrong is said in one sentence. */

import { attempt, bare, each, isArray, keys, location, lower, matches, own, parse, part, RegExp, replace, resolve, stringify, TypeError } from "./natives.js";

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

/** What each setting's text must look like; null: an object. @type {Record<string, RegExp | ((text: string) => boolean) | null>} */
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
  runtime: (text) => !!attempt(() => resolve(text, location().href)),
};

/** What to pass, where the pattern does not say it. @type {Record<string, string>} */
const WORDS = {
  appId: 'the digits of your App ID (Heap: Account > Manage > Projects)',
  hostname: "a bare host name",
  runtime: "a URL",
};

/** @param {RegExp | ((text: string) => boolean)} field @param {string} text */
const fits = (field, text) => (typeof field === "function" ? field(text) : matches(field, text));

/**
 * @param {object} given
 * @returns {Settings} with no prototype, so that a setting that is not there is not there
 * @throws {TypeError} whose message says what is wrong and what to pass
 */
export function settingsOf(given) {
  const settings = bare();
  /** @param {string} name */
  const read = (name) => {
    const value = own(given, name) ? /** @type {any} */ (given)[name] : null;
    const near = nearest(name);
    if (near !== name) throw TypeError(`unknown setting "${name}"${near && `, did you mean "${near}"?`}`);
    const field = FIELDS[name];
    // Null and "" stand for a setting that is not set; a flag's attribute has no value.
    if (name !== "appId" && (value == null || (value === "" && field !== FLAG))) return;
    const isObject = typeof value === "object";
    const text = isObject ? "" : `${value}`;
    const object = field ? 0 : isObject ? value : attempt(() => parse(text));
    if (field ? isObject || !fits(field, text) : !object || typeof object !== "object" || isArray(object))
      throw TypeError(`${name} must be ${WORDS[name] || field}; got ${stringify(part(text, 0, 40)) || typeof value}`);
    settings[name] = object || (field === FLAG ? text !== "false" : name === "arrayLimit" ? +text : text);
  };
  read("appId");
  each(keys(given), read);
  return settings;
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

/** The setting that a name is, or is meant to be: the same at both ends but for two letters. "" if there is none. @param {string} name */
function nearest(name) {
  let found = "";
  if (name in FIELDS) return name;
  each(keys(FIELDS), (field) => {
    const a = plain(name);
    const b = plain(field);
    let start = 0;
    let end = 0;
    while (start < b.length && a[start] === b[start]) start++;
    while (end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
    if (start + end > a.length - 3 && start + end > b.length - 3) found = field;
  });
  return found;
}

/** @param {string} name */
const plain = (name) => replace(lower(name), /[^a-z]/, "");
