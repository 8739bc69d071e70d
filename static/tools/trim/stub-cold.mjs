// A wasm file in which the functions that nobody has been seen to call through the table are stubs there.
//
// A stub says so in a global of its own and traps: whoever finds that global set knows that nothing after it counts.

import { SECTION, changeSections, entriesOf, listBytes, numberBytes, Reader, sectionsOf } from "./wasm-file.mjs";
import { passExport } from "./wasm-sections.mjs";

/** The global's exported name: 1 once a stub has been called. */
export const COLD = "cold";

const KIND = { function: 0, table: 1, memory: 2, global: 3, tag: 4 };
const I32 = 0x7f;
const OPCODE = { unreachable: 0x00, end: 0x0b, call: 0x10, globalSet: 0x24, i32Const: 0x41 };

/** @param {Reader} reader */
function passLimits(reader) {
  if (reader.byte() & 1) reader.number();
  reader.number();
}

/** @param {Reader} reader @returns {{kind: number, type: number}} an import; `type` is a function's */
function readImport(reader) {
  reader.name();
  reader.name();
  const kind = reader.byte();
  if (kind === KIND.function) return { kind, type: reader.number() };
  if (kind === KIND.table || kind === KIND.global) reader.byte();
  if (kind === KIND.global || kind === KIND.tag) reader.byte();
  else passLimits(reader);
  if (kind === KIND.tag) reader.number();
  return { kind, type: -1 };
}

/** A constant expression: one instruction with a number, and the end. @param {Reader} reader */
function passConstant(reader) {
  reader.byte();
  reader.number();
  reader.byte();
}

/** @param {Reader} reader */
function passGlobal(reader) {
  reader.take(2);
  passConstant(reader);
}

/** @param {Uint8Array} wasm */
function layoutOf(wasm) {
  const content = new Map(sectionsOf(wasm).map(({ id, content }) => [id, content]));
  const section = (/** @type {number} */ id) => content.get(id) ?? Uint8Array.of(0);
  /** @type {{kind: number, type: number}[]} */
  const imports = [];
  entriesOf(section(SECTION.imports), (reader) => void imports.push(readImport(reader)));
  /** @type {number[]} */
  const own = [];
  entriesOf(section(SECTION.functions), (reader) => void own.push(reader.number()));
  const imported = imports.filter(({ kind }) => kind === KIND.function).map(({ type }) => type);
  const globals = entriesOf(section(SECTION.globals), passGlobal).length + imports.filter(({ kind }) => kind === KIND.global).length;
  return { section, imported: imported.length, own: own.length, types: [...imported, ...own], globals };
}

/**
 * @param {Uint8Array} wasm instrumented by wasm-opt --log-execution: each function begins with a call that tells a number
 * @param {ReadonlySet<number>} told the numbers that were told
 * @returns {Set<number>} the functions that have run, counted from the first that is no import
 */
export function functionsRun(wasm, told) {
  const { section } = layoutOf(wasm);
  const run = new Set();
  let index = 0;
  entriesOf(section(SECTION.code), (reader) => {
    const body = new Reader(reader.take(reader.number()));
    for (let locals = body.number(); locals > 0; locals--) {
      body.number();
      body.byte();
    }
    if (body.byte() !== OPCODE.i32Const) throw new Error("The instrumented functions do not begin as they should.");
    if (told.has(body.number())) run.add(index);
    index++;
  });
  return run;
}

/**
 * @param {Uint8Array} wasm
 * @returns {number[]} the types of the functions in the table, by their place there
 */
export function tableOf(wasm) {
  const { section, types } = layoutOf(wasm);
  /** @type {number[]} */
  const table = [];
  entriesOf(section(SECTION.elements), (reader) => {
    reader.number();
    if (reader.byte() !== OPCODE.i32Const) throw new Error("The table is filled in another way than it should be.");
    let at = reader.number();
    reader.byte();
    for (let count = reader.number(); count > 0; count--) table[at++] = types[reader.number()] ?? -1;
  });
  return Array.from(table, (type) => type ?? -1);
}

/**
 * @param {Uint8Array} wasm
 * @param {ReadonlySet<number>} run the functions to keep in the table, counted from the first that is no import
 * @returns {Uint8Array}
 */
export function stubCold(wasm, run) {
  const { section, imported, own, types, globals } = layoutOf(wasm);
  /** @type {Map<number, number>} a stub's index, by its type */
  const stubs = new Map();
  const stubFor = (/** @type {number} */ type) => {
    const index = stubs.get(type) ?? imported + own + stubs.size;
    stubs.set(type, index);
    return index;
  };
  const elements = entriesOf(section(SECTION.elements), (reader) => {
    reader.number();
    passConstant(reader);
    for (let count = reader.number(); count > 0; count--) reader.number();
  }).map((entry) => {
    const reader = new Reader(entry);
    if (reader.number() !== 0) throw new Error("The table is filled in another way than it should be.");
    passConstant(reader);
    const head = reader.since(0);
    const indexes = Array.from({ length: reader.number() }, () => reader.number());
    const kept = indexes.map((index) => (index < imported || run.has(index - imported) ? index : stubFor(/** @type {number} */ (types[index]))));
    return Uint8Array.of(...head, ...numberBytes(kept.length), ...kept.flatMap(numberBytes));
  });
  const code = [0, OPCODE.i32Const, 1, OPCODE.globalSet, ...numberBytes(globals), OPCODE.unreachable, OPCODE.end];
  /** @type {Record<number, () => Uint8Array>} */
  const changed = {
    [SECTION.elements]: () => listBytes(elements),
    [SECTION.functions]: () =>
      listBytes([...entriesOf(section(SECTION.functions), (reader) => void reader.number()), ...[...stubs.keys()].map(numberBytes)]),
    [SECTION.globals]: () => listBytes([...entriesOf(section(SECTION.globals), passGlobal), [I32, 1, OPCODE.i32Const, 0, OPCODE.end]]),
    [SECTION.exports]: () =>
      listBytes([...entriesOf(section(SECTION.exports), passExport), [COLD.length, ...Buffer.from(COLD), KIND.global, ...numberBytes(globals)]]),
    [SECTION.code]: () =>
      listBytes([...entriesOf(section(SECTION.code), (reader) => void reader.take(reader.number())), ...[...stubs].map(() => [code.length, ...code])]),
  };
  return changeSections(wasm, (id, content) => changed[id]?.() ?? content);
}
