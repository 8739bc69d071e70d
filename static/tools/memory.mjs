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
