// A live Heap that only remembers what it is told, encoded at the moment of the call: `recorder.told`.
(() => {
  const told = [];
  const methods = [
    "track", "identify", "resetIdentity", "addUserProperties", "addEventProperties", "removeEventProperty", "clearEventProperties",
  ];
  const heap = { loaded: true };
  for (const method of methods) heap[method] = (...args) => void told.push([method, ...args.map((arg) => GoldenCodec.encode(arg))]);
  window.recorder = { told };
  window.heap = heap;
})();
