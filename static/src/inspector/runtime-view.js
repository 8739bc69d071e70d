// The state of Python, of Heap and of the journal: a progress bar while it loads, then a list of facts.
import { h, write } from "./elements.js";

/**
 * @typedef {{
 *   runtime: string, heap: string, mode: string | null, progress: number, bootMs: number | null,
 *   journal?: {calls: number, bytes: number}, consent: string, waiting: number,
 * }} State
 */

/** @type {Record<string, string>} */
const MODES = { shared: "a worker shared by all pages", dedicated: "a worker of this page", page: "this page itself" };

/** One word and a lamp's colour for all of it. @param {State} state @returns {{tone: string, words: string}} */
export function summary(state) {
  if (state.consent !== "granted")
    return { tone: "wait", words: state.consent === "refused" ? "consent refused" : "waiting for consent" };
  if (state.runtime === "failed") return { tone: "bad", words: "Python failed" };
  if (state.heap === "failed") return { tone: "bad", words: "Heap is blocked" };
  if (state.runtime === "loading") return { tone: "wait", words: loading(state) };
  if (state.runtime === "ready" && state.heap === "live") return { tone: "good", words: "ready" };
  if (state.runtime === "ready") return { tone: "wait", words: "waiting for Heap" };
  return { tone: "idle", words: "not started" };
}

/** How far Python has come: its files first, then its start. @param {State} state */
const loading = ({ progress }) => (progress < 1 ? `Python ${Math.floor(progress * 100)} %` : "Python is starting");

export function runtimeView() {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Python is loading" });
  /** @type {Record<string, HTMLElement>} */
  const facts = {};
  const list = h("dl", { class: "facts" });
  for (const [name, label] of Object.entries({
    python: "Python",
    where: "It runs in",
    heap: "Heap",
    waiting: "Calls waiting",
    journal: "Journal",
    consent: "Consent",
  })) {
    facts[name] = h("dd");
    list.append(h("div", {}, h("dt", {}, label), facts[name]));
  }
  const view = h("div", {}, bar, list);
  /** @param {State} state */
  const show = (state) => {
    bar.hidden = state.runtime !== "loading";
    bar.value = state.progress;
    write(
      facts.python,
      state.runtime === "ready" && state.bootMs !== null
        ? `ready in ${Math.round(state.bootMs)} ms`
        : state.runtime === "loading"
          ? loading(state)
          : state.runtime,
    );
    write(facts.where, state.mode === null ? "–" : (MODES[state.mode] ?? state.mode));
    write(facts.heap, state.heap);
    write(facts.waiting, String(state.waiting));
    const journal = state.journal ?? { calls: 0, bytes: 0 };
    write(facts.journal, `${journal.calls} ${journal.calls === 1 ? "call" : "calls"}, ${kilobytes(journal.bytes)}`);
    write(facts.consent, state.consent);
  };
  return { view, show };
}

/** @param {number} bytes */
const kilobytes = (bytes) => (bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KB`);
