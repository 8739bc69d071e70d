/**
 * The integrations rule: whether the settings leave Heap on. heap_web/core/integrations.py has it too, for each call's options;
 * the cases of tests/integrations.json run against both.
 */

import { keys, lower, own, replace } from "./natives.js";

/**
 * As recorded from analytics.js: `Heap` (in this very case) decides where it is there, else `All` (case and punctuation aside) does.
 * Only `false` is off.
 *
 * @param {Record<string, unknown> | undefined} integrations `{All: false, Heap: true}`
 */
export function allowsHeap(integrations) {
  if (!integrations) return true;
  if (own(integrations, "Heap")) return integrations.Heap !== false;
  const names = keys(integrations);
  for (let i = 0; i < names.length; i++)
    if (lower(replace(names[i], /[^a-z0-9.]/i, "")) === "all") return integrations[names[i]] !== false;
  return true;
}
