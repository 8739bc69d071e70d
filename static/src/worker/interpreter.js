// A small interpreter from a snapshot: memory as it was frozen at build time, and the part of Python's C code that was seen to run.
//
// Nothing of Pyodide's JavaScript is needed for it: Python is called by its own C API, text in, text out. Whoever comes to something
// that was left out, in C, in Python or in JavaScript, ends in a trap, and the interpreter says so: it is spoiled.
// https://docs.python.org/3/c-api/unicode.html

import { headerOf, unpack } from "./snapshot.js";

/**
 * A frozen interpreter, alive. `spoiled`: it came to something that it does not have; nothing that it has said or thrown since counts,
 * and it can do no more.
 * @typedef {{run: (text: string) => string, python: string, spoiled: () => boolean}} Interpreter
 */

/** @typedef {Record<string, (...given: any[]) => unknown>} Functions */

/**
 * What it is made of, each used as soon as it is there: the .wasm file compiled, the snapshot, and the word that the snapshot's bytes
 * are the build's.
 * @typedef {{wasm: WebAssembly.Module | Promise<WebAssembly.Module>, file: Uint8Array | Promise<Uint8Array>, genuine?: Promise<unknown>}} Parts
 */

const PAGE = 65536;
/** No more than a page may well spare; what WebAssembly can address is twice that. */
const MOST = 2 ** 31;

/**
 * What Python asks of JavaScript while it answers batches.
 * @param {() => WebAssembly.Memory} memory
 * @returns {Functions}
 */
const answersOf = (memory) => ({
  /** @param {number} size bytes that are wanted in all */
  emscripten_resize_heap(size) {
    const wanted = size >>> 0;
    const has = memory().buffer.byteLength;
    try {
      if (wanted > MOST) return 0;
      // A fifth more than is wanted now, so that it is not asked for again at once.
      memory().grow(Math.ceil((Math.min(MOST, Math.max(wanted, has * 1.2)) - has) / PAGE));
      return 1;
    } catch {
      return 0;
    }
  },
});

/** Half of a pair of UTF-16, alone: UTF-8 cannot tell it, JSON's own spelling can. */
const escaped = (/** @type {string} */ text) => text.replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`);

/** Where a page has frozen Error.prototype, its `name` cannot be assigned. @param {string} message */
const pythonError = (message) => Object.defineProperty(new Error(message), "name", { value: "PythonError" });

/**
 * @param {Parts} parts
 * @param {Functions} [more] what the .wasm file asks for beside what Python does, at build time
 * @returns {Promise<Interpreter>}
 */
export async function thaw(parts, more = {}) {
  const wasm = await parts.wasm;
  let lacking = false;
  const given = { ...answersOf(() => memory), ...more };
  /** @type {Record<string, Functions>} */
  const imports = {};
  for (const { module, name } of WebAssembly.Module.imports(wasm)) {
    (imports[module] ??= {})[name] = given[name] ?? (() => {
      lacking = true;
      throw new Error(`${name} was left out`);
    });
  }
  const { exports } = await WebAssembly.instantiate(wasm, /** @type {WebAssembly.Imports} */ (imports));
  const { malloc, free, PyUnicode_DecodeUTF8, PyObject_CallOneArg, PyUnicode_AsUTF8AndSize, Py_DecRef } = /** @type {Record<string, any>} */ (exports);
  const memory = /** @type {WebAssembly.Memory} */ (exports.memory);
  const cold = /** @type {WebAssembly.Global | undefined} */ (exports.cold);
  const file = await parts.file;
  const { answer = 0, prime = 0, memory: size, python } = headerOf(file);
  if (memory.buffer.byteLength < size) memory.grow((size - memory.buffer.byteLength) / PAGE);
  unpack(file, new Uint8Array(memory.buffer));
  // Copying bytes does no harm. Running wrong ones may never end.
  await parts.genuine;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const length = /** @type {number} */ (malloc(4));

  /** @param {number} pointer what C gives where it has failed is none */
  const sound = (pointer) => {
    if (!pointer) throw new RangeError("Python has no memory left");
    return pointer;
  };

  /** @param {number} entry a function of Python that takes a text and gives one @param {string} text */
  function call(entry, text) {
    const bytes = encoder.encode(escaped(text));
    const at = sound(malloc(bytes.length || 1));
    new Uint8Array(memory.buffer, at).set(bytes);
    const argument = sound(PyUnicode_DecodeUTF8(at, bytes.length, 0));
    free(at);
    const result = sound(PyObject_CallOneArg(entry, argument));
    Py_DecRef(argument);
    const start = sound(PyUnicode_AsUTF8AndSize(result, length));
    const size = new DataView(memory.buffer).getUint32(length, true);
    const said = decoder.decode(new Uint8Array(memory.buffer, start, size));
    Py_DecRef(result);
    return said;
  }

  /** @param {string} text */
  function run(text) {
    const said = call(answer, text);
    // An answer is an object; anything else is what Python raised.
    if (!said.startsWith("{")) throw pythonError(said);
    return said;
  }

  call(prime, "");
  return { run, python, spoiled: () => lacking || cold?.value === 1 };
}
