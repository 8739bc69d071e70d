// Stock Pyodide as it was when heap_web had been imported: it boots from a snapshot of its memory, in a page or in a worker.
import { loadPyodide } from "/pyodide/pyodide.mjs";

const bytes = async (url) => (await fetch(url)).arrayBuffer();
const PREPARE = `
import sys
sys.path.insert(0, "/wheel")
import asyncio, collections, datetime, json
import heap_web
import heap_web.browser.bridge, heap_web.browser.channel, heap_web.browser.door, heap_web.browser.load, heap_web.browser.page
`;

/** Boots Pyodide for the snapshot; gives its memory. */
export async function freeze() {
  const python = await loadPyodide({ indexURL: "/pyodide/", _makeSnapshot: true });
  python.unpackArchive(await bytes("/wheel.whl"), "wheel", { extractDir: "/wheel" });
  python.runPython(PREPARE);
  return python.makeMemorySnapshot();
}

/** Boots Pyodide from the snapshot, with the tests' own helpers. */
export async function boot() {
  const [snapshot, wheel, helpers] = await Promise.all([bytes("/frozen/runtime/python.bin"), bytes("/wheel.whl"), fetch("/helpers.py").then((answer) => answer.text())]);
  const python = await loadPyodide({ indexURL: "/pyodide/", _loadSnapshot: new Uint8Array(snapshot) });
  python.unpackArchive(wheel, "wheel", { extractDir: "/wheel" });
  python.runPython(helpers);
  return python;
}
