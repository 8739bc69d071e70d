// Pyodide as it comes, in a worker: the stock start, the wheel unpacked, then the same Python as heap_web's own worker.
import { loadPyodide } from "/pyodide/pyodide.mjs";

const ready = (async () => {
  const [pyodide, wheel] = await Promise.all([loadPyodide(), fetch("/bench/heap_web.whl").then((answer) => answer.arrayBuffer())]);
  pyodide.unpackArchive(wheel, "wheel");
  return pyodide.runPython("from heap_web.runtime import run; run");
})();
self.onmessage = async ({ data: { id, text } }) => {
  const run = await ready;
  self.postMessage({ id, text: run(text) });
};
