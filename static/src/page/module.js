/** The ES module: `import { load } from "./heap-web.mjs"`, or `heapWeb` for pages that keep Segment's analytics.js 2. */

import { absent, sayAbsent } from "./absent.js";
import { instance } from "./instance.js";
import { world } from "./natives.js";

export { heapWeb } from "../plugin/segment-plugin.js";

/** @type {any} */
let none;

/** @param {import("./settings.js").Settings} options @returns {import("./analytics.js").Analytics} */
export const load = (options) => {
  if ("document" in world) return instance(import.meta.url, {}, options && options.global).load(options);
  sayAbsent();
  return (none ||= absent());
};

/** Where the runtime's folder is in what was built, for `load`'s setting of this name. */
export const runtime = __RUNTIME__;
