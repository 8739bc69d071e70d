// How Python calls C functions that take fewer arguments than it gives them: C allows that, WebAssembly traps.
//
// Pyodide asks JavaScript how many a function takes, or the browser's GC types where it has them. Here the build knows it of every
// function in the table: one jump tells.

import { entriesOf, SECTION, sectionsOf } from "./wasm-file.mjs";
import { tableOf } from "./stub-cold.mjs";

/** What C calls it. */
export const TRAMPOLINE = "_PyEM_TrampolineCall_JS";

const I32 = 0x7f;
const MOST = 3;

/** @param {Uint8Array} wasm @returns {number[]} of each type how many arguments it takes, where it is all of i32 and gives one; else -1 */
function argumentsOf(wasm) {
  const types = sectionsOf(wasm).find(({ id }) => id === SECTION.types)?.content ?? Uint8Array.of(0);
  /** @type {number[]} */
  const counts = [];
  entriesOf(types, (reader) => {
    if (reader.byte() !== 0x60) throw new Error("The types are written in another way than they should be.");
    const [given, back] = [reader.take(reader.number()), reader.take(reader.number())];
    const plain = given.every((type) => type === I32) && back.length === 1 && back[0] === I32;
    counts.push(plain && given.length <= MOST ? given.length : -1);
  });
  return counts;
}

/** @param {Uint8Array} wasm @returns {string} a module's text */
export function trampolineFor(wasm) {
  const counts = argumentsOf(wasm);
  // A function that nobody calls like this is called as if it took all: WebAssembly traps, as it would have.
  const labels = tableOf(wasm).map((type) => `$${counts[type] === undefined || counts[type] < 0 ? MOST : counts[type]}`);
  const call = (/** @type {number} */ count) =>
    `(return (call_indirect (param ${"i32 ".repeat(count)}) (result i32) ${["$a", "$b", "$c"].slice(0, count).map((name) => `(local.get ${name})`).join(" ")} (local.get $function)))`;
  return `(module
    (import "python" "__indirect_function_table" (table 0 funcref))
    (func (export "${TRAMPOLINE}") (param $function i32) (param $a i32) (param $b i32) (param $c i32) (result i32)
      (block $3 (block $2 (block $1 (block $0
        (br_table ${labels.join(" ")} $3 (local.get $function)))
        ${call(0)}) ${call(1)}) ${call(2)}) ${call(3)}))`;
}
