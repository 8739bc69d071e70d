// What of a wasm file's sections the trimming reads and changes.
// https://webassembly.github.io/spec/core/binary/modules.html

export const SECTION = { types: 1, imports: 2, functions: 3, memories: 5, globals: 6, exports: 7, elements: 9, code: 10, data: 11, dataCount: 12 };

/** Reads what stands one after the other in some bytes. */
export class Reader {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  byte() {
    return this.bytes[this.at++] ?? 0;
  }

  /** An unsigned number. */
  number() {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  }

  /** @param {number} length */
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  name() {
    return new TextDecoder().decode(this.take(this.number()));
  }

  /** The bytes from a place to here. @param {number} start */
  since(start) {
    return this.bytes.subarray(start, this.at);
  }
}

/** @param {number} value @returns {number[]} an unsigned number as wasm files write it */
export function numberBytes(value) {
  return value < 128 ? [value] : [(value % 128) | 128, ...numberBytes(Math.floor(value / 128))];
}

/** @param {(Uint8Array | number[])[]} entries @returns {Uint8Array} a section's content: how many entries, and they */
export function listBytes(entries) {
  return new Uint8Array(Buffer.concat([numberBytes(entries.length), ...entries].map((part) => Uint8Array.from(part))));
}

/**
 * @param {Uint8Array} content of a section that is a list
 * @param {(reader: Reader) => void} pass reads one entry
 * @returns {Uint8Array[]} the entries
 */
export function entriesOf(content, pass) {
  const reader = new Reader(content);
  return Array.from({ length: reader.number() }, () => {
    const start = reader.at;
    pass(reader);
    return reader.since(start);
  });
}

/** @param {Uint8Array} wasm @returns {{id: number, content: Uint8Array}[]} */
export function sectionsOf(wasm) {
  const reader = new Reader(wasm);
  reader.take(8);
  const sections = [];
  while (reader.at < wasm.length) sections.push({ id: reader.byte(), content: reader.take(reader.number()) });
  return sections;
}

/**
 * @param {Uint8Array} wasm
 * @param {(id: number, content: Uint8Array) => Uint8Array | undefined} change gives a section's new content; none: the section goes
 * @returns {Uint8Array}
 */
export function changeSections(wasm, change) {
  const parts = [wasm.subarray(0, 8)];
  for (const { id, content } of sectionsOf(wasm)) {
    const changed = change(id, content);
    if (changed) parts.push(Uint8Array.of(id, ...numberBytes(changed.length)), changed);
  }
  return new Uint8Array(Buffer.concat(parts));
}
