// Boots Python: fetches what it starts on at once, compiles and thaws. The same in a worker and, where no worker can start, in the page.
//
// The small interpreter has the parts of Python that the recorded batches were seen to use, and traps in place of the others. When a
// batch reaches a trap, the whole interpreter answers that batch and all later ones. The answer to a batch depends on its text alone, so
// no answer is lost and none is different.
// https://developer.mozilla.org/docs/WebAssembly/Reference/JavaScript_interface/compileStreaming_static

import { thaw } from "./interpreter.js";
import { thawWhole } from "./whole.js";

/** Of each file the bytes once decoded, so that progress needs no Content-Length (absent when compressed); of some the hash; set by the build. */
/* global __PARTS__ */
/** @typedef {(loaded: number, total: number) => void} Progress */
/**
 * `run` may reject with an error that says `unreachable`: the network is gone, and with it what the batch needs.
 * @typedef {{run: (text: string) => string | Promise<string>, python: string, ms: number}} Python
 */

const SMALL = ["pyodide.asm.wasm", "python.bin"];
const WHOLE = ["pyodide.whole.wasm", "python.whole.bin"];
const GLUE = "pyodide.asm.js";

/** Whoever waits hears of progress this often, and not of each of some fifty pieces. */
const PROGRESS_MS = 100;

/** A batch that every working interpreter answers. */
const PROBE = '{"calls":[{"m":"track","a":["E",{"a":{"b":[1]}}]}]}';

let boots = 0;

/**
 * Whether an interpreter that threw can work no more: it trapped, its memory is used up, or it raises for every batch. If Python
 * raised for this batch alone, it can.
 * @param {Python["run"]} run
 * @param {unknown} error
 */
export async function hasEnded(run, error) {
  if (Object(error).name !== "PythonError") return true;
  try {
    await run(PROBE);
    return false;
  } catch {
    return true;
  }
}

const urlOf = (/** @type {string} */ name) => new URL(name, import.meta.url).href;

/** @param {string} url */
const request = (url) => fetch(url, { credentials: "same-origin" });

/** @param {Response} response @returns {string} what a file's failure needs to be understood */
const told = ({ url, headers }) => `${url}, sent as ${headers.get("content-type") ?? "no content type"},`;

/**
 * @param {string} name
 * @returns {Promise<Response>}
 */
async function get(name) {
  const response = await request(urlOf(name));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  return response;
}

/**
 * @param {Response} response
 * @param {number} size
 * @param {(bytes: number) => void} arrived
 * @returns {Promise<Uint8Array>}
 */
async function bytesOf(response, size, arrived) {
  if (!response.body) return new Uint8Array(await response.arrayBuffer());
  const bytes = new Uint8Array(size);
  const reader = response.body.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) throw new Error(`${told(response)} is longer than the build's`);
    bytes.set(value, at);
    at += value.length;
    arrived(value.length);
  }
  if (at !== size) throw new Error(`${told(response)} is cut off: ${at} of ${size} bytes`);
  return bytes;
}

/**
 * An interpreter whose memory has wrong bytes may boot, and go wrong later. On a page that is not secure the browser cannot hash, so
 * nothing is checked there.
 * @param {Uint8Array} bytes
 * @param {Response} response
 * @param {string} [sha256]
 */
