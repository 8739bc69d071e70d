/** Trusted Types: where the page asks for them, our scripts' URLs come from a policy named `heap-web`. It makes no others. */

import { attempt, createPolicy, matches, TypeError } from "./natives.js";

const HEAPS = /^https:\/\/[^/?#]+\/(js\/heap-\d{1,20}|config\/\d{1,20}\/heap_config)\.js$/;
/** The worker; and a script of our own that imports it. */
const OURS = /^((https?|file):\/\/[^?#]+\/worker\.js|blob:.*)$/;

const rules = {
  __proto__: null,
  createScriptURL(/** @type {string} */ url) {
    if (matches(HEAPS, url) || matches(OURS, url)) return url;
    throw TypeError(`heap-web loads no ${url}`);
  },
};

/** Undefined: not made yet; null: there can be none. @type {{createScriptURL: (url: string) => any} | null | undefined} */
let policy;

/** @param {string} url @returns {string} what may be given to a script element or a worker */
export function scriptUrl(url) {
  // Refused where the page's own list of policies does not name it: then only pages that ask for none take the text.
  if (policy === undefined) policy = attempt(() => createPolicy("heap-web", rules));
  return policy ? policy.createScriptURL(url) : url;
}
