// A page that already runs Python: stock Pyodide on the main thread with the wheel installed, then what heap_web adds to it.
import { loadPyodide } from "/pyodide/pyodide.mjs";

/**
 * `firstMs`: until a first call has been made too, at once. `perSecond`: once Heap has that one, so that each call is told in the tick in
 * which it is made. @returns {Promise<{importMs: number, firstMs: number, perSecond: number}>}
 */
bench.python = async () => {
  const pyodide = await loadPyodide();
  const [wheel, work] = await Promise.all([
    fetch("/bench/heap_web.whl").then((answer) => answer.arrayBuffer()),
    fetch("/bench/work.py").then((answer) => answer.text()),
  ]);
  pyodide.unpackArchive(wheel, "wheel");
  pyodide.runPython(work);
  const start = performance.now();
  pyodide.runPython("import heap_web; analytics = heap_web.load('1535634150')");
  const importMs = performance.now() - start;
  const call = pyodide.globals.get("work");
  call(1);
  const firstMs = performance.now() - start;
  const count = 10_000;
  await bench.first();
  call(500); // warm, as a page that has been open for a while
  const due = bench.count() + count;
  const begun = performance.now();
  call(count);
  return { importMs, firstMs, perSecond: (count * 1000) / (await bench.until(due) - begun) };
};