async function verify(bytes, response, sha256) {
  const digest = globalThis.crypto?.subtle && (await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
  if (digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("") !== sha256) {
    throw new Error(`${told(response)} is not the build's`);
  }
}

/**
 * @param {Response} response
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(response) {
  // Streaming also lets the browser keep the compiled code beside the cached file, but insists on the right type.
  const type = response.headers.get("content-type") ?? "";
  try {
    if (typeof WebAssembly.compileStreaming === "function" && /^application\/wasm\b/i.test(type)) {
      return await WebAssembly.compileStreaming(response);
    }
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    // The network's own errors stay what they are.
    throw error instanceof WebAssembly.CompileError ? new Error(`${told(response)} does not compile: ${error.message}`) : error;
  }
}

/**
 * @param {string} fragment makes it another module: browsers keep a failed one
 * @returns {Promise<import("./whole.js").Parts["createModule"]>}
 */
async function glue(fragment) {
  const url = urlOf(GLUE);
  try {
    return (await import(url + fragment)).default;
  } catch (error) {
    // A failed import does not say what the server sent.
    const response = await request(url).catch(() => null);
    throw response ? new Error(`${told(response)} with status ${response.status}, does not run: ${error}`) : error;
  }
}

/** Where this runs, in Pyodide's terms. */
function environment() {
  const page = typeof document !== "undefined";
  // A page may have a `process` with Node's version, as bundlers write it.
  const node = !page && typeof process === "object" && typeof process?.versions?.node === "string";
  return {
    IN_NODE: node,
    IN_NODE_ESM: node,
    IN_BROWSER: !node,
    IN_BROWSER_MAIN_THREAD: !node && page,
    IN_BROWSER_WEB_WORKER: !node && !page,
  };
}

/** @param {string} name */
const sizeOf = (name) => __PARTS__[name]?.size ?? 0;

/**
 * @param {string[]} names of a .wasm file and a snapshot
 * @param {Progress} progress
 * @param {number} [besides] bytes of what is fetched beside these
 */
function fetchParts([wasm = "", snapshot = ""], progress, besides = 0) {
  const total = sizeOf(wasm) + sizeOf(snapshot) + besides;
  let loaded = 0;
  let said = -Infinity;
  const arrived = (/** @type {number} */ bytes) => {
    loaded += bytes;
    const now = performance.now();
    if (now - said < PROGRESS_MS && loaded < total) return;
    said = now;
    progress(loaded, total);
  };
  const response = get(snapshot);
  const file = response.then((answer) => bytesOf(answer, sizeOf(snapshot), arrived));
  return {
    wasm: get(wasm)
      .then(compile)
      .then((module) => (arrived(sizeOf(wasm) + besides), module)),
    file,
    genuine: Promise.all([file, response]).then(([bytes, answer]) => verify(bytes, answer, __PARTS__[snapshot]?.sha256)),
  };
}

/** @param {Progress} progress */
async function bootWhole(progress) {
  const fragment = boots++ ? `#${boots}` : "";
  const parts = fetchParts(WHOLE, progress, sizeOf(GLUE));
  const [createModule, wasm, file] = await Promise.all([glue(fragment), parts.wasm, parts.file, parts.genuine]);
  return await thawWhole({ createModule, wasm, environment: environment() }, file);
}

/** @param {Progress} progress */
async function bootSmall(progress) {
  const start = performance.now();
  const parts = fetchParts(SMALL, progress);
  // Python begins once this is noted: what it does first would keep the note waiting.
  const fetched = Promise.all([parts.wasm, parts.genuine]).then(() =>
    performance.measure("heap-web:fetch", { start, end: performance.now() }),
  );
  const [python, { startTime, duration }] = await Promise.all([
    // All parts are there and it does not start: the whole one may.
    thaw({ ...parts, genuine: fetched }).catch(() => fetched.then(() => bootWhole(progress))),
    fetched,
  ]);
  performance.measure("heap-web:thaw", { start: startTime + duration, end: performance.now() });
  return python;
}

/**
 * @param {Progress} [progress] told the decoded bytes that have arrived, and how many there will be
 * @returns {Promise<Python>}
 */
export async function boot(progress = () => {}) {
  const start = performance.now();
  let python = await (sizeOf("python.bin") ? bootSmall(progress) : bootWhole(progress));
  /** @type {Promise<import("./interpreter.js").Interpreter> | null} */
  let whole = null;
  const end = performance.now();
  performance.measure("heap-web:boot", { start, end });

  /** @param {string} text @returns {string | Promise<string>} */
  const run = (text) => {
    try {
      const answer = python.spoiled() ? "" : python.run(text);
      if (!python.spoiled()) return answer;
    } catch (error) {
      if (!python.spoiled()) throw error;
    }
    whole ??= bootWhole(progress).then(
      (booted) => (python = booted),
      (error) => {
        whole = null;
        throw Object.assign(Error(String(error)), { unreachable: error instanceof TypeError });
      },
    );
    return whole.then((booted) => booted.run(text));
  };
  return { run, python: python.python, ms: end - start };
}
