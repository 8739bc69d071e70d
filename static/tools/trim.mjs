// Trims Pyodide to what one interpreter uses that has been thawed and imports nothing any more, in two ways:
//
// - whole: the wasm without the exports that are there for libraries linked later, and without what only they keep alive; the glue
//   without what the wasm then asks for no more.
// - core: the wasm without all that only the glue uses, and without its static data, which the snapshot brings.
//
// No function that is left is changed.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { asTool } from "./interpreter.mjs";
import { binaryen } from "./trim/binaryen.mjs";
import { inScratch } from "./trim/in-scratch.mjs";
import { leaveOut } from "./trim/leave-out.mjs";
import { graphOf } from "./trim/reach.mjs";
import { readGlue } from "./trim/read-glue.mjs";
import { TRAMPOLINE, trampolineFor } from "./trim/trampoline.mjs";
import { dropData, keepExports } from "./trim/wasm-sections.mjs";
import { inPages } from "./trim/in-pages.mjs";
import { writeGlue } from "./trim/write-glue.mjs";

/** What src/worker/whole.js, and the glue's own instantiation, use by name. */
const ASKED = [".API", ".HEAP32", ".HEAPU8", "._sbrk", ".__PyRuntime", ".__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET"];

/** What src/worker/interpreter.js uses. */
const CALLED = ["memory", "malloc", "free", "PyUnicode_DecodeUTF8", "PyObject_CallOneArg", "PyUnicode_AsUTF8AndSize", "Py_DecRef"];
/** What the trampoline uses. */
const TABLE = "__indirect_function_table";

/** @typedef {(name: string) => string} Scratch makes a path for a file */

/**
 * @param {string} wasm path of the file
 * @param {string[]} names of exports
 * @param {Scratch} scratch
 * @returns {string} path of the file with these exports alone, and what they need
 */
function withExports(wasm, names, scratch) {
  const [thin, out] = [scratch("thin.wasm"), scratch("out.wasm")];
  writeFileSync(thin, keepExports(readFileSync(wasm), new Set(names)));
  binaryen("wasm-opt", thin, "--remove-unused-module-elements", "-o", out);
  return out;
}

/**
 * @param {string} wasm path of the file
 * @param {object} graph
 * @param {Scratch} scratch
 * @returns {{wasm: Uint8Array, unused: Set<string>}} the file without the graph's unreached exports and what only they need, and the
 * names of all that is unreached
 */
function collect(wasm, graph, scratch) {
  const [wanted, out] = [scratch("graph.json"), scratch("sorted.wasm")];
  writeFileSync(wanted, JSON.stringify(graph));
  const said = binaryen("wasm-metadce", wasm, `--graph-file=${wanted}`, "-o", out);
  // It has also sorted the functions anew, at the cost of 1 % of what is compressed: it is asked for names alone.
  const kept = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(out))).map(({ name }) => name);
  const unused = [...said.matchAll(/^unused: (.*)$/gm)].map(([, name = ""]) => name);
  return { wasm: readFileSync(withExports(wasm, kept, scratch)), unused: new Set(unused) };
}

/** @param {string} pyodide folder @returns {Promise<{wasm: Uint8Array, glue: string}>} */
async function trimWhole(pyodide) {
  const file = join(pyodide, "pyodide.asm.wasm");
  const glue = leaveOut(readGlue(readFileSync(join(pyodide, "pyodide.asm.mjs"), "utf8")));
  const graph = graphOf(glue, new WebAssembly.Module(readFileSync(file)), ASKED);
  const { wasm, unused } = await inScratch((scratch) => collect(file, graph, scratch));
  // The finished file says itself what it asks for and what it gives.
  const module = new WebAssembly.Module(/** @type {BufferSource} */ (wasm));
  const names = (/** @type {{name: string}[]} */ list) => new Set(list.map(({ name }) => name));
  const used = {
    units: new Set(glue.units.filter((_, index) => !unused.has(`unit:${index}`))),
    taken: names(WebAssembly.Module.exports(module)),
    given: names(WebAssembly.Module.imports(module)),
  };
  const { code } = transformSync(inPages(writeGlue(glue, used)), { minify: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none" });
  return { wasm, glue: code };
}

/** @param {string} pyodide folder @returns {Promise<Uint8Array>} */
function trimCore(pyodide) {
  return inScratch((scratch) => {
    const core = withExports(join(pyodide, "pyodide.asm.wasm"), [...CALLED, TABLE], scratch);
    const [text, trampoline, merged] = [scratch("trampoline.wat"), scratch("trampoline.wasm"), scratch("merged.wasm")];
    writeFileSync(text, trampolineFor(readFileSync(core)));
    binaryen("wasm-as", text, "-o", trampoline);
    binaryen("wasm-merge", core, "python", trampoline, "env", "-o", merged);
    const left = readFileSync(withExports(merged, CALLED, scratch));
    const asked = WebAssembly.Module.imports(new WebAssembly.Module(left)).map(({ name }) => name);
    if (asked.includes(TRAMPOLINE)) throw new Error("Python's trampoline is not asked for as this version of Pyodide should.");
    return dropData(left);
  });
}

await asTool(async ({ pyodide, out }) => {
  const { wasm, glue } = await trimWhole(pyodide);
  writeFileSync(join(out, "pyodide.whole.wasm"), wasm);
  writeFileSync(join(out, "pyodide.asm.js"), glue);
  writeFileSync(join(out, "pyodide.core.wasm"), await trimCore(pyodide));
});
