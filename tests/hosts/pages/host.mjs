// The page's side of worker.mjs: `run(code)` runs code in its Python.
const worker = new Worker(`/worker.mjs?${new URL(import.meta.url).searchParams.get("pyodide") || "pyodide-314"}`, { type: "module" });
const waiting = new Map();
let count = 0;
worker.onmessage = ({ data: { id, value, error } }) => {
  const { resolve, reject } = waiting.get(id);
  waiting.delete(id);
  if (error) reject(Error(error));
  else resolve(value);
};
worker.onerror = (event) => waiting.forEach(({ reject }) => reject(Error(event.message)));
window.run = (code) =>
  new Promise((resolve, reject) => {
    waiting.set(++count, { resolve, reject });
    worker.postMessage({ id: count, code });
  });
