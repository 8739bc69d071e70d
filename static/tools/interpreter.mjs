// Stock Pyodide under Node, the same on every run: fixed clock, fixed random bytes, fixed hash seed, no network.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The moment at which every interpreter starts, and stays. */
const START = Date.UTC(2026, 0, 1);

/** Replaces what differs from run to run, so that the same sources freeze to the same bytes. */
function fixTheWorld() {
  let byte = 0;
  /** @template {ArrayBufferView | null} T @param {T} view @returns {T} */
  const getRandomValues = (view) => {
    if (view) new Uint8Array(view.buffer, view.byteOffset, view.byteLength).forEach((_, i, all) => (all[i] = byte++ & 255));
    return view;
  };
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues }, configurable: true });
  // On iOS Pyodide does without what newer versions of Node have and older ones have not, so that all freeze the same bytes.
  Object.defineProperty(globalThis, "navigator", { value: { userAgent: "iPhone" }, configurable: true });
  // @ts-expect-error nobody calls it without `new`
  globalThis.Date = class extends Date {
    /** @param {unknown[]} given */
    constructor(...given) {
      // @ts-expect-error whatever a Date takes
      super(...(given.length ? given : [START]));
    }

    static now() {
      return START;
    }
  };
  performance.now = () => 0;
  // Python asks JavaScript for the offset of the local time, in winter and in summer.
  process.env.TZ = "UTC";
}

/**
 * @param {{pyodide: string, stdlib?: string, freeze?: boolean}} options pyodide: folder of the npm package
 * @returns {Promise<any>}
 */
export async function startInterpreter({ pyodide, stdlib, freeze = false }) {
  fixTheWorld();
  const { loadPyodide } = await import(pathToFileURL(join(pyodide, "pyodide.mjs")).href);
  const { info } = JSON.parse(readFileSync(join(pyodide, "pyodide-lock.json"), "utf8"));
  return loadPyodide({
    indexURL: pyodide,
    ...(stdlib === undefined ? {} : { stdLibURL: stdlib }),
    lockFileContents: JSON.stringify({ info, packages: {} }),
    packageBaseUrl: "/",
    env: { PYTHONHASHSEED: "0", TZ: "UTC" },
    // Else it is the path of the script that Node runs: it reaches sys.executable and the environment's `_`.
    _sysExecutable: "/python",
    _makeSnapshot: freeze,
  });
}

/**
 * Runs `main` with the JSON that the caller wrote to standard input; ends with status 1 and the reason when it throws.
 * @param {(options: any) => Promise<void>} main
 */
export async function asTool(main) {
  try {
    await main(JSON.parse(readFileSync(0, "utf8")));
  } catch (error) {
    const text = error instanceof Error ? String(error.stack ?? error) : String(error);
    process.stderr.write(`${text.slice(-4000)}\n`);
    process.exitCode = 1;
  }
}
