/** The cookies of Heap's classic SDK. */

import { attempt, cookies, each, exec, indexOf, location, part, writeCookie } from "../natives.js";

const ENDED = "expires=Thu, 01 Jan 1970 00:00:00 GMT";

/** Remove those of an App ID, from every domain and path that this page can write. @param {string} appId */
export const removeHeapsCookies = (appId) =>
  attempt(() => {
    const pattern = /(?:^|; )(_hp2_[^=;]*)=/;
    for (let left = cookies(), found; (found = exec(pattern, left)); left = part(left, found.index + found[0].length)) {
      const name = /** @type {string} */ (found[1]);
      const end = `.${appId}`;
      if (part(name, -end.length) === end) each(domains(), (domain) => writeCookie(`${name}=; ${ENDED}; path=/${domain}`));
    }
  });

/** This host's own, and each that it is part of. */
function domains() {
  const all = [""];
  for (let host = location().hostname, dot = 0; host && dot >= 0; host = part(host, dot + 1)) {
    all[all.length] = `; domain=${host}`;
    dot = indexOf(host, ".");
  }
  return all;
}
