// The whole interpreter, from a snapshot: a fresh Pyodide module whose memory becomes that of the interpreter frozen at build time.
//
// Does what Pyodide's own `loadPyodide` does for `_loadSnapshot`, without its fetches (lock file, standard library, package index):
// nothing is imported or installed later, so none of them is needed. Bound to the Pyodide version pinned in package.json; the build
// boots every bundle through this file before it is kept.

import { headerOf, unpack } from "./snapshot.js";

/**
 * @typedef {object} Parts
 * @property {(settings: object) => Promise<any>} createModule default export of Pyodide's glue
 * @property {WebAssembly.Module} wasm Pyodide's .wasm, compiled
 * @property {object} environment Pyodide's own description of where it runs
 */

/**
 * A Pyodide module before any Python has run in it, and its memory as it was before any code had: the static data, which is the
 * same in every browser. (What Pyodide's own start writes there is not.)
 * @param {Parts} parts
 * @param {number} memory bytes of memory to start with
 * @param {number} floor how much of the memory to give back
 * @returns {Promise<{module: any, pristine: Uint8Array}>}
 */
export async function freshModule({ createModule, wasm, environment }, memory, floor) {
  const failed = Symbol("error");
  /** @type {Uint8Array} */
  let pristine;
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
          pristine = new Uint8Array(/** @type {WebAssembly.Memory} */ (instance.exports.memory).buffer).slice(0, floor);
          done(instance, wasm);
        }, reject);
        return {};
      },
    }).then(resolve, reject);
  });
  // @ts-expect-error set before the module was there
  return { module, pristine };
}

/**
 * @param {Parts} parts
 * @param {Uint8Array} file the snapshot
 * @returns {Promise<import("./interpreter.js").Interpreter>}
 */
export async function thawWhole(parts, file) {
  const { memory, floor = 0, python, references } = headerOf(file);
  const { module, pristine } = await freshModule(parts, memory, floor);
  // How Python calls C functions of other signatures: through WebAssembly where the browser has its GC types, else through
  // JavaScript, at a third of the speed. Pyodide finds out as it starts, and leaves the answer at this place.
  const trampoline = (module.__PyRuntime + module.HEAP32[module.__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET >> 2]) >> 2;
  const found = module.HEAP32[trampoline];
  module.HEAPU8.set(pristine);
  module.HEAPU8.fill(0, pristine.length, module._sbrk(0));
  unpack(file, module.HEAPU8);
  module.HEAP32[trampoline] = found;
  const pyodide = module.API.finalizeBootstrap(references);
  const run = pyodide.pyimport("heap_web.runtime").run;
  return { run: (text) => run(text), python, spoiled: () => false };
}
