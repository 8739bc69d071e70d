// A wasm file without its static data.

const DATA = 11;
const DATA_COUNT = 12;

/**
 * @param {Uint8Array} wasm
 * @param {number} at
 * @returns {{value: number, next: number}} an unsigned number as wasm files write it
 */
function numberAt(wasm, at) {
  let value = 0;
  for (let unit = 1; ; unit *= 128) {
    const byte = wasm[at++] ?? 0;
    value += (byte & 127) * unit;
    if (byte < 128) return { value, next: at };
  }
}

/** @param {Uint8Array} wasm @returns {Uint8Array} */
export function dropData(wasm) {
  const kept = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const { value: length, next } = numberAt(wasm, at + 1);
    const end = next + length;
    if (wasm[at] !== DATA && wasm[at] !== DATA_COUNT) kept.push(wasm.subarray(at, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat(kept));
}
