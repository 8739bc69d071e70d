// A page that keeps a worker with Python; `run(code)` runs code there and gives the text of its last expression.
const worker = new Worker("/worker.mjs", { type: "module" });
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
