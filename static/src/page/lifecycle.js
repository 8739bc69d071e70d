/**
 * What the page may do now. A pure function of four facts; nothing else decides it.
 *
 * | phase    | when                                              | a call made now                     | Heap, journal, Python |
 * | -------- | ------------------------------------------------- | ----------------------------------- | --------------------- |
 * | unloaded | nobody has called `load` yet                      | waits in memory                     | not there             |
 * | broken   | the settings were wrong                           | is dropped; a right `load` tells it | not there             |
 * | refused  | the visitor said no, or the browser says so       | is dropped                          | ended                 |
 * | off      | the settings' integrations switch Heap off        | is dropped                          | ended                 |
 * | asking   | consent is required, and has not been given       | waits in memory                     | not there             |
 * | hidden   | the page is prerendered: it may never be seen     | waits in memory                     | not there             |
 * | open     | none of these                                     | is kept until Heap has it           | at work               |
 *
 * Facts change by `load`, `consent` and the browser's `prerenderingchange`. A phase may follow any other, but for two: `unloaded`
 * and `broken` are left for good by the first right `load`.
 */

import { allowsHeap } from "./integrations.js";

/** @typedef {"unloaded" | "broken" | "refused" | "off" | "asking" | "hidden" | "open"} Phase */

/**
 * @typedef {object} Facts
 * @property {import("./settings.js").Settings | null} settings what `load` was given, once it was right
 * @property {string} fault what is wrong with the settings; "" if nothing is
 * @property {import("./visitor/consent.js").Consent} consent
 * @property {boolean} prerendering
 */

/** @param {Facts} facts @returns {Phase} */
export function phaseOf({ settings, fault, consent, prerendering }) {
  if (consent === "refused") return "refused";
  if (fault) return "broken";
  if (!settings) return "unloaded";
  if (!allowsHeap(settings.integrations)) return "off";
  if (consent === "required") return "asking";
  return prerendering ? "hidden" : "open";
}

/** Why calls are dropped in a phase; "" where they are not. @param {Phase} phase @param {string} fault */
export function reasonOf(phase, fault) {
  if (phase === "refused") return "no consent";
  if (phase === "off") return "Heap is off in integrations";
  return phase === "broken" ? fault : "";
}
