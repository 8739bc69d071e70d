// A wasm file's sections: those of exports thinned out, those of static data left out.
// https://webassembly.github.io/spec/core/binary/modules.html

const EXPORTS = 7;
const DATA = 11;
const DATA_COUNT = 12;

/** @param {Uint8Array} bytes @param {number} at @returns {{value: number, next: number}} the unsigned number that is written there */
function numberAt(bytes, at) {
  let value = 0;
  for (let unit = 1; ; unit *= 128) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * unit;
    if (byte < 128) return { value, next: at };
  }
}

/** @param {number} value @returns {number[]} */
function numberBytes(value) {
  return value < 128 ? [value] : [(value % 128) | 128, ...numberBytes(Math.floor(value / 128))];
}

/**
 * @param {Uint8Array} wasm
 * @param {(id: number, content: Uint8Array) => Uint8Array | undefined} change gives a section's new content; none: the section goes
 * @returns {Uint8Array}
 */
function changeSections(wasm, change) {
  /** @type {Uint8Array[]} */
  const parts = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const id = /** @type {number} */ (wasm[at]);
    const { value: length, next } = numberAt(wasm, at + 1);
    const content = change(id, wasm.subarray(next, next + length));
    if (content) parts.push(Uint8Array.of(id, ...numberBytes(content.length)), content);
    at = next + length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** @param {Uint8Array} content of an export section @param {ReadonlySet<string>} names @returns {Uint8Array} */
function thinOut(content, names) {
  const { value: count, next } = numberAt(content, 0);
  /** @type {Uint8Array[]} */
  const kept = [];
  let at = next;
  for (let i = 0; i < count; i++) {
    const { value: length, next: from } = numberAt(content, at);
    const name = new TextDecoder().decode(content.subarray(from, from + length));
    const { next: end } = numberAt(content, from + length + 1); // after a byte for the kind, the index
    if (names.has(name)) kept.push(content.subarray(at, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat([Uint8Array.from(numberBytes(kept.length)), ...kept]));
}

/** @param {Uint8Array} wasm @param {ReadonlySet<string>} names @returns {Uint8Array} the file with these exports alone */
export function keepExports(wasm, names) {
  return changeSections(wasm, (id, content) => (id === EXPORTS ? thinOut(content, names) : content));
}

/** @param {Uint8Array} wasm @returns {Uint8Array} the file without its static data */
export function dropData(wasm) {
  return changeSections(wasm, (id, content) => (id === DATA || id === DATA_COUNT ? undefined : content));
}
