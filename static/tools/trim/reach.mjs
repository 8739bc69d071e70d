// Who needs whom across the border of JavaScript and WebAssembly: the graph that wasm-metadce takes.
// https://github.com/WebAssembly/binaryen/blob/main/src/tools/wasm-metadce.cpp

/** @typedef {import("./read-glue.mjs").Glue} Glue */
/** @typedef {{name: string, reaches?: string[], root?: true, export?: string, import?: [string, string]}} GraphNode */

/**
 * @param {Glue} glue
 * @param {WebAssembly.Module} wasm
 * @param {string[]} asked names that are used of the glue from outside
 * @returns {GraphNode[]} unit:0, unit:1 … are the glue's, in order; take:… and give:… its exports and imports, by name
 */
export function graphOf({ units, taken, given, read }, wasm, asked) {
  /** @type {Map<string, string[]>} */
  const holders = new Map();
  const hold = (/** @type {string} */ name, /** @type {string} */ node) => holders.set(name, [...(holders.get(name) ?? []), node]);
  units.forEach((unit, index) => {
    unit.names.forEach((name) => hold(name, `unit:${index}`));
    if (unit.of) hold(unit.of, `unit:${index}`);
  });
  const exported = new Set(WebAssembly.Module.exports(wasm).map(({ name }) => name));
  taken.forEach(({ names, wasm }) => names.forEach((name) => hold(name, `take:${wasm}`)));
  const reached = (/** @type {string[]} */ names) => [...new Set(names.flatMap((name) => holders.get(name) ?? []))];
  /** @type {Map<string, string[]>} */
  const takers = new Map([...read].map((name) => [name, []]));
  // Whoever uses an export needs the variable that it is put in; the statement that puts it there is no use of others.
  taken.forEach(({ names, wasm }) => takers.set(wasm, [...(takers.get(wasm) ?? []), ...names.filter((name) => !name.startsWith("."))]));
  const givers = new Map(given.entries.map((entry) => [entry.wasm, entry.uses]));
  return [
    { name: "outside", root: true, reaches: [...reached(asked), ...read.filter((name) => exported.has(name)).map((name) => `take:${name}`)] },
    ...units.map((unit, index) => ({
      name: `unit:${index}`,
      reaches: reached(unit.uses).filter((node) => node !== `unit:${index}`),
      ...(unit.root ? { root: /** @type {true} */ (true) } : {}),
    })),
    ...[...takers].map(([name, variables]) => ({
      name: `take:${name}`,
      reaches: [...reached(variables).filter((node) => node.startsWith("unit:")), ...(exported.has(name) ? [`export:${name}`] : [])],
    })),
    ...[...exported].map((name) => ({ name: `export:${name}`, export: name })),
    ...WebAssembly.Module.imports(wasm).map(({ module, name }) => ({
      name: `give:${module}:${name}`,
      import: /** @type {[string, string]} */ ([module, name]),
      reaches: reached(givers.get(name) ?? []),
    })),
  ];
}
