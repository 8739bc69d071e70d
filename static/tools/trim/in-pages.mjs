// The glue, for what pages are: they may have a `process` with Node's version, as bundlers write it, and frozen prototypes.

/** What the glue says, and what it says here. @type {[theirs: string, ours: string][]} */
const CHANGES = [
  // What has a document is no Node.
  ['globalThis.process?.type!="renderer"', '!globalThis.document&&globalThis.process?.type!="renderer"'],
  // It assigns `constructor` to this object, which one that inherits a frozen `constructor` refuses.
  ["let n={};for(let[l,u]of e)t&l&&Object.assign(n,", "let n={__proto__:null};for(let[l,u]of e)t&l&&Object.assign(n,"],
];

/** @param {string} text the glue's source */
export function inPages(text) {
  return CHANGES.reduce((changed, [theirs, ours]) => {
    if (changed.split(theirs).length !== 2) throw new Error(`The glue does not say ${theirs} as it did.`);
    return changed.replace(theirs, ours);
  }, text);
}
