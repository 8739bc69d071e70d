// Makes of the trimmed .wasm the small one that a thawed interpreter starts on: without the functions that it was never seen to need
// while it answered thousands of batches. Should it need one all the same it says so, and a worker goes on with the trimmed one.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { thaw } from "../src/worker/interpreter.js";
import { asTool } from "./interpreter.mjs";
import { binaryen } from "./trim/binaryen.mjs";
import { inScratch } from "./trim/in-scratch.mjs";
import { oddBatches } from "./trim/odd-batches.mjs";
import { functionsRun, stubCold } from "./trim/stub-cold.mjs";

const ENVIRONMENT = { IN_NODE: true, IN_NODE_ESM: true, IN_BROWSER: false, IN_BROWSER_MAIN_THREAD: false, IN_BROWSER_WEB_WORKER: false };
const SEED = 1;

await asTool(async ({ folder, snapshot, sample, batches, rounds, out }) => {
  const file = new Uint8Array(readFileSync(snapshot));
  const whole = new Uint8Array(readFileSync(join(folder, "pyodide.asm.wasm")));
  const { default: createModule } = await import(pathToFileURL(join(folder, "pyodide.asm.mjs")).href);
  const instrumented = await inScratch((path) => {
    writeFileSync(path("in.wasm"), whole);
    binaryen("wasm-opt", path("in.wasm"), "--log-execution=env", "-o", path("out.wasm"));
    return new Uint8Array(readFileSync(path("out.wasm")));
  });
  const wasm = new WebAssembly.Module(instrumented);
  /** @type {Set<number>} */
  const told = new Set();
  const texts = [sample, ...batches, ...(rounds ? oddBatches([sample, ...batches], SEED, rounds) : [])];
  const logged = (/** @type {any} */ settings) =>
    createModule({
      ...settings,
      instantiateWasm(/** @type {any} */ imports, /** @type {unknown} */ done) {
        imports.env.log_execution = (/** @type {number} */ number) => void told.add(number);
        return settings.instantiateWasm(imports, done);
      },
    });
  // As it is frozen: without what newer versions of Node have, and with what every browser can come to.
  Object.defineProperty(globalThis, "navigator", { value: { userAgent: "iPhone" }, configurable: true });
  const python = await thaw({ createModule: logged, wasm, environment: ENVIRONMENT }, file);
  for (const text of texts) {
    try {
      python.run(text);
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "PythonError") throw error;
    }
  }
  const warm = await inScratch((path) => {
    writeFileSync(path("in.wasm"), stubCold(whole, functionsRun(instrumented, told)));
    binaryen("wasm-opt", path("in.wasm"), "--remove-unused-module-elements", "-o", path("out.wasm"));
    return readFileSync(path("out.wasm"));
  });
  writeFileSync(join(out, "pyodide.asm.wasm"), warm);
});
