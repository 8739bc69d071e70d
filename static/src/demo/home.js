// The home page: the state of Python in one line, and the way of the last call in three boxes.
import { toJavaScript, toPython } from "../inspector/source.js";
import { analytics, element } from "./page.js";

export function showHome() {
  const found = analytics();
  if (!found) {
    element("runtime-text").textContent = "heap-web.js is not here: run python3 build.py bundle";
    return;
  }
  const show = () => showRuntime(found.state);
  found.on("state", show);
  show();
  found.on("call", ({ method, args }) => {
    if (method === "page") return;
    element("way-call").textContent = toJavaScript(`analytics.${method}`, args);
    element("way-python").textContent = "…";
    element("way-heap").textContent = "…";
  });
  found.on("transformed", ({ commands }) => {
    if (!commands.length) return;
    element("way-python").textContent = commands
      .map((/** @type {unknown[]} */ [method, ...args]) => toPython("Command", [method, args]))
      .join("\n");
  });
  found.on("settled", ({ status, commands, reason }) => {
    if (!commands?.length) return;
    element("way-heap").textContent =
      status === "delivered"
        ? commands.map((/** @type {unknown[]} */ [method, ...args]) => toJavaScript(`heap.${method}`, args)).join("\n")
        : `${status}: ${reason ?? ""}`;
  });
}

/** @param {import("./page.js").State} state */
function showRuntime(state) {
  const box = element("runtime");
  const bar = /** @type {HTMLProgressElement} */ (element("runtime-progress"));
  box.dataset.state = state.runtime;
  bar.hidden = state.runtime !== "loading";
  bar.value = state.progress;
  /** @type {Record<string, string>} */
  const words = {
    idle: "Python has not started yet",
    loading: "Python is starting",
    ready: state.bootMs === null ? "Python is ready" : `Python is ready, after ${Math.round(state.bootMs)} ms`,
    failed: "Python could not start; calls are kept for the next page",
  };
  const text = words[state.runtime] ?? state.runtime;
  if (element("runtime-text").textContent !== text) element("runtime-text").textContent = text;
}
