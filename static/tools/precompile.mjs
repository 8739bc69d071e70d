// Compiles a wheel's modules to byte code in stock Pyodide, whose Python will import them.
import { readFileSync, writeFileSync } from "node:fs";
import { asTool, startInterpreter } from "./interpreter.mjs";

await asTool(async ({ pyodide, wheel, package: name, script, out }) => {
  const python = await startInterpreter({ pyodide });
  python.FS.writeFile("/tmp/package.whl", readFileSync(wheel));
  python.FS.writeFile("/tmp/compile_package.py", readFileSync(script));
  python.runPython("import sys; sys.path.insert(0, '/tmp')");
  python.pyimport("compile_package").write_zip("/tmp/package.whl", name, "/tmp/byte_code.zip");
  writeFileSync(out, python.FS.readFile("/tmp/byte_code.zip"));
});
