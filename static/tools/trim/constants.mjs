// The numbers in a wasm file's code that may be addresses of static data.

import { entriesOf, Reader, SECTION, sectionsOf } from "./wasm-file.mjs";

const OPCODE = { i32Const: 0x41, end: 0x0b };
const ADDRESS = 2 ** 32;

/** Comparisons; multiplication and division; bits; shifts. @param {number} opcode */
const NO_ADDRESS = (opcode) => (opcode >= 0x46 && opcode <= 0x4f) || (opcode >= 0x6c && opcode <= 0x78);

/** @param {Reader} reader @returns {number} a signed number's low 32 bits, as unsigned */
function signed(reader) {
  let value = 0n;
  let shift = 0n;
  for (;;) {
    const byte = reader.byte();
    value |= BigInt(byte & 127) << shift;
    shift += 7n;
    if (byte < 128) return Number(BigInt.asUintN(32, byte & 64 ? value - (1n << shift) : value));
  }
}

/** Passes the immediates of an instruction that no other case knows. @param {number} opcode @param {Reader} reader */
function pass(opcode, reader) {
  if (opcode === 0x0e) for (let count = reader.number() + 1; count > 0; count--) reader.number();
  else if (opcode === 0x11) [reader.number(), reader.number()];
  else if (opcode === 0x1c) for (let count = reader.number(); count > 0; count--) reader.byte();
  else if (opcode === 0x42) signed(reader);
  else if (opcode === 0x43) reader.take(4);
  else if (opcode === 0x44) reader.take(8);
  else if (opcode >= 0x02 && opcode <= 0x06 && opcode !== 0x05) signed(reader);
  else if ([0x07, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x12, 0x18, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0xd0, 0xd2].includes(opcode)) reader.number();
  else if (opcode === 0xfc) {
    const kind = reader.number();
    const immediates = kind < 8 ? 0 : [9, 11, 13, 15, 16, 17].includes(kind) ? 1 : 2;
    if (kind > 17) throw new Error(`The code has an instruction fc ${kind}, which this version of Pyodide should not have.`);
    for (let i = 0; i < immediates; i++) reader.number();
  } else if (!(opcode <= 0x01 || opcode === 0x05 || opcode === 0x0b || opcode === 0x0f || opcode === 0x19 || opcode === 0x1a || opcode === 0x1b || opcode === 0xd1 || (opcode >= 0x45 && opcode <= 0xc4))) {
    throw new Error(`The code has an instruction ${opcode.toString(16)}, which this version of Pyodide should not have.`);
  }
}

/**
 * @param {Uint8Array} wasm
 * @returns {Set<number>} every constant, every fixed offset of an access to memory, and, where one follows the other, their sum
 */
export function constantsOf(wasm) {
  /** @type {Set<number>} */
  const found = new Set();
  const code = sectionsOf(wasm).find(({ id }) => id === SECTION.code)?.content ?? Uint8Array.of(0);
  entriesOf(code, (outer) => {
    const reader = new Reader(outer.take(outer.number()));
    for (let locals = reader.number(); locals > 0; locals--) {
      reader.number();
      reader.byte();
    }
    let last = 0;
    while (reader.at < reader.bytes.length) {
      const opcode = reader.byte();
      if (opcode === OPCODE.i32Const) {
        last = signed(reader);
        // What is compared, or reckoned with as no address is, is none.
        if (!NO_ADDRESS(reader.bytes[reader.at] ?? 0)) found.add(last);
      } else if (opcode >= 0x28 && opcode <= 0x3e) {
        reader.number();
        const offset = reader.number();
        found.add(offset);
        // The base may stand some instructions before, the value to store being worked out between.
        found.add((last + offset) % ADDRESS);
      } else {
        pass(opcode, reader);
      }
    }
  });
  return found;
}
