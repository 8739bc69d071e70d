// Installs the wheel with micropip in a first interpreter and writes what it needs, compiled, as one zip of byte code.
import { readFileSync, writeFileSync } from "node:fs";
import { asTool, startInterpreter } from "./interpreter.mjs";

await asTool(async ({ pyodide, micropip, wheel, wheelName, script, entry, out }) => {
  const python = await startInterpreter({ pyodide });
  python.unpackArchive(new Uint8Array(readFileSync(micropip)), "whl");
  python.FS.writeFile(`/tmp/${wheelName}`, readFileSync(wheel));
  await python.pyimport("micropip").install(`emfs:/tmp/${wheelName}`);
  python.FS.writeFile("/tmp/compile_modules.py", readFileSync(script));
  python.runPython("import sys; sys.path.insert(0, '/tmp')");
  python.pyimport("compile_modules").write_zip(entry, "/tmp/frozen.zip");
  writeFileSync(out, python.FS.readFile("/tmp/frozen.zip"));
});
