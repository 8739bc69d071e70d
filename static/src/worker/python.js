// Boots Python: fetches the runtime's three files at once, compiles and thaws. The same in a worker and, where no worker can start, in the page.
//
// The .wasm file has the functions that Python was seen to need, and stubs in place of the others. When a batch reaches a stub, an
// interpreter on the whole .wasm answers that batch and all later ones. The answer to a batch depends on its text alone, so no answer
// is lost and none is different.
// https://developer.mozilla.org/docs/WebAssembly/Reference/JavaScript_interface/compileStreaming_static

import { thaw } from "./interpreter.js";

/** Bytes of each file once decoded, so that progress needs no Content-Length (absent when compressed), and the snapshot's hash; set by the build. */
/* global __PARTS__ */
/** @typedef {(loaded: number, total: number) => void} Progress */
/**
 * `run` may reject with an error that says `unreachable`: the network is gone, and with it what the batch needs.
 * @typedef {{run: (text: string) => string | Promise<string>, python: string, ms: number}} Python
 */

const GLUE = "pyodide.asm.mjs";
const WASM = "pyodide.asm.wasm";
const WHOLE = "pyodide.whole.wasm";
const SNAPSHOT = "python.bin";

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

/**
 * @param {string} name
 * @returns {Promise<Response>}
 */
async function get(name) {
  const url = new URL(name, import.meta.url);
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
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
    if (at + value.length > size) throw new Error(`${response.url} is longer than the build's`);
    bytes.set(value, at);
    at += value.length;
    arrived(value.length);
  }
  if (at !== size) throw new Error(`${response.url} is cut off: ${at} of ${size} bytes`);
  return bytes;
}

/**
 * An interpreter whose memory has wrong bytes may boot, and go wrong later. On a page that is not secure the browser cannot hash, so
 * nothing is checked there.
 * @param {Uint8Array} bytes
 */
async function verified(bytes) {
  const digest = globalThis.crypto?.subtle && (await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (bytes)));
  if (digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("") !== __PARTS__.sha256) {
    throw new Error(`${SNAPSHOT} is not the build's`);
  }
  return bytes;
}

/**
 * @param {Response} response
 * @returns {Promise<WebAssembly.Module>}
 */
async function compile(response) {
  // Streaming also lets the browser keep the compiled code beside the cached file, but insists on the right type.
  const type = response.headers.get("content-type") ?? "";
  if (typeof WebAssembly.compileStreaming === "function" && /^application\/wasm\b/i.test(type)) {
    return await WebAssembly.compileStreaming(response);
  }
  return await WebAssembly.compile(await response.arrayBuffer());
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

/**
 * @param {string} name of the .wasm file
 * @param {Progress} progress
 */
async function fetchParts(name, progress) {
  const total = __PARTS__.glue + (name === WHOLE ? __PARTS__.whole : __PARTS__.wasm) + __PARTS__.snapshot;
  let loaded = 0;
  const arrived = (/** @type {number} */ bytes) => progress((loaded += bytes), total);
  // The fragment makes it another module: browsers keep a failed one.
  const glue = new URL(boots++ ? `${GLUE}#${boots}` : GLUE, import.meta.url).href;
  const [{ default: createModule }, wasm, file] = await Promise.all([
    import(glue).then((glue) => (arrived(__PARTS__.glue), glue)),
    get(name)
      .then(compile)
      .then((module) => (arrived(total - __PARTS__.glue - __PARTS__.snapshot), module)),
    get(SNAPSHOT)
      .then((response) => bytesOf(response, __PARTS__.snapshot, arrived))
      .then(verified),
  ]);
  return { parts: { createModule, wasm, environment: environment() }, file };
}

/** @param {Progress} progress */
async function bootWhole(progress) {
  const { parts, file } = await fetchParts(WHOLE, progress);
  return await thaw(parts, file);
}

/**
 * @param {Progress} [progress] told the decoded bytes that have arrived, and how many there will be
 * @returns {Promise<Python>}
 */
export async function boot(progress = () => {}) {
  const start = performance.now();
  const { parts, file } = await fetchParts(WASM, progress);
  const fetched = performance.now();
  performance.measure("heap-web:fetch", { start, end: fetched });
  let python = await thaw(parts, file).catch((error) => {
    if (__PARTS__.whole) return bootWhole(progress);
    throw error;
  });
  /** @type {Promise<import("./interpreter.js").Interpreter> | null} */
  let whole = null;
  const end = performance.now();
  performance.measure("heap-web:boot", { start: fetched, end });

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
