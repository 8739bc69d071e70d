// Installs the wheel with micropip in a first interpreter and writes what the second needs, compiled, as one zip of byte code.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { asTool, startInterpreter } from "./interpreter.mjs";

const SCRIPTS = "/home/pyodide/frozen";

await asTool(async ({ pyodide, micropip, wheel, wheelName, scripts, entry, sample, out }) => {
  const python = await startInterpreter({ pyodide });
  python.unpackArchive(new Uint8Array(readFileSync(micropip)), "whl");
  python.FS.writeFile(`/tmp/${wheelName}`, readFileSync(wheel));
  await python.pyimport("micropip").install(`emfs:/tmp/${wheelName}`);
  for (const [name, path] of Object.entries(scripts)) {
    python.FS.mkdirTree(dirname(`${SCRIPTS}/${name}`));
    python.FS.writeFile(`${SCRIPTS}/${name}`, readFileSync(path));
  }
  python.runPython(`import importlib, sys; importlib.invalidate_caches(); sys.path.insert(0, '${SCRIPTS}')`);
  python.pyimport("compile_modules").write_zip(entry, sample, "/tmp/modules.zip");
  writeFileSync(out, python.FS.readFile("/tmp/modules.zip"));
});
