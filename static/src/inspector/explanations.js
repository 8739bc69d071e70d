// What each warning and error means, in one line by its code; the troubleshooting page of the documentation says what to do.

/** @type {Readonly<Record<string, string>>} */
export const EXPLANATIONS = {
  config: "A setting is missing or wrong, so calls are dropped; or the page is loaded for one App ID already.",
  call: "The call could not be taken, and is dropped; all others go on.",
  value: "Heap does not take this as you gave it: the message says what is dropped, cut or ignored.",
  consent: "Consent was withdrawn after Heap's classic script had run: what it attached ends with the page.",
  method: "A method of analytics.js that means nothing here was called: it does nothing, and nothing is lost.",
  depth: "The values are nested too deep or are too much; what is beyond is left out.",
  journal: "The browser's storage is full or denied: calls wait in memory, and are lost if the page ends too soon.",
  heap: "Heap's script is blocked, did not answer or threw; what has not reached it is kept.",
  runtime: "Python did not start or could not read a call; while it is not there, calls are kept.",
  inspector: "The inspector's own file could not be loaded; calls are delivered all the same.",
};

/** A page says so where it serves the documentation: `<meta name="heap-web-docs" content="/docs/">`. */
const WHERE = 'meta[name="heap-web-docs"]';

/** The address of what the documentation says of a code; "" if the page does not say where it is. @param {string} code */
export function documented(code) {
  const where = document.querySelector(WHERE)?.getAttribute("content");
  if (!where || !EXPLANATIONS[code]) return "";
  try {
    const { protocol, href } = new URL(`troubleshooting.html#${code}`, new URL(where, document.baseURI));
    return /^https?:$/.test(protocol) ? href : "";
  } catch {
    return "";
  }
}
