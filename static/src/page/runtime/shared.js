/** A connection to the site's SharedWorker, where Python outlives the page. */

import { part, SharedWorker } from "../natives.js";

/** @typedef {{port: MessagePort, failed: boolean, onfail: () => void}} Connection */

/** @param {string} base URL of the runtime's folder @returns {Connection} throws where there can be none */
export function connect(base) {
  const options = /** @type {any} */ ({
    __proto__: null,
    type: "module",
    name: `heap-web ${part(__RUNTIME__, 8, -1)}`,
    extendedLifetime: true,
  });
  const worker = new SharedWorker(`${base}worker.js`, options);
  const connection = { port: worker.port, failed: false, onfail() {} };
  worker.onerror = () => {
    connection.failed = true;
    connection.onfail();
  };
  return connection;
}
