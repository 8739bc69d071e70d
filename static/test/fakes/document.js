/** As much of a document as Heap's script needs to be put into it. */

export class FakeDocument {
  cookie = "";
  /** What was written to `cookie`. @type {string[]} */
  written = [];
  currentScript = null;
  /** Scripts that were put into the page. @type {any[]} */
  scripts = [];
  documentElement = { appendChild: (/** @type {any} */ script) => this.scripts.push(script) };

  /** @param {string} name @returns {any} */
  createElement = (name) => ({ localName: name });

  addEventListener() {}

  getElementsByTagName = () => [{ parentNode: { insertBefore: (/** @type {any} */ script) => this.scripts.push(script) } }];
}
