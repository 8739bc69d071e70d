// Which of Python's static data nothing refers to any more, once functions and objects are left out.
//
// Static data lies in three parts: short texts, constants, variables. From the constants in the code that is left, and from the words
// of the heap, everything that may be an address is followed. Where a table ends is written nowhere, so far more than an entry is kept
// behind each address; Python's own state, which is reached by offsets, is kept whole. Texts end where they end. What a `__doc__` says
// is not kept: nobody asks for it.

/** No table that one address alone leads to is longer: the longest is that of the kinds of Unicode's characters, 34,816 bytes. */
const LONGEST = 40960;
/** Of a variable as much is kept; a type, the longest that is reached by one address, has some 200 bytes. */
const VARIABLE = 1024;
/** No constant is longer that holds addresses of other constants. */
const TABLE = 1024;
/** A word that is a multiple of this is two numbers of 16 bits, the lower of them 0. */
const ROUND = 65536;
const [READ_TEXTS, READ] = [1, 2];
/** Constants of more bytes than this begin at a multiple of it. */
const ALIGNED = 16;
/** A compiler may fold an index that does not begin at 0 into the address. */
const BEFORE = 1024;

/**
 * @typedef {object} Layout
 * @property {number} start of the static data
 * @property {number} constants where the short texts end
 * @property {number} variables where the constants end
 * @property {number} end
 */

/** Python's own state: where it is and how long, as it says itself to debuggers. @param {Uint8Array} memory @param {number} end */
function stateOf(memory, end) {
  const at = Buffer.from(memory.buffer, memory.byteOffset, end).indexOf("xdebugpy");
  const size = Number(new DataView(memory.buffer, memory.byteOffset).getBigUint64(at + 24, true));
  if (at < 0 || at + size > end) throw new Error("Python's state is not where this version should have it.");
  return { at, size };
}

/**
 * @param {Uint8Array} memory
 * @param {number} at
 * @returns {number} how long the sentence is that stands there, a `__doc__` for example; 0: there is none
 */
function sentenceAt(memory, at) {
  let spaced = false;
  for (let end = at; ; end++) {
    const byte = memory[end] ?? 0;
    if (byte === 0) return spaced && end - at >= 16 ? end - at : 0;
    if (byte < 32 ? byte !== 9 && byte !== 10 : byte >= 127 && byte < 0xc2) return 0;
    spaced ||= byte === 32 || byte === 10 || byte === 40;
  }
}

/**
 * @param {Uint8Array} memory the frozen interpreter's
 * @param {Layout} layout
 * @param {ReadonlySet<number>} code the constants in the code that is left
 * @param {ReadonlySet<number>} allCode those in the code that there was
 * @returns {Uint8Array} of each byte below layout.end whether it is kept: 1 or 0
 */
export function reachable(memory, { start, constants, variables, end }, code, allCode) {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length >> 2);
  const known = new Set(allCode);
  for (let word = variables >> 2; word < end >> 2; word++) known.add(/** @type {number} */ (words[word]));
  const kept = new Uint8Array(end);
  const read = new Uint8Array(end >> 2);
  /** @type {number[]} */
  const found = [];

  const isConstant = (/** @type {number} */ at) => at >= constants && at < variables;

  /**
   * Constants are mostly tables of numbers, of which some look like addresses. So what a constant has of another's address counts only
   * where code or a variable has it as well. In this version of Python no table that is left refers to another in truth.
   * @param {number} from
   * @param {number} to
   * @param {number} [table] to where addresses of more than texts may stand: beyond it is another constant, and its numbers are none
   */
  function keep(from, to, table = to) {
    const [first, last] = [Math.max(from, start), Math.min(to, end)];
    kept.fill(1, first, last);
    for (let word = (first + 3) >> 2; word < last >> 2; word++) {
      const at = /** @type {number} */ (words[word]);
      const reach = word < table >> 2 ? READ : READ_TEXTS;
      if (/** @type {number} */ (read[word]) >= reach) continue;
      read[word] = reach;
      if (at < constants || (reach === READ && (!isConstant(at) || !isConstant(word << 2) || known.has(at)))) found.push(at);
    }
  }

  /** @param {number} at @param {number} before */
  function visit(at, before) {
    if (at < start || at >= end) return;
    if (at < constants) {
      const [from, to] = [memory.lastIndexOf(0, at - 1) + 1, memory.indexOf(0, at)];
      kept.fill(1, Math.max(start, from), to + 1);
    } else if (isConstant(at)) {
      if (before) keep(at - before, at + LONGEST, at + TABLE);
      else if (at % ROUND === 0) return;
      else if (at % ALIGNED) keep(at, at + ALIGNED);
      else if (!sentenceAt(memory, at)) keep(at, at + LONGEST, at + TABLE);
    } else {
      keep(at - before, at + VARIABLE);
    }
  }

  const state = stateOf(memory, end);
  keep(state.at, state.at + state.size);
  code.forEach((at) => visit(at, BEFORE));
  // The heap has its addresses from code or from variables; what looks like another is a number.
  for (let word = end >> 2; word < words.length; word++) {
    const at = /** @type {number} */ (words[word]);
    if (at && at < end && known.has(at)) visit(at, 0);
  }
  for (let at = found.pop(); at !== undefined; at = found.pop()) visit(at, 0);
  for (let word = variables >> 2; word < end >> 2; word++) {
    const at = /** @type {number} */ (words[word]);
    if (isConstant(at)) kept.fill(0, at, at + sentenceAt(memory, at));
  }
  return kept;
}
