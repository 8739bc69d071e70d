// Trims Pyodide to what one interpreter uses that has been thawed and imports nothing any more: the wasm without the exports that are
// there for libraries linked later, and without what only they keep alive; the glue without what the wasm then asks for no more; and
// the wasm's static data left to the snapshot, with which it compresses better. No function that is left is changed.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { asTool } from "./interpreter.mjs";
import { binaryen } from "./trim/binaryen.mjs";
import { inScratch } from "./trim/in-scratch.mjs";
import { leaveOut } from "./trim/leave-out.mjs";
import { graphOf } from "./trim/reach.mjs";
import { readGlue } from "./trim/read-glue.mjs";
import { dropData, keepExports } from "./trim/wasm-sections.mjs";
import { writeGlue } from "./trim/write-glue.mjs";

/** What src/worker/interpreter.js, and the glue's own instantiation, use by name. */
const ASKED = [".API", ".HEAP32", ".HEAPU8", "._sbrk", ".__PyRuntime", ".__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET"];

/**
 * @param {string} wasm path of the file
 * @param {object} graph
 * @param {(name: string) => string} scratch makes a path for a file
 * @returns {{wasm: Uint8Array, unused: Set<string>}} the file without the graph's unreached exports and what only they need, and the
 * names of all that is unreached
 */
function collect(wasm, graph, scratch) {
  const [wanted, thin, out] = [scratch("graph.json"), scratch("thin.wasm"), scratch("out.wasm")];
  writeFileSync(wanted, JSON.stringify(graph));
  const said = binaryen("wasm-metadce", wasm, `--graph-file=${wanted}`, "-o", out);
  // It has also sorted the functions anew, at the cost of 1 % of what is compressed: it is asked for names alone.
  const kept = WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(out))).map(({ name }) => name);
  writeFileSync(thin, keepExports(readFileSync(wasm), new Set(kept)));
  binaryen("wasm-opt", thin, "--remove-unused-module-elements", "-o", out);
  const unused = [...said.matchAll(/^unused: (.*)$/gm)].map(([, name = ""]) => name);
  return { wasm: readFileSync(out), unused: new Set(unused) };
}

await asTool(async ({ pyodide, out }) => {
  const file = `${pyodide}/pyodide.asm.wasm`;
  const glue = leaveOut(readGlue(readFileSync(`${pyodide}/pyodide.asm.mjs`, "utf8")));
  const graph = graphOf(glue, new WebAssembly.Module(readFileSync(file)), ASKED);
  const { wasm, unused } = await inScratch((scratch) => collect(file, graph, scratch));
  const trimmed = dropData(wasm);
  // The finished file says itself what it asks for and what it gives.
  const module = new WebAssembly.Module(/** @type {BufferSource} */ (trimmed));
  const names = (/** @type {{name: string}[]} */ list) => new Set(list.map(({ name }) => name));
  const used = {
    units: new Set(glue.units.filter((_, index) => !unused.has(`unit:${index}`))),
    taken: names(WebAssembly.Module.exports(module)),
    given: names(WebAssembly.Module.imports(module)),
  };
  const { code } = transformSync(writeGlue(glue, used), { minify: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none" });
  writeFileSync(join(out, "pyodide.asm.wasm"), trimmed);
  writeFileSync(join(out, "pyodide.asm.mjs"), code);
});
