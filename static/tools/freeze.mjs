// Starts a second, clean interpreter on the byte code alone, imports and warms the worker's entry, and writes it as a snapshot.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { freshModule } from "../src/worker/interpreter.js";
import { pack } from "../src/worker/snapshot.js";
import { asTool, startInterpreter } from "./interpreter.mjs";
import { clearFreeMemory, doneWith } from "./memory.mjs";

/** @param {Uint8Array} snapshot what Pyodide wrote: a header of 48 bytes, JSON, then all memory */
function split(snapshot) {
  const [, start = 0, length = 0] = new Uint32Array(snapshot.buffer, snapshot.byteOffset, 3);
  return { references: JSON.parse(new TextDecoder().decode(snapshot.subarray(48, 48 + length))), memory: snapshot.subarray(start) };
}

await asTool(async ({ pyodide, code, entry, sample, carried, out }) => {
  const python = await startInterpreter({ pyodide, stdlib: code, freeze: true });
  const version = python.pyimport("settle").settle(entry, sample);
  clearFreeMemory(python._module);
  const { references, memory } = split(python.makeMemorySnapshot());
  const environment = python._api.runtimeEnv;
  const { default: createModule } = await import(pathToFileURL(join(pyodide, "pyodide.asm.mjs")).href);
  const wasm = await WebAssembly.compile(new Uint8Array(readFileSync(`${pyodide}/pyodide.asm.wasm`)));
  const floor = python._module._emscripten_stack_get_end();
  const { module, pristine } = await freshModule({ createModule, wasm, environment }, memory.length, floor);
  // The frozen memory holds indexes into the function table: they must mean the same in a module that has not run.
  if (module.wasmTable.length !== python._module.wasmTable.length) throw new Error("Python has added to the function table.");
  if (carried) for (const [at, length] of doneWith(python._module)) for (const bytes of [memory, pristine]) bytes.fill(0, at, at + length);
  writeFileSync(out, pack({ memory: memory.length, floor, python: version, references }, memory, pristine, carried));
});
