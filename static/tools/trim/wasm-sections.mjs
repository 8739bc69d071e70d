// A wasm file with fewer exports, without its static data, or with more memory from its start.

import { SECTION, changeSections, entriesOf, listBytes, numberBytes, Reader, sectionsOf } from "./wasm-file.mjs";

const I32_CONST = 0x41;

/** An export: name, kind, index. @param {Reader} reader */
export function passExport(reader) {
  reader.name();
  reader.byte();
  reader.number();
}

/** @param {Uint8Array} wasm @param {ReadonlySet<string>} names @returns {Uint8Array} the file with these exports alone */
export function keepExports(wasm, names) {
  const keep = (/** @type {Uint8Array} */ entry) => names.has(new Reader(entry).name());
  return changeSections(wasm, (id, content) => (id === SECTION.exports ? listBytes(entriesOf(content, passExport).filter(keep)) : content));
}

/** @param {Uint8Array} wasm @returns {Uint8Array} the file without its static data */
export function dropData(wasm) {
  return changeSections(wasm, (id, content) => (id === SECTION.data || id === SECTION.dataCount ? undefined : content));
}

/** @param {Uint8Array} wasm @param {number} pages @returns {Uint8Array} the file with so much memory from its start, where it had less */
export function startWith(wasm, pages) {
  return changeSections(wasm, (id, content) => {
    if (id !== SECTION.memories) return content;
    const reader = new Reader(content);
    const [count, flags, least] = [reader.number(), reader.number(), reader.number()];
    if (count !== 1) throw new Error("The file should have one memory.");
    return Uint8Array.of(count, flags, ...numberBytes(Math.max(pages, least)), ...content.subarray(reader.at));
  });
}

/** @param {Uint8Array} wasm @returns {[start: number, end: number]} where the first piece of its static data goes: its short texts */
export function firstData(wasm) {
  const reader = new Reader(sectionsOf(wasm).find(({ id }) => id === SECTION.data)?.content ?? Uint8Array.of(0));
  const [count, flags, opcode, start] = [reader.number(), reader.number(), reader.byte(), reader.number()];
  if (!count || flags !== 0 || opcode !== I32_CONST) throw new Error("The static data is written in another way than it should be.");
  reader.byte();
  return [start, start + reader.number()];
}
