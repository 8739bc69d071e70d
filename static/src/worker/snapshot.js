// The file format of a frozen interpreter: a JSON header, then runs of bytes and where in memory they go.
//
// Below the header's `floor` memory starts as something that is there already, above it as zeros. So unused memory never travels.

/**
 * @typedef {object} SnapshotHeader
 * @property {number} memory bytes of WebAssembly memory that the interpreter had
 * @property {string} python version of Python, for people
 * @property {number} [floor] first byte of the part that starts as zeros; none: all of it does
 * @property {unknown} [references] what JavaScript objects the interpreter held (Pyodide's own format)
 * @property {[variables: number, end: number]} [static] where static data that has been written to lies, for the build
 * @property {number} [answer] address of the Python function that a worker calls for each batch
 * @property {number} [prime] address of the one that it calls before
 */

/** Fewer equal bytes than this between two runs do not end a run: a run costs eight bytes itself, badly compressed, and time. */
const GAP = 64;

/** Bytes before the header's text: its length, and how many runs there are. */
const HEAD = 8;

const align = (/** @type {number} */ n) => (n + 3) & ~3;

/**
 * The runs of bytes of `memory` that differ from `base`, and from zero beyond its end.
 * @param {Uint8Array} memory
 * @param {Uint8Array} base
 */
function runsOf(memory, base) {
  /** @type {[at: number, length: number][]} */
  const runs = [];
  let start = -1;
  let last = -1;
  for (let at = 0; at < memory.length; at++) {
    if (memory[at] === (at < base.length ? base[at] : 0)) continue;
    if (start >= 0 && at - last > GAP) {
      runs.push([start, last + 1 - start]);
      start = -1;
    }
    if (start < 0) start = at;
    last = at;
  }
  if (start >= 0) runs.push([start, last + 1 - start]);
  return runs;
}

/**
 * Writes a snapshot file.
 * @param {SnapshotHeader} header
 * @param {Uint8Array} memory the frozen interpreter's whole memory
 * @param {Uint8Array} [base] what of it is there already when it is thawed
 * @returns {Uint8Array}
 */
export function pack(header, memory, base = new Uint8Array(0)) {
  const runs = runsOf(memory, base);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const table = HEAD + align(text.length);
  let from = table + runs.length * 8;
  const file = new Uint8Array(runs.reduce((sum, [, length]) => sum + length, from));
  const words = new Uint32Array(file.buffer, 0, from >> 2);
  words.set([text.length, runs.length]);
  file.set(text, HEAD);
  let end = 0;
  runs.forEach(([at, length], i) => {
    words[(table >> 2) + i] = at - end;
    words[(table >> 2) + runs.length + i] = length;
    file.set(memory.subarray(at, at + length), from);
    from += length;
    end = at + length;
  });
  return file;
}

/**
 * @param {Uint8Array} file
 * @returns {SnapshotHeader}
 */
export function headerOf(file) {
  const length = new Uint32Array(file.buffer, file.byteOffset, 1)[0] ?? 0;
  return JSON.parse(new TextDecoder().decode(file.subarray(HEAD, HEAD + length)));
}

/**
 * Makes memory that is as the snapshot presumes that of the frozen interpreter.
 * @param {Uint8Array} file
 * @param {Uint8Array} memory
 */
export function unpack(file, memory) {
  const [length = 0, count = 0] = new Uint32Array(file.buffer, file.byteOffset, 2);
  const table = new Uint32Array(file.buffer, file.byteOffset + HEAD + align(length), count * 2);
  let from = HEAD + align(length) + table.byteLength;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = /** @type {number} */ (table[count + i]);
    at += /** @type {number} */ (table[i]);
    memory.set(file.subarray(from, from + size), at);
    from += size;
    at += size;
  }
}
