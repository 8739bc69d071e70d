/** Settings, from script attributes or from `load`: only own properties count, and all that is wrong is said at once. */

import { append, attempt, bare, baseURI, each, isArray, keys, lower, matches, own, parse, part, RegExp, replace, resolve, stringify, TypeError } from "./natives.js";

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

const APP_ID = "appId";
/** Shorter names of other people are like ours by chance. */
const LONG = 8;
const LABEL = "[a-z\\d]([a-z\\d-]{0,61}[a-z\\d])?";
const NAME = `${LABEL}(\\.${LABEL})*`;
const HOST = RegExp(`^(?=.{1,253}$)${NAME}$`, "i");
const SERVER = RegExp(`^(https?://)?${NAME}(:\\d{1,5})?(/[\\w.~/-]*)?$`, "i");
const COUNT = /^\d{1,9}$/;
const FLAG = /^(true|false)?$/;
const TEXT = /^/;

/** What each setting's text must look like; null: an object. @type {Record<string, RegExp | ((text: string) => boolean) | null>} */
const FIELDS = {
  // @ts-ignore nothing inherited
  __proto__: null,
  appId: /^\d{1,20}$/,
  sdk: /^(classic|latest)$/,
  hostname: HOST,
  ingestServer: SERVER,
  trackingServer: SERVER,
  disableTextCapture: FLAG,
  secureCookie: FLAG,
  integrations: null,
  arrayLimit: COUNT,
  resetIdentity: FLAG,
  consentRequired: FLAG,
  respectDnt: FLAG,
  debug: FLAG,
  inspector: FLAG,
  nonce: TEXT,
  global: /^[\w$]+$/,
  runtime: (text) => !!attempt(() => resolve(text, baseURI())),
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
 * @throws {TypeError} whose message says all that is wrong, a line each, and what to pass
 */
export function settingsOf(given) {
  const settings = bare();
  let faults = "";
  let misspelt = false;
  /** @param {string} fault */
  const wrong = (fault) => {
    faults += (faults && "\n") + fault;
  };
  /** @param {string} name */
  const check = (name) => {
    const value = own(given, name) ? /** @type {any} */ (given)[name] : null;
    const near = nearest(name);
    if (near === APP_ID) misspelt = name !== near;
    if (near !== name) return wrong(`unknown setting "${name}"${near && `, did you mean "${near}" (${attributeOf(near)})?`}`);
    const field = FIELDS[name];
    // Null and "" stand for a setting that is not set, for a host 0 too; a flag's attribute has no value.
    if (name !== APP_ID && (value == null || (value === "" && field !== FLAG))) return;
    if ((field === HOST || field === SERVER) && (value === 0 || value === "0")) return;
    const type = typeof value;
    const read = type === "string" || type === (field === FLAG ? "boolean" : name === APP_ID || field === COUNT ? "number" : "");
    const text = read ? `${value}` : "";
    const object = field ? 0 : read ? attempt(() => parse(text)) : value;
    if (field ? !read || !fits(field, text) : !object || typeof object !== "object" || isArray(object))
      return wrong(`${name} must be ${WORDS[name] || field}; got ${read || value == null ? stringify(part(text, 0, 40)) : type}`);
    settings[name] = object || (field === FLAG ? text !== "false" : field === COUNT ? +text : text);
  };
  each(keys(given), check);
  // One that is misspelt has been named.
  if (!own(given, APP_ID) && !misspelt) check(APP_ID);
  if (faults) throw TypeError(faults);
  return settings;
}

/**
 * A script's data- attributes as settings. Other people's attributes are left out; one that looks like a misspelt setting is warned of.
 * @param {DOMStringMap} data
 * @returns {{settings: any, warnings: string[]}}
 */
export function settingsOfScript(data) {
  const settings = bare();
  /** @type {string[]} */
  const warnings = [];
  each(keys(data), (name) => {
    const value = data[name];
    if (name === "consent") settings.consentRequired = value === "required" || `consent=${value}`;
    else if (name in FIELDS) settings[name] = value;
    else {
      const near = nearest(name);
      // Without an App ID nothing works: a misspelt one is an error, which `load` tells.
      if (near === APP_ID && !own(data, APP_ID)) settings[name] = value;
      else if (near && name.length >= LONG)
        append(warnings, `${attributeOf(name)} is no setting of ours, and is ignored: did you mean ${attributeOf(near)}?`);
    }
  });
  return { settings, warnings };
}

/** Whether the settings name an App ID, rightly or not: without one the script waits for `load`. @param {Settings} settings */
export function namesAppId(settings) {
  let found = false;
  each(keys(settings), (name) => {
    if (nearest(name) === APP_ID) found = true;
  });
  return found;
}

/** The attribute of a setting. @param {string} name */
function attributeOf(name) {
  if (name === "consentRequired") return 'data-consent="required"';
  let attribute = "data-";
  for (let i = 0; i < name.length; i++) {
    const letter = /** @type {string} */ (name[i]);
    const small = lower(letter);
    attribute += letter === small ? letter : `-${small}`;
  }
  return attribute;
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
