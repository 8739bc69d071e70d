/**
 * Python, wherever it can run: in a SharedWorker that outlives the page, in a Worker, in the page. Whatever dies or hangs is
 * left for the next of them by a deadline; when none is left the runtime has failed, and says so once.
 */

import { clearTimeout, messageOf, Promise, setTimeout } from "./natives.js";

/** No word for so long while it boots, and it counts as dead. */
const SILENCE_MS = 20_000;
/** A batch takes some 50 ms. */
const BATCH_MS = 10_000;
/** So often may one page replace a runtime that had been ready. */
const REPLACEMENTS = 5;

/** @typedef {"shared" | "dedicated" | "page"} Mode */
/** @typedef {{state: "idle" | "loading" | "ready" | "failed", mode: Mode | null, progress: number, bootMs: number | null}} RuntimeState */
/** @typedef {{post: (message: import("./protocol.js").ToWorker) => void, close: () => void}} Link */

/** @type {Mode[]} */
const MODES = ["shared", "dedicated", "page"];

/**
 * @param {string} base URL of the runtime's folder
 * @param {(why: string) => void} changed called after each change of `state`; `why` is set when it failed
 */
export function createRuntime(base, changed) {
  /** @type {RuntimeState} */
  const state = { state: "idle", mode: null, progress: 0, bootMs: null };
  let index = 0;
  let replaced = 0;
  let why = "";
  let batches = 0;
  /** @type {Link | null} */
  let link = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {{id: number, resolve: (text: string) => void, reject: (error: Error) => void} | null} */
  let pending = null;

  /** @param {number} ms */
  const watch = (ms) => {
    clearTimeout(timer);
    if (ms) timer = setTimeout(() => lost("did not answer in time", true), ms);
  };

  const drop = () => {
    watch(0);
    const old = link;
    link = null;
    try {
      old?.close();
    } catch {}
    const { reject } = pending || {};
    pending = null;
    reject?.(Error("the runtime was lost"));
  };

  /** @param {string} message @param {boolean} [hung] */
  const lost = (message, hung) => {
    const ready = state.state === "ready";
    why ||= `${MODES[index]}: ${message}`;
    state.state = "loading";
    drop();
    // One that ran before is started again; but a SharedWorker that hangs would be met again by its name.
    if (!ready || (hung && !index)) index++;
    if (ready) replaced++;
    open();
  };

  /** @param {Link} self @param {import("./protocol.js").FromWorker} message */
  const hear = (self, message) => {
    if (link !== self) return;
    const { type } = message;
    if (type === "progress") {
      watch(SILENCE_MS);
      state.progress = message.total ? Math.min(1, message.loaded / message.total) : 0;
    } else if (type === "ready") {
      watch(0);
      state.state = "ready";
      state.progress = 1;
      state.bootMs = message.ms;
    } else if (type === "failed") {
      return lost(message.message);
    } else if (type === "batch" || type === "fault") {
      if (!pending || pending.id !== message.id) return;
      watch(0);
      const { resolve, reject } = pending;
      pending = null;
      if (type === "batch") resolve(message.text);
      else reject(Error(message.message));
      return;
    } else return;
    changed("");
  };

  const open = () => {
    const mode = MODES[index];
    if (!mode || replaced > REPLACEMENTS) {
      state.state = "failed";
      state.mode = null;
      return changed(why);
    }
    state.state = "loading";
    state.mode = mode;
    state.progress = 0;
    changed("");
    watch(SILENCE_MS);
    const foreign = new URL(base).origin !== location.origin;
    /** @type {Link} */
    const self = { post() {}, close() {} };
    link = self;
    const fail = (/** @type {unknown} */ error) => {
      if (link === self) lost(messageOf(error));
    };
    try {
      if (mode === "page") openInPage(self, fail);
      else if (mode === "dedicated") openWorker(self, fail, foreign);
      else if (foreign || !globalThis.SharedWorker) fail("not possible here");
      else openShared(self, fail);
    } catch (error) {
      fail(error);
    }
  };

  /** @param {Link} self @param {(error: unknown) => void} fail */
  const openShared = (self, fail) => {
    const options = /** @type {any} */ ({
      __proto__: null,
      type: "module",
      name: `heap-web ${__RUNTIME__.split("/")[1]}`,
      extendedLifetime: true,
    });
    const worker = new SharedWorker(`${base}worker.js`, options);
    const { port } = worker;
    worker.onerror = () => fail("the SharedWorker did not start");
    port.onmessage = (event) => hear(self, event.data);
    port.addEventListener("close", () => fail("the SharedWorker is gone"));
    self.post = (message) => port.postMessage(message);
    self.close = () => {
      port.postMessage({ type: "bye" });
      port.close();
    };
  };

  /** @param {Link} self @param {(error: unknown) => void} fail @param {boolean} foreign */
  const openWorker = (self, fail, foreign) => {
    let url = `${base}worker.js`;
    // No worker can be made of another origin's script, but one of ours may import it.
    if (foreign) url = URL.createObjectURL(new Blob([`import ${JSON.stringify(url)}`], { type: "text/javascript" }));
    const options = /** @type {any} */ ({ __proto__: null, type: "module", name: "heap-web" });
    const worker = new Worker(url, options);
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message || "the Worker did not start");
    };
    worker.onmessage = (event) => hear(self, event.data);
    self.post = (message) => worker.postMessage(message);
    self.close = () => worker.terminate();
  };

  /** @param {Link} self @param {(error: unknown) => void} fail */
  const openInPage = async (self, fail) => {
    try {
      const { boot } = await import(`${base}python.js`);
      /** @type {import("./protocol.js").InPage} */
      const python = await boot((/** @type {number} */ loaded, /** @type {number} */ total) =>
        hear(self, { type: "progress", loaded, total }),
      );
      self.post = (message) => {
        if (message.type !== "batch") return;
        const { id } = message;
        setTimeout(() => {
          try {
            hear(self, { type: "batch", id, text: python.run(message.text) });
          } catch (error) {
            hear(self, { type: "fault", id, message: messageOf(error) });
          }
        });
      };
      hear(self, { type: "ready", ms: python.ms, python: python.python, warm: false });
    } catch (error) {
      fail(error);
    }
  };

  return {
    state,
    /** Begin, or begin anew after `stop` or a failure. */
    start() {
      if (link) return;
      index = replaced = 0;
      why = "";
      open();
    },
    /** Let go of the runtime; a batch on its way is rejected. @param {boolean} [freezing] but a Worker of our own freezes with us */
    stop(freezing) {
      if (freezing && index) return watch(0);
      drop();
      state.state = "idle";
    },
    /** @param {string} text a batch @returns {Promise<string>} its reply; rejects if the runtime was lost or Python raised */
    run: (text) =>
      new Promise((resolve, reject) => {
        if (!link) return reject(Error("no runtime"));
        pending = { id: ++batches, resolve, reject };
        watch(BATCH_MS);
        link.post({ type: "batch", id: batches, text });
      }),
  };
}
