// The file format of a frozen interpreter: a JSON header, then runs of bytes and where in memory they go, twice: first the static
// data, where the .wasm file does not carry it itself, then what differs from that in the frozen interpreter.
//
// Memory below `floor` starts as the static data, memory above it as zeros. So nothing travels twice, and unused memory never.

/**
 * @typedef {object} SnapshotHeader
 * @property {number} memory bytes of WebAssembly memory that the interpreter had
 * @property {number} floor first byte of the part that starts as zeros
 * @property {string} python version of Python, for people
 * @property {unknown} references what JavaScript objects the interpreter held (Pyodide's own format)
 */

/** Fewer equal bytes than this between two runs do not end a run: a run costs eight bytes itself, badly compressed, and time. */
const GAP = 64;

/** Bytes before the header's text: its length, and how many runs there are of each kind. */
const HEAD = 12;

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
 * @param {Uint8Array} pristine memory below `header.floor` of an instance that has not run
 * @param {boolean} carried whether the .wasm file comes without its static data
 * @returns {Uint8Array}
 */
export function pack(header, memory, pristine, carried) {
  const parts = [
    { memory: pristine, runs: carried ? runsOf(pristine, new Uint8Array(0)) : [] },
    { memory, runs: runsOf(memory, pristine) },
  ];
  const text = new TextEncoder().encode(JSON.stringify(header));
  const table = HEAD + align(text.length);
  const data = table + parts.reduce((size, { runs }) => size + runs.length * 8, 0);
  const file = new Uint8Array(parts.reduce((size, { runs }) => runs.reduce((sum, [, length]) => sum + length, size), data));
  const words = new Uint32Array(file.buffer, 0, data >> 2);
  words.set([text.length, ...parts.map(({ runs }) => runs.length)]);
  file.set(text, HEAD);
  let word = table >> 2;
  let from = data;
  for (const { memory, runs } of parts) {
    let end = 0;
    runs.forEach(([at, length], i) => {
      words[word + i] = at - end;
      words[word + runs.length + i] = length;
      file.set(memory.subarray(at, at + length), from);
      from += length;
      end = at + length;
    });
    word += runs.length * 2;
  }
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
 * @param {Uint8Array} file
 * @param {number} kind 0: the static data, 1: what differs from it
 * @param {Uint8Array} memory
 */
function write(file, kind, memory) {
  const [length = 0, ...counts] = new Uint32Array(file.buffer, file.byteOffset, 3);
  const [first = 0, second = 0] = counts;
  const words = new Uint32Array(file.buffer, file.byteOffset + HEAD + align(length), (first + second) * 2);
  let from = HEAD + align(length) + words.byteLength;
  if (kind) for (let i = 0; i < first; i++) from += /** @type {number} */ (words[first + i]);
  const count = kind ? second : first;
  const table = words.subarray(kind ? first * 2 : 0);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = /** @type {number} */ (table[count + i]);
    at += /** @type {number} */ (table[i]);
    memory.set(file.subarray(from, from + size), at);
    from += size;
    at += size;
  }
}

/**
 * Writes the static data into the memory of an instance that has not run, where its .wasm file has not done so.
 * @param {Uint8Array} file
 * @param {Uint8Array} memory
 */
export function fill(file, memory) {
  write(file, 0, memory);
}

/**
 * Makes the memory of a fresh instance that of the frozen interpreter.
 * @param {Uint8Array} file
 * @param {Uint8Array} memory
 * @param {Uint8Array} pristine this instance's memory below the file's floor, as it was before it ran
 * @param {number} used end of the part that the instance has written to since
 */
export function unpack(file, memory, pristine, used) {
  memory.set(pristine);
  memory.fill(0, pristine.length, used);
  write(file, 1, memory);
}
