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
import { dropData } from "./trim/drop-data.mjs";
import { graphOf } from "./trim/reach.mjs";
import { leaveOut } from "./trim/leave-out.mjs";
import { readGlue } from "./trim/read-glue.mjs";
import { writeGlue } from "./trim/write-glue.mjs";

/** What src/worker/interpreter.js, and the glue's own instantiation, use by name. */
const ASKED = [".API", ".HEAP32", ".HEAPU8", "._sbrk", ".__PyRuntime", ".__PyEM_EMSCRIPTEN_TRAMPOLINE_OFFSET"];
const METADCE = fileURLToPath(new URL("../node_modules/binaryen/bin/wasm-metadce", import.meta.url));
// What Pyodide's wasm is made with, and every browser that runs it has.
const FEATURES = ["bulk-memory", "exception-handling", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];

/**
 * @param {string} wasm path of the file
 * @param {object} graph
 * @returns {{wasm: Uint8Array, unused: Set<string>}} the file without the graph's unreached parts, and their names
 */
function collect(wasm, graph) {
  const folder = mkdtempSync(join(tmpdir(), "heap-web-trim-"));
  try {
    writeFileSync(join(folder, "graph.json"), JSON.stringify(graph));
    const options = [`--graph-file=${join(folder, "graph.json")}`, "-o", join(folder, "out.wasm")];
    const said = execFileSync(process.execPath, [METADCE, wasm, ...options, ...FEATURES.map((name) => `--enable-${name}`)], {
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    const unused = [...said.matchAll(/^unused: (.*)$/gm)].map(([, name = ""]) => name);
    return { wasm: new Uint8Array(readFileSync(join(folder, "out.wasm"))), unused: new Set(unused) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await asTool(async ({ pyodide, out }) => {
  const file = `${pyodide}/pyodide.asm.wasm`;
  const glue = leaveOut(readGlue(readFileSync(`${pyodide}/pyodide.asm.mjs`, "utf8")));
  const { wasm, unused } = collect(file, graphOf(glue, await WebAssembly.compile(new Uint8Array(readFileSync(file))), ASKED));
  const trimmed = dropData(wasm);
  // The finished file says itself what it asks for and what it gives.
  const module = await WebAssembly.compile(/** @type {BufferSource} */ (trimmed));
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
