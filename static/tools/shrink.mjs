// Makes of a frozen interpreter, and of Pyodide's core, what a worker starts on: the .wasm without the functions that it was never seen
// to need while it answered thousands of batches, the snapshot without the static data that nothing refers to then. Should a function be
// needed all the same the interpreter says so, and a worker goes on with the whole.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { thaw } from "../src/worker/interpreter.js";
import { headerOf, pack, unpack } from "../src/worker/snapshot.js";
import { asTool } from "./interpreter.mjs";
import { binaryen } from "./trim/binaryen.mjs";
import { constantsOf } from "./trim/constants.mjs";
import { inScratch } from "./trim/in-scratch.mjs";
import { allBatches } from "./trim/odd-batches.mjs";
import { functionsRun, stubCold } from "./trim/stub-cold.mjs";
import { reachable } from "./trim/unreachable.mjs";
import { firstData, startWith } from "./trim/wasm-sections.mjs";

const PAGE = 65536;
/** What no static data is like. */
const POISON = 0xa5;

/** @typedef {import("../src/worker/interpreter.js").Interpreter} Interpreter */

/** @param {Uint8Array} wasm @param {string[]} passes @returns {Promise<Uint8Array<ArrayBuffer>>} */
function optimised(wasm, ...passes) {
  return inScratch((path) => {
    writeFileSync(path("in.wasm"), wasm);
    binaryen("wasm-opt", path("in.wasm"), ...passes, "-o", path("out.wasm"));
    return new Uint8Array(readFileSync(path("out.wasm")));
  });
}

/** @param {Interpreter} python @param {string} text @returns {string} the answer, or what Python raised */
function ask(python, text) {
  try {
    return python.run(text);
  } catch (error) {
    if (python.spoiled()) throw new Error(`The small interpreter lacks what the batch ${text.slice(0, 1000)} needs: ${error}`);
    if (/** @type {Error} */ (error).name !== "PythonError") throw error;
    return /** @type {Error} */ (error).message;
  }
}

await asTool(async ({ core, pyodide, snapshot, sample, batches, rounds, out }) => {
  const file = new Uint8Array(readFileSync(snapshot));
  const all = new Uint8Array(readFileSync(core));
  const { static: [variables, end] = [0, 0], ...header } = headerOf(file);
  const instrumented = await optimised(all, "--log-execution=env");
  /** @type {Set<number>} */
  const told = new Set();
  const texts = allBatches([sample, ...batches], rounds);
  const first = await thaw({ wasm: new WebAssembly.Module(instrumented), file }, { log_execution: (number) => void told.add(number) });
  const answers = texts.map((text) => ask(first, text));
  const small = await optimised(stubCold(all, functionsRun(instrumented, told)), "--remove-unused-module-elements");

  const memory = new Uint8Array(header.memory);
  unpack(file, memory);
  const [start, constants] = firstData(new Uint8Array(readFileSync(join(pyodide, "pyodide.asm.wasm"))));
  const kept = reachable(memory, { start, constants, variables, end }, constantsOf(small), constantsOf(all));
  const filled = (/** @type {number} */ byte) => pack(header, memory.map((has, at) => (at < end && !kept[at] && has ? byte : has)));
  // Whoever reads what has been dropped reads this, and answers otherwise.
  const poisoned = await thaw({ wasm: new WebAssembly.Module(small), file: filled(POISON) });
  texts.forEach((text, i) => {
    if (ask(poisoned, text) !== answers[i]) throw new Error(`The batch ${text.slice(0, 1000)} needs static data that nothing refers to.`);
  });
  writeFileSync(join(out, "pyodide.asm.wasm"), startWith(small, header.memory / PAGE));
  writeFileSync(join(out, "python.bin"), filled(0));
});
