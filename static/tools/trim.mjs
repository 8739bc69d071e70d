// Trims Pyodide to what one interpreter uses that has been thawed and imports nothing any more: the wasm without the exports that are
// there for libraries linked later, and without what only they keep alive; the glue without what the wasm then asks for no more; and
// the wasm's static data left to the snapshot, with which it compresses better. No function that is left is changed.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { asTool } from "./interpreter.mjs";
import { graphOf } from "./trim/reach.mjs";
import { leaveOut } from "./trim/leave-out.mjs";
import { readGlue } from "./trim/read-glue.mjs";
import { dropData, keepExports } from "./trim/wasm-sections.mjs";
import { writeGlue } from "./trim/write-glue.mjs";

/** What src/worker/interpreter.js, and the glue's own instantiation, use by name. */
const ASKED = [".API", ".HEAP32", ".HEAPU8", "._sbrk", ".__PyRuntime", ".__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET"];
const BINARYEN = fileURLToPath(new URL("../node_modules/binaryen/bin/", import.meta.url));
// What Pyodide's wasm is made with, and every browser that runs it has.
const FEATURES = ["bulk-memory", "exception-handling", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];

/** @param {string} tool of Binaryen's @param {string[]} options @returns {string} what it printed */
function binaryen(tool, ...options) {
  const enable = FEATURES.map((name) => `--enable-${name}`);
  return execFileSync(process.execPath, [join(BINARYEN, tool), ...options, ...enable], { encoding: "utf8", maxBuffer: 2 ** 26 });
}

/**
 * @param {string} wasm path of the file
 * @param {object} graph
 * @param {string} scratch folder for files
 * @returns {{wasm: Uint8Array, unused: Set<string>}} the file without the graph's unreached exports and what only they need, and the
 * names of all that is unreached
 */
function collect(wasm, graph, scratch) {
  const [wanted, thin, out] = ["graph.json", "thin.wasm", "out.wasm"].map((name) => join(scratch, name));
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
  const scratch = mkdtempSync(join(tmpdir(), "heap-web-trim-"));
  const { wasm, unused } = collect(file, graph, scratch);
  rmSync(scratch, { recursive: true });
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
