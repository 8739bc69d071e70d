/**
 * Python, wherever it can run: the page's own where there is one, else in a SharedWorker that outlives the page, in a Worker, in the
 * page. Whatever dies or hangs is left for the next of them by a deadline; when none is left the runtime has failed, and says so once.
 */

import { bare, Blob, clearTimeout, createObjectURL, Error, location, messageOf, origin, parsed, Promise, setTimeout, stringify, Worker } from "../natives.js";
import { scriptUrl } from "../trusted.js";
import { connect } from "./shared.js";

/** No word for so long while it boots, and it counts as dead. */
const SILENCE_MS = 20_000;
/** A batch takes some 50 ms. */
const BATCH_MS = 10_000;
/** So often may one page replace a runtime that had been ready. */
const REPLACEMENTS = 5;

/** @typedef {"host" | "shared" | "dedicated" | "page"} Mode `host`: the page's own Python */
/** @typedef {{runtime: "idle" | "loading" | "ready" | "failed", mode: Mode | null, progress: number, bootMs: number | null}} RuntimeStatus */
/** The page's own Python, which comes and goes as it likes. @typedef {{run: ((batch: string) => string) | null}} Host */
/** @typedef {{post: (message: import("./protocol.js").ToWorker) => void, close: () => void}} Link */

/** None of the batch's doing. @param {string} message */
function unreachableError(message) {
  const error = /** @type {Error & {unreachable?: boolean}} */ (Error(message));
  error.unreachable = true;
  return error;
}

/** @type {Exclude<Mode, "host">[]} */
const MODES = ["shared", "dedicated", "page"];

/**
 * @param {object} parts
 * @param {string} parts.base URL of the runtime's folder
 * @param {import("./shared.js").Connection | null} parts.early made when the page began
 * @param {Host} parts.host
 * @param {RuntimeStatus} parts.status kept up to date
 * @param {(why: string) => void} parts.changed called after each change of it; `why` is set when it failed
 */
export function createRuntime({ base, early, host, status, changed }) {
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
    why += `${why && "; "}${MODES[index]}: ${message}`;
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
        why = "";
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

  /** @type {Record<(typeof MODES)[number], (self: Link, fail: (error: unknown) => void) => void>} */
  const OPEN = {
    shared(self, fail) {
      const connection = early || connect(base);
      early = null;
      self.post = connection.post;
      self.close = connection.close;
      connection.use((message) => hear(self, message), fail);
    },

    dedicated(self, fail) {
      let url = `${base}worker.js`;
      // No worker can be made of another origin's script, but one of ours may import it.
      if (foreign) url = createObjectURL(new Blob([`import ${stringify(url)}`], { type: "text/javascript" }));
      if (!Worker) throw Error("this browser has none");
      const options = bare();
      options.type = "module";
      const worker = new Worker(scriptUrl(url), options);
      worker.onerror = (event) => {
        event.preventDefault();
        fail(event.message || "it did not start");
      };
      worker.onmessage = (event) => hear(self, event.data);
      self.post = (message) => worker.postMessage(message);
      self.close = () => worker.terminate();
    },

    async page(self, fail) {
      await parsed();
      if (link !== self) return;
      watch(SILENCE_MS);
      try {
        // The fragment makes it another module: browsers keep a failed one.
        const { boot, hasEnded } = await import(/* webpackIgnore: true */ /* @vite-ignore */ `${base}python.js#${boots++}`);
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

  const start = () => {
    if (host.run) return useHost();
    if (link) return status.runtime === "loading" ? watch(SILENCE_MS) : undefined;
    index = replaced = 0;
    why = "";
    open();
  };

  /** A batch that another runtime has is asked for again: its answer depends on its text alone. */
  const useHost = () => {
    drop(unreachableError("the page's own Python answers from now on"));
    status.runtime = "ready";
    status.mode = "host";
    status.progress = 1;
    status.bootMs = 0;
    changed("");
  };

  return {
    /** Begin, or begin anew after `stop` or a failure. */
    start,
    /** The page's own Python has come or gone. */
    hostChanged: start,
    isHost: () => !!host.run && status.mode === "host",
    /** Whether the main thread is Python's too. */
    inPage: () => status.mode === "page" || status.mode === "host",
    /** Let go of the runtime; a batch on its way is rejected. @param {boolean} [freezing] but a Worker of our own freezes with us */
    stop(freezing) {
      if (freezing && (index || host.run)) return watch(0);
      drop();
      status.runtime = "idle";
    },
    /** Whether a batch may be posted: a SharedWorker that runs already then finds it as it greets the page. */
    takes: () => status.runtime === "ready" || (!!link && !index && !replaced),
    /** The page's own Python answers at once. @param {string} text a batch @returns {string} its reply; throws if Python raised */
    runNow: (text) => /** @type {NonNullable<Host["run"]>} */ (host.run)(text),
    /** @param {string} text a batch @returns {Promise<string>} its reply; rejects if the runtime was lost or Python raised */
    run: (text) =>
      new Promise((resolve, reject) => {
        if (host.run) return resolve(host.run(text));
        if (!link) return reject(Error("no runtime"));
        pending = { id: ++batches, resolve, reject };
        if (status.runtime === "ready") watch(BATCH_MS);
        link.post({ type: "batch", id: batches, text });
      }),
  };
}
