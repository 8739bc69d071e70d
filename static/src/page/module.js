/** The ES module: `import { load } from "./heap-web.mjs"`. */

import { instance } from "./instance.js";
import { takeOver } from "./takeover.js";

/** @param {import("./settings.js").Settings} options @returns {import("./analytics.js").Analytics} */
export function load(options) {
  const { analytics, isNew } = instance(import.meta.url, {});
  if (isNew && options && options.global) takeOver(analytics, options.global);
  return analytics.load(options);
}
