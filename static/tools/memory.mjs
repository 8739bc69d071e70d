// Zeroes what an interpreter's memory holds but does not use, so that a snapshot does not carry it.

/**
 * Walks the C heap (dlmalloc's chunks: a size in each chunk's head, its two low bits in-use flags) and calls `visit` for each.
 * @param {any} module
 * @param {(at: number, size: number, used: boolean) => void} visit
 * @returns {boolean} whether the walk ended exactly where the heap does, that is, whether the layout is the one known
 */
function eachChunk(module, visit) {
  const end = module._sbrk(0);
  let at = module.___heap_base;
  while (at < end) {
    const head = module.HEAPU32[(at + 4) >>> 2];
    const size = head & ~7;
    if (size < 16 || at + size > end) break;
    visit(at, size, (head & 2) !== 0);
    at += size;
  }
  return end - at < 64;
}

/**
 * @param {any} module a Pyodide module
 */
export function clearFreeMemory(module) {
  if (!eachChunk(module, () => {})) throw new Error("The C heap is not laid out as this version of Pyodide should have it.");
  // A free chunk keeps up to eight words of bookkeeping at its start; the rest belongs to nobody.
  eachChunk(module, (at, size, used) => {
    if (!used && size > 32) module.HEAPU8.fill(0, at + 32, at + size);
  });
  module.HEAPU8.fill(0, module._sbrk(0));
  module.HEAPU8.fill(0, module._emscripten_stack_get_end(), module._emscripten_stack_get_current() - 128);
}

/** Symbols that point to lists of modules whose byte code is part of Python's static data. */
const BUILT_IN = ["__PyImport_FrozenBootstrap", "__PyImport_FrozenStdlib", "__PyImport_FrozenTest"];

/**
 * Where in the static data the byte code of modules lies that are loaded by now or never will be: Python reads it on import alone.
 * @param {any} module a Pyodide module
 * @returns {[at: number, length: number][]}
 */
export function doneWith(module) {
  const words = module.HEAP32;
  /** @type {[at: number, length: number][]} */
  const ranges = [];
  for (const name of BUILT_IN) {
    // struct _frozen: name, code, size, is_package; one without a name ends the list
    for (let at = words[module[name] >> 2] >> 2; words[at]; at += 4) ranges.push([words[at + 1], words[at + 2]]);
  }
  const end = module._emscripten_stack_get_end();
  if (!ranges.length || ranges.some(([at, length]) => at < 1024 || length < 0 || at + length > end)) {
    throw new Error("The modules built into Python are not listed as this version should have them.");
  }
  return ranges;
}

/**
 * @param {any} module a Pyodide module
 * @param {number[]} addresses of objects to which one table refers, and perhaps others
 * @returns {number[]} those to which only that table does: it holds each as a key and as its value
 */
export function referredOnlyByTable(module, addresses) {
  clearFreeMemory(module);
  const times = new Map(addresses.filter((address) => address >= module.___heap_base).map((address) => [address, 0]));
  for (const word of module.HEAPU32.subarray(0, module._sbrk(0) >> 2)) {
    const count = times.get(word);
    if (count !== undefined) times.set(word, count + 1);
  }
  if ([...times.values()].some((count) => count < 2)) throw new Error("Python's table of strings is not laid out as this version should have it.");
  return [...times].filter(([, count]) => count === 2).map(([address]) => address);
}
