// Inlined at the head of every contestant's page: the bench's Heap, the calls to make, and the clock.
window.bench = (() => {
  /** @type {LongTask[]} */
  const longTasks = [];
  /** @type {LongTask[]} */
  const frames = [];
  let delivered = 0;
  /** @type {number | null} */
  let first = null;
  let last = 0;
  /** @type {unknown} */
  let sample = null;
  /** @type {{count: number, done: (at: number) => void}[]} */
  let waiting = [];

  // Heap's `track`, or the time at which it would have been called
  /** @param {string} _event @param {Properties} properties */
  const track = (_event, properties) => {
    last = performance.now();
    if (first === null) first = last;
    delivered += 1;
    sample = properties;
    if (waiting.length > 0) {
      const due = waiting.filter(({ count }) => count <= delivered);
      if (due.length > 0) {
        waiting = waiting.filter(({ count }) => count > delivered);
        for (const { done } of due) done(last);
      }
    }
  };

  /** A Heap that is there from the start and only notes what arrives. */
  const standIn = () => {
    window.heap = { loaded: true, track, identify() {}, addUserProperties() {}, resetIdentity() {} };
  };

  /**
   * Settles with the time at which the call numbered `count` (from 1) since navigation arrived at Heap; fails when none arrives for a minute.
   * @param {number} count
   * @returns {Promise<number>}
   */
  const until = async (count) => {
    if (delivered >= count) return last;
    return new Promise((done, fail) => {
      let seen = delivered;
      const watch = setInterval(() => {
        if (delivered === seen) fail(new Error(`only ${delivered} of ${count} calls arrived`));
        seen = delivered;
      }, 60_000);
      waiting.push({ count, done: (at) => { clearInterval(watch); done(at); } });
    });
  };

  /** A cart of 21 leaves, nested. @param {number} number */
  const cart = (number) => ({
    order_id: `order-${number}`, total: 79.9, revenue: 67.14, tax: 12.76, currency: "EUR", coupon: "AUTUMN",
    placed_at: new Date(1795000000000 + number),
    customer: { id: 1007, plan: "pro", address: { city: "Lyon", country: "FR", zip: "69002" } },
    shipping: { method: "courier", cost: 4.9, express: true },
    products: [{ sku: "A-1", price: 25, quantity: 2 }, { sku: "B-7", price: 29.9, quantity: 1 }],
  });

  /** What a plain-JavaScript integration does: nested keys joined, dates and arrays as text. @param {Properties} properties */
  const flat = (properties) => {
    /** @type {Properties} */
    const leaves = {};
    /** @param {Properties} object @param {string} prefix */
    const walk = (object, prefix) => {
      for (const [key, value] of Object.entries(object)) {
        if (value instanceof Date) leaves[prefix + key] = value.toISOString();
        else if (Array.isArray(value)) leaves[prefix + key] = JSON.stringify(value);
        else if (typeof value === "object" && value !== null) walk(/** @type {Properties} */ (value), `${prefix}${key}.`);
        else leaves[prefix + key] = value;
      }
    };
    walk(properties, "");
    return leaves;
  };

  /** analytics.js 2's destination plugin that tells Heap. */
  const destination = () => ({
    name: "Heap", type: "destination", version: "1", isLoaded: () => true, load: () => Promise.resolve(),
    /** @param {{event: {event: string, properties: Properties}}} context */
    track: (context) => { window.heap.track(context.event.event, flat(context.event.properties)); return context; },
  });

  const observe = () => {
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) longTasks.push({ at: entry.startTime, ms: entry.duration, scripts: [] });
    }).observe({ type: "longtask", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of /** @type {any[]} */ (list.getEntries())) {
        const scripts = entry.scripts.map((/** @type {any} */ script) => ({ url: script.sourceURL, ms: script.duration }));
        frames.push({ at: entry.startTime, ms: entry.duration, scripts });
      }
    }).observe({ type: "long-animation-frame", buffered: true });
  };
  if (PerformanceObserver.supportedEntryTypes.includes("longtask")) observe();

  /** The long tasks so far, each with the scripts that ran in the frame around it. */
  const tasks = () => longTasks.map((task) => ({
    ...task,
    scripts: frames
      .filter((frame) => frame.at < task.at + task.ms && task.at < frame.at + frame.ms)
      .flatMap((frame) => frame.scripts),
  }));

  return {
    standIn, cart, flat, destination, until, tasks,
    // what the contestant's page puts in
    queue: [],
    send: () => { throw new Error("this page has no contestant"); },
    python: () => { throw new Error("this page has no Python"); },
    /** When the first call arrived, in ms since navigation. */
    first: async () => { await until(1); return first; },
    count: () => delivered,
    sample: () => sample,
  };
})();
