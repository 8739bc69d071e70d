// The glue's source without the units that are not used.

/** @typedef {import("./read-glue.mjs").Glue} Glue */
/** @typedef {import("./read-glue.mjs").Unit} Unit */

/**
 * @param {Glue} glue
 * @param {{units: ReadonlySet<Unit>, taken: ReadonlySet<string>, given: ReadonlySet<string>}} used units, exports taken, imports given
 * @returns {string}
 */
export function writeGlue({ source, units, taken, converted, given }, used) {
  const text = (/** @type {{start: number, end: number, text?: string}} */ part) => part.text ?? source.slice(part.start, part.end);
  /** @type {{start: number, end: number, text: string}[]} */
  const cuts = [...taken, ...converted].filter(({ wasm }) => !used.taken.has(wasm)).map(({ start, end }) => ({ start, end, text: "" }));
  const entries = given.entries.filter(({ wasm }) => used.given.has(wasm));
  cuts.push({ start: given.start, end: given.end, text: `{${entries.map(text).join(",")}}` });
  for (const { start, end } of units.filter((unit) => !unit.list && !used.units.has(unit))) cuts.push({ start, end, text: "" });
  for (const list of new Set(units.flatMap((unit) => unit.list ?? []))) {
    const parts = units.filter((unit) => unit.list === list && used.units.has(unit));
    cuts.push({ start: list.start, end: list.end, text: parts.length ? `${list.kind} ${parts.map(text).join(",")};` : "" });
  }
  let written = "";
  let at = 0;
  for (const cut of cuts.sort((a, b) => a.start - b.start)) {
    if (cut.start < at) throw new Error("Two cuts overlap.");
    written += source.slice(at, cut.start) + cut.text;
    at = cut.end;
  }
  return written + source.slice(at);
}
