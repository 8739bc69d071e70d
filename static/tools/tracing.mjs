// Finds which Python functions run while an interpreter answers the recorded batches, and thousands of altered ones.
import { writeFileSync } from "node:fs";
import { asTool, startInterpreter } from "./interpreter.mjs";
import { allBatches } from "./trim/odd-batches.mjs";

await asTool(async ({ pyodide, code, sample, batches, rounds, out }) => {
  const python = await startInterpreter({ pyodide, stdlib: code });
  const texts = JSON.stringify(allBatches([sample, ...batches], rounds));
  writeFileSync(out, python.pyimport("tracing").functions_run(texts));
});
