// An interpreter from a snapshot: a fresh Pyodide module whose memory becomes that of the interpreter frozen at build time.
//
// Does what Pyodide's own `loadPyodide` does for `_loadSnapshot`, without its fetches (lock file, standard library, package index):
// nothing is imported or installed later, so none of them is needed. Bound to the Pyodide version pinned in package.json; the build
// boots every bundle through this file before it is kept.

import { fill, headerOf, unpack } from "./snapshot.js";

/**
 * @typedef {object} Parts
 * @property {(settings: object) => Promise<any>} createModule default export of pyodide.asm.mjs
 * @property {WebAssembly.Module} wasm pyodide.asm.wasm, compiled
 * @property {object} environment Pyodide's own description of where it runs
 */

/**
 * A Pyodide module before any Python has run in it, and its memory as it was before any code had: the static data, which is the
 * same in every browser. (What Pyodide's own start writes there is not.)
 * @param {Parts} parts
 * @param {number} memory bytes of memory to start with
 * @param {number} floor how much of the memory to give back
 * @param {(memory: Uint8Array) => void} [start] writes the static data, where the .wasm file does not bring it along
 * @returns {Promise<{module: any, exports: WebAssembly.Exports, pristine: Uint8Array}>}
 */
export async function freshModule({ createModule, wasm, environment }, memory, floor, start = () => {}) {
  const failed = Symbol("error");
  /** @type {Uint8Array} */
  let pristine;
  /** @type {WebAssembly.Exports} */
  let exports;
  const module = await new Promise((resolve, reject) => {
    createModule({
      noInitialRun: true,
      preRun: [],
      INITIAL_MEMORY: memory,
      API: { config: { jsglobals: globalThis, packages: [] }, runtimeEnv: environment },
      /**
       * @param {any} imports
       * @param {(instance: WebAssembly.Instance, module: WebAssembly.Module) => void} done
       */
      instantiateWasm(imports, done) {
        imports.env.Jsv_GetError_import = () => failed;
        imports.env.JsvError_Check = (/** @type {unknown} */ value) => (value === failed ? 1 : 0);
        WebAssembly.instantiate(wasm, imports).then((instance) => {
          ({ exports } = instance);
          const bytes = new Uint8Array(/** @type {WebAssembly.Memory} */ (exports.memory).buffer);
          start(bytes);
          pristine = bytes.slice(0, floor);
          done(instance, wasm);
        }, reject);
        return {};
      },
    }).then(resolve, reject);
  });
  // @ts-expect-error set before the module was there
  return { module, exports, pristine };
}

/**
 * A frozen interpreter, alive. `spoiled`: it came to a function that its .wasm file has only a stub of; nothing that it has said or
 * thrown since counts, and it can do no more.
 * @typedef {{run: (text: string) => string, python: string, spoiled: () => boolean}} Interpreter
 */

/**
 * @param {Parts} parts
 * @param {Uint8Array} file the snapshot
 * @returns {Promise<Interpreter>} rejects also where a stub was called meanwhile
 */
export async function thaw(parts, file) {
  const { memory, floor, python, references } = headerOf(file);
  const { module, exports, pristine } = await freshModule(parts, memory, floor, (bytes) => fill(file, bytes));
  // How Python calls C functions of other signatures: through WebAssembly where the browser has its GC types, else through
  // JavaScript, at a third of the speed. Pyodide finds out as it starts, and leaves the answer at this place.
  const trampoline = (module.__PyRuntime + module.HEAP32[module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET >> 2]) >> 2;
  const found = module.HEAP32[trampoline];
  unpack(file, module.HEAPU8, pristine, module._sbrk(0));
  module.HEAP32[trampoline] = found;
  const cold = /** @type {WebAssembly.Global | undefined} */ (exports.cold);
  const spoiled = () => cold?.value === 1;
  // Pyodide makes a bug report in the console of every trap; a stub's is none.
  const { fatal_error } = module.API;
  module.API.fatal_error = (/** @type {unknown} */ error) => {
    if (spoiled()) throw error;
    fatal_error(error);
  };
  const pyodide = module.API.finalizeBootstrap(references);
  const run = pyodide.pyimport("heap_web.runtime").run;
  if (spoiled()) throw new Error("a function of the interpreter is missing");
  return { run: (text) => run(text), python, spoiled };
}
