// Binaryen's tools, as their npm package has them.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const BIN = new URL("../../node_modules/binaryen/bin/", import.meta.url);
// What Pyodide's wasm is made with, and every browser that runs it has.
const FEATURES = ["bulk-memory", "exception-handling", "multivalue", "mutable-globals", "nontrapping-float-to-int", "reference-types", "sign-ext"];

/** @param {string} tool @param {string[]} options @returns {string} what it printed */
export function binaryen(tool, ...options) {
  const enable = FEATURES.map((name) => `--enable-${name}`);
  return execFileSync(process.execPath, [fileURLToPath(new URL(tool, BIN)), ...options, ...enable], { encoding: "utf8", maxBuffer: 2 ** 26 });
}
