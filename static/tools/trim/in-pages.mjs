// The glue, for pages that have a `process` with Node's version, as bundlers write it: what has a document is no Node.

/** As the glue asks whether it runs in Node. */
const IN_NODE = 'globalThis.process?.type!="renderer"';

/** @param {string} text the glue's source */
export function inPages(text) {
  if (text.split(IN_NODE).length !== 2) throw new Error("The glue does not ask for Node as it did.");
  return text.replace(IN_NODE, `!globalThis.document&&${IN_NODE}`);
}
