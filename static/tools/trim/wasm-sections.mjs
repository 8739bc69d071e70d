// A wasm file with fewer exports, or without its static data.

import { SECTION, changeSections, entriesOf, listBytes, Reader } from "./wasm-file.mjs";

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
