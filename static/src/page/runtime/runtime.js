/**
 * Python, wherever it can run: in a SharedWorker that outlives the page, in a Worker, in the page. Whatever dies or hangs is
 * left for the next of them by a deadline; when none is left the runtime has failed, and says so once.
 */

import { bare, Blob, clearTimeout, createObjectURL, Error, listen, location, messageOf, origin, Promise, setTimeout, stringify, Worker } from "../natives.js";
import { connect } from "./shared.js";

/** No word for so long while it boots, and it counts as dead. */
const SILENCE_MS = 20_000;
/** A batch takes some 50 ms. */
const BATCH_MS = 10_000;
/** So often may one page replace a runtime that had been ready. */
const REPLACEMENTS = 5;

/** @typedef {"shared" | "dedicated" | "page"} Mode */
/** @typedef {{runtime: "idle" | "loading" | "ready" | "failed", mode: Mode | null, progress: number, bootMs: number | null}} RuntimeStatus */
/** @typedef {{post: (message: import("./protocol.js").ToWorker) => void, close: () => void}} Link */

/** @param {string} message */
function unreachableError(message) {
  const error = /** @type {Error & {unreachable?: boolean}} */ (Error(message));
  error.unreachable = true;
  return error;
}

/** @type {Mode[]} */
const MODES = ["shared", "dedicated", "page"];

/**
 * @param {string} base URL of the runtime's folder
 * @param {import("./shared.js").Connection | null} early made when the page began
 * @param {RuntimeStatus} status kept up to date
 * @param {(why: string) => void} changed called after each change of it; `why` is set when it failed
 */
export function createRuntime(base, early, status, changed) {
  let index = 0;
  let replaced = 0;
  let why = "";
  let batches = 0;
  let boots = 0;
  /** @type {Link | null} */
  let link = null;
  /** @type {any} */
  let timer;
  /** @type {{id: number, resolve: (text: string) => void, reject: (error: Error) => void} | null} */
  let pending = null;

  /** @param {number} ms 0: no more */
  const watch = (ms) => {
    clearTimeout(timer);
    if (ms) timer = setTimeout(() => lost("no answer in time", true), ms);
  };

  const drop = (error = Error("the runtime was lost")) => {
    watch(0);
    const old = link;
    link = null;
    try {
      old?.close();
    } catch {}
    const asked = pending;
    pending = null;
    asked?.reject(error);
  };

  /** @param {string} message @param {boolean} [hung] @param {boolean} [unreachable] until the network is back */
  const lost = (message, hung, unreachable) => {
    const ready = status.runtime === "ready";
    why ||= `${MODES[index]}: ${message}`;
    status.runtime = "loading";
    drop(unreachable ? unreachableError(message) : undefined);
    // One that ran before is started again; but a SharedWorker that hangs would be met again by its name.
    if (unreachable) index = MODES.length;
    else if (!ready || (hung && !index)) index++;
    if (ready) replaced++;
    open();
  };

  /** @param {Link} self @param {import("./protocol.js").FromWorker} message */
  const hear = (self, message) => {
    if (link !== self) return;
    switch (message.type) {
      case "progress":
        watch(SILENCE_MS);
        // While it answers it may have to load more; for the page it is ready.
        if (status.runtime === "ready") return;
        status.progress = (message.loaded < message.total ? message.loaded / message.total : 1) || 0;
        return changed("");
      case "ready":
        watch(pending ? BATCH_MS : 0);
        status.runtime = "ready";
        status.progress = 1;
        status.bootMs = message.ms;
        return changed("");
      case "failed":
        return lost(message.message, false, message.unreachable);
      case "batch":
      case "fault": {
        const asked = pending;
        if (!asked || asked.id !== message.id) return;
        watch(0);
        pending = null;
        if (message.type === "batch") asked.resolve(message.text);
        else asked.reject(Error(message.message));
      }
    }
  };

  const open = () => {
    const mode = MODES[index];
    status.mode = mode || null;
    status.progress = 0;
    status.bootMs = null;
    if (!mode || replaced > REPLACEMENTS) {
      status.runtime = "failed";
      return changed(why);
    }
    status.runtime = "loading";
    changed("");
    watch(SILENCE_MS);
    /** @type {Link} */
    const self = { post() {}, close() {} };
    link = self;
    const fail = (/** @type {unknown} */ error) => {
      if (link === self) lost(messageOf(error));
    };
    try {
      OPEN[mode](self, fail);
    } catch (error) {
      fail(error);
    }
  };

  const foreign = origin(base) !== location().origin;

  /** @type {Record<Mode, (self: Link, fail: (error: unknown) => void) => void>} */
  const OPEN = {
    shared(self, fail) {
      const connection = early || connect(base);
      early = null;
      const { port } = connection;
      self.post = (message) => port.postMessage(message);
      self.close = () => {
        self.post({ type: "bye" });
        port.close();
      };
      port.onmessage = (event) => hear(self, event.data);
      listen(port, "close", () => fail("it is gone"));
      connection.onfail = () => fail("it did not start");
      if (connection.failed) connection.onfail();
    },

    dedicated(self, fail) {
      let url = `${base}worker.js`;
      // No worker can be made of another origin's script, but one of ours may import it.
      if (foreign) url = createObjectURL(new Blob([`import ${stringify(url)}`], { type: "text/javascript" }));
      const options = bare();
      options.type = "module";
      const worker = new Worker(url, options);
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message || "it did not start");
      };
      worker.onmessage = (event) => hear(self, event.data);
      self.post = (message) => worker.postMessage(message);
      self.close = () => worker.terminate();
    },

    async page(self, fail) {
      try {
        // The fragment makes it another module: browsers keep a failed one.
        const { boot, hasEnded } = await import(`${base}python.js#${boots++}`);
        /** @type {import("./protocol.js").InPage} */
        const python = await boot((/** @type {number} */ loaded, /** @type {number} */ total) =>
          hear(self, { type: "progress", loaded, total }),
        );
        self.post = (message) => {
          if (message.type !== "batch") return;
          const { id, text } = message;
          setTimeout(async () => {
            try {
              hear(self, { type: "batch", id, text: await python.run(text) });
            } catch (error) {
              const type = (await hasEnded(python.run, error)) ? "failed" : "fault";
              hear(self, { type, id, message: messageOf(error), unreachable: /** @type {any} */ (error)?.unreachable });
            }
          });
        };
        hear(self, { type: "ready", ms: python.ms, python: python.python, warm: false });
      } catch (error) {
        fail(error);
      }
    },
  };

  return {
    /** Begin, or begin anew after `stop` or a failure. */
    start() {
      if (link) return status.runtime === "loading" ? watch(SILENCE_MS) : undefined;
      index = replaced = 0;
      why = "";
      open();
    },
    /** Let go of the runtime; a batch on its way is rejected. @param {boolean} [freezing] but a Worker of our own freezes with us */
    stop(freezing) {
      if (freezing && index) return watch(0);
      drop();
      status.runtime = "idle";
    },
    /** Whether a batch may be posted: a SharedWorker that runs already then finds it as it greets the page. */
    takes: () => status.runtime === "ready" || (!!link && !index && !replaced),
    /** @param {string} text a batch @returns {Promise<string>} its reply; rejects if the runtime was lost or Python raised */
    run: (text) =>
      new Promise((resolve, reject) => {
        if (!link) return reject(Error("no runtime"));
        pending = { id: ++batches, resolve, reject };
        if (status.runtime === "ready") watch(BATCH_MS);
        link.post({ type: "batch", id: batches, text });
      }),
  };
}
