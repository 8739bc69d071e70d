// @ts-check
// Plays Heap's own script in the demo: drains the stub's queue, replaces window.heap, posts each call to the server.
//
// It is a classic script, as Heap's is, and is served under both of Heap's paths: `/js/heap-<id>.js` and
// `/config/<id>/heap_config.js`. Which of the two it plays it tells from its own address.
(() => {
  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const [, classicId, latestId] = /\/js\/heap-(\d+)\.js|\/config\/(\d+)\/heap_config\.js/.exec(script.src) ?? [];
  const appId = classicId ?? latestId ?? "";
  const sdk = classicId ? "classic" : "latest";
  const page = /** @type {any} */ (window);
  const stub = page.heap;
  if (!stub || stub.loaded) return;
  if (sdk === "latest" && stub.appid) return; // as the real one: it takes such a page for one with the classic SDK

  const METHODS = [
    "track",
    "identify",
    "addUserProperties",
    "addEventProperties",
    "setEventProperties",
    "removeEventProperty",
    "unsetEventProperty",
    "clearEventProperties",
    "resetIdentity",
  ];
  const BODY_LIMIT = 60_000; // browsers take 64 KB at a time from a page that is going away
  const randomId = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const view = randomId();
  const visitor = browserId();
  /** @type {string[]} */
  const waiting = []; // calls as JSON text, not yet posted
  /** @type {string[]} */
  let inFlight = [];
  let number = 0;
  let scheduled = false;

  /** One id for all pages of this browser, as Heap keeps in a cookie; "" where storage is denied. */
  function browserId() {
    try {
      const known = localStorage.getItem("jello-peanut:visitor") ?? randomId();
      localStorage.setItem("jello-peanut:visitor", known);
      return known;
    } catch {
      return "";
    }
  }

  /** @param {string} method @param {unknown[]} args */
  function receive(method, args) {
    number += 1;
    waiting.push(JSON.stringify({ number, made: Date.now(), method, arguments: args }));
    if (scheduled) return;
    scheduled = true;
    setTimeout(post, 0);
  }

  /** As many of the waiting calls as one body may hold. */
  function take() {
    let size = 0;
    let count = 0;
    while (count < waiting.length && (count === 0 || size + waiting[count].length * 3 < BODY_LIMIT)) {
      size += waiting[count].length * 3; // at most three bytes a character
      count += 1;
    }
    return waiting.splice(0, count);
  }

  /** @param {string[]} calls */
  function body(calls) {
    const head = JSON.stringify({ app_id: appId, sdk, visitor, view, path: location.pathname }).slice(0, -1);
    return `${head},"calls":[${calls.join(",")}]}`;
  }

  /** One body after the other, so that they arrive in the order of the calls. */
  async function post() {
    while (waiting.length) {
      inFlight = take();
      const text = body(inFlight);
      try {
        await fetch("/heap/calls", {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: text,
          keepalive: text.length * 3 < BODY_LIMIT,
        });
      } catch {
        // the server is gone, or the page is: nothing that the page could do about it, as with the real one
      }
      inFlight = [];
    }
    scheduled = false;
  }

  // What is still here when the page goes leaves by beacon; what was in flight goes again: the server counts it once.
  addEventListener("pagehide", () => {
    waiting.unshift(...inFlight);
    while (waiting.length) navigator.sendBeacon("/heap/calls", new Blob([body(take())], { type: "application/json" }));
  });

  /** @type {Record<string, unknown>} */
  const heap = { appid: appId, envId: appId, config: stub.config ?? stub.clientConfig ?? {}, loaded: true };
  for (const method of METHODS) heap[method] = (/** @type {unknown[]} */ ...args) => receive(method, args);
  page.heap = heap;

  if (sdk === "latest") {
    for (const { fn } of (page.heapReadyCb ?? []).splice(0)) fn();
    return;
  }
  for (const [method, ...args] of Array.isArray(stub) ? stub.splice(0) : []) {
    const known = heap[method];
    if (typeof known !== "function") throw new TypeError(`heap.${method} is not a function`); // as the real one
    known(...args);
  }
})();
