// The file format of a frozen interpreter: a JSON header, then runs of bytes and where in memory they go.
//
// Memory below `floor` starts as the .wasm file's static data, and the runs say what differs from that; memory above it starts as
// zeros. So neither what the .wasm file already carries nor unused memory travels.

/**
 * @typedef {object} SnapshotHeader
 * @property {number} memory bytes of WebAssembly memory that the interpreter had
 * @property {number} floor first byte of the part that starts as zeros
 * @property {string} python version of Python, for people
 * @property {unknown} references what JavaScript objects the interpreter held (Pyodide's own format)
 */

/** Fewer equal bytes than this between two runs do not end a run: a run costs eight bytes itself. */
const GAP = 16;

const align = (/** @type {number} */ n) => (n + 3) & ~3;

/**
 * Writes a snapshot file.
 * @param {SnapshotHeader} header
 * @param {Uint8Array} memory the frozen interpreter's whole memory
 * @param {Uint8Array} pristine memory below `header.floor` of an instance that has not run
 * @returns {Uint8Array}
 */
export function pack(header, memory, pristine) {
  const { floor } = header;
  const runs = [];
  let size = 0;
  let start = -1;
  let last = -1;
  for (let at = 0; at < memory.length; at++) {
    if (memory[at] === (at < floor ? pristine[at] : 0)) continue;
    if (start >= 0 && at - last > GAP) {
      runs.push([start, last + 1 - start]);
      size += last + 1 - start;
      start = -1;
    }
    if (start < 0) start = at;
    last = at;
  }
  if (start >= 0) {
    runs.push([start, last + 1 - start]);
    size += last + 1 - start;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const table = 8 + align(text.length);
  const data = table + runs.length * 8;
  const file = new Uint8Array(data + size);
  const words = new Uint32Array(file.buffer, 0, data >> 2);
  words[0] = text.length;
  words[1] = runs.length;
  file.set(text, 8);
  let from = data;
  let end = 0;
  runs.forEach(([at = 0, length = 0], i) => {
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
  return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
}

/**
 * Writes a snapshot file's runs into the memory of a fresh instance.
 * @param {Uint8Array} file
 * @param {Uint8Array} memory
 * @param {Uint8Array} pristine this instance's memory below the file's floor, as it was before it ran
 * @param {number} used end of the part that the instance has written to since
 */
export function unpack(file, memory, pristine, used) {
  const [length = 0, count = 0] = new Uint32Array(file.buffer, file.byteOffset, 2);
  const table = 8 + align(length);
  const words = new Uint32Array(file.buffer, file.byteOffset + table, count * 2);
  memory.set(pristine);
  memory.fill(0, pristine.length, used);
  let from = table + count * 8;
  let at = 0;
  for (let i = 0; i < count; i++) {
    const size = /** @type {number} */ (words[count + i]);
    at += /** @type {number} */ (words[i]);
    memory.set(file.subarray(from, from + size), at);
    from += size;
    at += size;
  }
}
