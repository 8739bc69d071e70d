// Boots a built runtime under Node as a browser would, over HTTP, and compares its answers to batches with those of another Python.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { asTool } from "./interpreter.mjs";

const WASM = "pyodide.asm.wasm";
const WHOLE = "pyodide.whole.wasm";
/** A module with nothing in it, on which no interpreter starts. */
const NOTHING = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
/** @type {Record<string, string>} */
const TYPES = { ".wasm": "application/wasm", ".js": "text/javascript" };

// `lacks`: the small interpreter is known to lack something that a batch needs.
await asTool(async ({ folder, batches, lacks = false }) => {
  const small = existsSync(join(folder, "python.bin"));
  let whole = !small;
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? "/", "http://127.0.0.1").pathname.slice(1);
    // A connection that is kept may be closed just as it is used again, for this process does both.
    response.setHeader("connection", "close");
    response.setHeader("content-type", TYPES[extname(name)] ?? "application/octet-stream");
    if (name === WHOLE && !whole && !lacks) response.writeHead(500).end();
    else if (name === WASM && whole) response.end(NOTHING);
    else createReadStream(join(folder, name)).on("error", () => response.writeHead(404).end()).pipe(response);
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
    for (const round of small ? [false, true] : [true]) {
      whole = round;
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
