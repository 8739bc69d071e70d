// Boots a built runtime under Node as a browser would, over HTTP, and compares its answers to batches with those of another Python.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { asTool } from "./interpreter.mjs";

const WASM = "pyodide.asm.wasm";
const WHOLE = "pyodide.whole.wasm";
/** @type {Record<string, string>} */
const TYPES = { ".wasm": "application/wasm", ".mjs": "text/javascript", ".js": "text/javascript" };

await asTool(async ({ folder, batches }) => {
  let wasm = WASM;
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://127.0.0.1").pathname.slice(1);
    const path = join(folder, name === WASM ? wasm : name);
    response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
    createReadStream(path).on("error", () => response.writeHead(404).end()).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  // Node imports from files only: python.js comes from its file, and fetches by name what stands beside it.
  const files = pathToFileURL(`${folder}/`).href;
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const base = `http://127.0.0.1:${port}/`;
  const fetchFile = globalThis.fetch;
  globalThis.fetch = (url, options) => fetchFile(String(url).replace(files, base), options);
  try {
    const { boot } = await import(`${files}python.js`);
    // What a worker starts on, and what it goes on with when that does not suffice: both answer everything.
    for (wasm of existsSync(join(folder, WHOLE)) ? [WASM, WHOLE] : [WASM]) {
      const python = await boot();
      for (const [batch, wanted] of batches) {
        const given = await python.run(batch);
        if (given !== wanted) throw new Error(`The batch ${batch.slice(0, 1000)} gave ${given.slice(0, 1000)} instead of ${wanted.slice(0, 1000)}`);
      }
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
