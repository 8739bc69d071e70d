// The control's Heap, in place of Heap's own script: takes over from the snippet's stub and replays its queue.
(() => {
  const queue = window.heap;
  bench.standIn();
  window.heap.appid = queue.appid;
  for (const [method, ...args] of queue) window.heap[method](...args);
})();
