/** The cookies of Heap's classic SDK. */

import { attempt, cookies, each, eachMatch, indexOf, location, matches, part, writeCookie } from "../natives.js";

const ENDED = "expires=Thu, 01 Jan 1970 00:00:00 GMT";

/** Remove those of an App ID, from every domain and path that this page can write. @param {string} appId */
export const removeHeapsCookies = (appId) =>
  attempt(() => {
    const end = `.${appId}`;
    eachMatch(cookies(), /(?:^|; )(_hp2_[^=;]*)=/, (found) => {
      const name = /** @type {string} */ (found[1]);
      if (part(name, -end.length) === end) each(domains(), (domain) => writeCookie(`${name}=; ${ENDED}; path=/${domain}`));
    });
  });

/** This host's own, and each domain that it is part of; an address in numbers is part of none. */
function domains() {
  const all = [""];
  if (!matches(/[a-z]/i, location().hostname)) return all;
  for (let host = location().hostname, dot = indexOf(host, "."); dot >= 0; host = part(host, dot + 1), dot = indexOf(host, "."))
    all[all.length] = `; domain=${host}`;
  return all;
}
