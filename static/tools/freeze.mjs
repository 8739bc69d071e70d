// Starts a second, clean interpreter on the byte code alone, imports the worker's entry, has it answer, and writes it as a snapshot.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pack } from "../src/worker/snapshot.js";
import { freshModule } from "../src/worker/whole.js";
import { asTool, startInterpreter } from "./interpreter.mjs";
import { clearFreeMemory, doneWith, referredOnlyByTable } from "./memory.mjs";

/** @param {Uint8Array} snapshot what Pyodide wrote: a header of 48 bytes, JSON, then all memory */
function split(snapshot) {
  const [, start = 0, length = 0] = new Uint32Array(snapshot.buffer, snapshot.byteOffset, 3);
  return { references: JSON.parse(new TextDecoder().decode(snapshot.subarray(48, 48 + length))), memory: snapshot.subarray(start) };
}

/** @param {any} python @param {string} pyodide folder */
async function untouched(python, pyodide) {
  const { default: createModule } = await import(pathToFileURL(join(pyodide, "pyodide.asm.mjs")).href);
  const wasm = await WebAssembly.compile(new Uint8Array(readFileSync(join(pyodide, "pyodide.asm.wasm"))));
  const floor = python._module._emscripten_stack_get_end();
  const { module, pristine } = await freshModule({ createModule, wasm, environment: python._api.runtimeEnv }, python._module.HEAPU8.length, floor);
  // The frozen memory holds indexes into the function table: they must mean the same in a module that has not run.
  if (module.wasmTable.length !== python._module.wasmTable.length) throw new Error("Python has added to the function table.");
  return pristine;
}

/** The whole interpreter, for Pyodide's own glue. @param {any} options @returns {Promise<Uint8Array>} */
async function freezeWhole({ pyodide, code, entry, sample }) {
  const python = await startInterpreter({ pyodide, stdlib: code, freeze: true });
  const version = python.pyimport("settle").settle(entry, sample);
  clearFreeMemory(python._module);
  const { references, memory } = split(python.makeMemorySnapshot());
  const pristine = await untouched(python, pyodide);
  return pack({ memory: memory.length, floor: pristine.length, python: version, references }, memory, pristine);
}

/** The interpreter with the functions alone that ran. @param {any} options @returns {Promise<Uint8Array>} */
async function freezeSmall({ pyodide, code, sample, ran }) {
  const python = await startInterpreter({ pyodide, stdlib: code, freeze: true });
  const pristine = await untouched(python, pyodide);
  const module = python.pyimport("settle");
  // Pyodide asks Python what kind of object it is handed: while Python can still say.
  const { settle_small, interned, forget } = module;
  const header = JSON.parse(settle_small(sample, ran));
  const unused = referredOnlyByTable(python._module, JSON.parse(interned()));
  forget(JSON.stringify(unused));
  // Python would keep them: it counts no references to them.
  unused.forEach((address) => python._module._free(address));
  for (const proxy of [settle_small, interned, forget, module]) proxy.destroy();
  clearFreeMemory(python._module);
  const memory = python._module.HEAPU8.slice();
  // Constants come before variables: those begin where anything has been written to.
  const variables = pristine.findIndex((byte, at) => byte !== memory[at]);
  for (const [at, length] of doneWith(python._module)) memory.fill(0, at, at + length);
  return pack({ memory: memory.length, static: [variables, pristine.length], ...header }, memory);
}

await asTool(async (options) => {
  writeFileSync(options.out, await (options.ran === undefined ? freezeWhole(options) : freezeSmall(options)));
});
