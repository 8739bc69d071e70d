/** Settings, from script attributes or from `load`: only own properties count, and what is wrong is said in one sentence. */

import { isArray, keys, parse, stringify } from "./natives.js";

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

const HOST = "[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\\d+)?";
const FLAG = "true or false";

/** What each setting must be: a pattern of its text or a type, and the words for it. @type {Record<string, [RegExp | "flag" | "number" | "object", string]>} */
const FIELDS = {
  // @ts-ignore no inherited settings
  __proto__: null,
  appId: [/^\d{1,20}$/, 'the digits of your App ID (Heap: Account > Manage > Projects), like "1535634150"'],
  sdk: [/^(classic|latest)$/, '"classic" or "latest"'],
  hostname: [RegExp(`^${HOST}$`, "i"), 'a bare host name, like "cdn.eu.heap-api.com"'],
  ingestServer: [RegExp(`^(https://)?${HOST}$`, "i"), 'an https URL, like "https://in.example.com"'],
  trackingServer: [RegExp(`^(https://)?${HOST}$`, "i"), 'an https URL, like "https://t.example.com"'],
  disableTextCapture: ["flag", FLAG],
  secureCookie: ["flag", FLAG],
  integrations: ["object", "an object, like {All: true}"],
  arrayLimit: ["number", "a whole number, 0 or more"],
  resetIdentity: ["flag", FLAG],
  consentRequired: ["flag", FLAG],
  respectDnt: ["flag", FLAG],
  debug: ["flag", FLAG],
  inspector: ["flag", FLAG],
  nonce: [/^/, "text"],
  global: [/^[\w$]+$/, "a variable's name"],
  runtime: [/^/, "a URL"],
};

/**
 * @param {object} given
 * @returns {Settings} with no prototype, so that a setting that is not there is not there
 * @throws {TypeError} whose message says what is wrong and what to pass
 */
export function settingsOf(given) {
  const settings = /** @type {any} */ ({ __proto__: null });
  const names = keys(given);
  for (let i = 0; i < names.length; i++) {
    const name = /** @type {string} */ (names[i]);
    const value = /** @type {any} */ (given)[name];
    const field = FIELDS[name];
    if (!field) {
      const near = nearest(name);
      throw TypeError(`unknown setting "${name}"${near && `, did you mean "${near}"?`}`);
    }
    if (value != null && (value !== "" || field[0] === "flag")) settings[name] = checked(name, value, field);
  }
  if (!settings.appId) checked("appId", "", FIELDS.appId);
  return settings;
}

/**
 * A script's data- attributes as settings. Other people's attributes are left out, but not one that looks like a misspelt setting.
 * @param {DOMStringMap} data
 */
export function settingsOfScript(data) {
  const settings = /** @type {Record<string, unknown>} */ ({ __proto__: null });
  const names = keys(data);
  for (let i = 0; i < names.length; i++) {
    const name = /** @type {string} */ (names[i]);
    const value = data[name];
    if (name === "consent") settings.consentRequired = value === "required" || `consent="${value}"`;
    else if (FIELDS[name] || nearest(name)) settings[name] = value;
  }
  return settings;
}

/** @param {string} name @param {unknown} value @param {[RegExp | string, string]} field */
function checked(name, value, [kind, words]) {
  let result = value;
  if (kind === "flag") {
    if (value === "" || value === "true") result = true;
    if (value === "false") result = false;
    if (typeof result === "boolean") return result;
  } else if (kind === "number") {
    result = typeof value === "string" ? +value : value;
    if (typeof result === "number" && result >= 0 && result % 1 === 0) return result;
  } else if (kind === "object") {
    try {
      if (typeof value === "string") result = parse(value);
    } catch {}
    if (result && typeof result === "object" && !isArray(result)) return result;
  } else {
    if (typeof value === "number") result = `${value}`;
    if (typeof result === "string" && /** @type {RegExp} */ (kind).test(result)) return result;
  }
  let got = "nothing";
  if (value !== "") got = typeof value === "string" ? stringify(value.slice(0, 40)) : typeof value;
  throw TypeError(`${name} must be ${words}; got ${got}`);
}

/** The setting that a misspelt name is meant to be, or "". @param {string} name */
function nearest(name) {
  const plain = (/** @type {string} */ text) => text.toLowerCase().replace(/[^a-z]/g, "");
  const all = keys(FIELDS);
  let best = "";
  let least = 3;
  for (let i = 0; i < all.length; i++) {
    const distance = editDistance(plain(name), plain(/** @type {string} */ (all[i])));
    if (distance < least) {
      least = distance;
      best = /** @type {string} */ (all[i]);
    }
  }
  return best;
}

/** @param {string} a @param {string} b */
function editDistance(a, b) {
  /** @type {number[]} */
  let row = [];
  for (let j = 0; j <= b.length; j++) row[j] = j;
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        /** @type {number} */ (row[j]) + 1,
        /** @type {number} */ (next[j - 1]) + 1,
        /** @type {number} */ (row[j - 1]) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return /** @type {number} */ (row[b.length]);
}
