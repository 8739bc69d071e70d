// Pyodide as it comes, in a worker: the page's half. It posts each call and hands Heap what comes back.
const worker = new Worker(new URL("pyodide-worker.js", import.meta.url), { type: "module" });
/** @type {Map<number, () => void>} */
const waiting = new Map();
let calls = 0;

/** @param {string} event @param {Record<string, unknown>} properties @returns {Promise<void>} */
function send(event, properties) {
  calls += 1;
  const id = calls;
  worker.postMessage({ id, text: JSON.stringify({ config: {}, user: { id: null, traits: {}, anonymousId: null }, calls: [{ m: "track", a: [event, properties] }] }) });
  return new Promise((done) => { waiting.set(id, done); });
}

worker.onmessage = ({ data: { id, text } }) => {
  for (const [method, ...args] of JSON.parse(text).results[0].commands) window.heap[method](...args);
  waiting.get(id)?.();
  waiting.delete(id);
};
for (const [event, properties] of bench.queue) send(event, properties);
bench.send = send;
