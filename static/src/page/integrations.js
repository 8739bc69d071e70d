/** The integrations rule: whether the settings leave Heap on. The same rule stands in heap_web/core for each call's options. */

import { own } from "./natives.js";

/** @param {Record<string, unknown> | undefined} integrations as analytics.js has them, `{All: false, Heap: true}` */
export function allowsHeap(integrations) {
  if (!integrations) return true;
  const heap = own(integrations, "Heap") ? integrations.Heap : undefined;
  const all = own(integrations, "All") ? integrations.All : undefined;
  return heap !== false && !(all === false && !heap);
}
