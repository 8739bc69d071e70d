// The home page: the state of Python in one line, and the first minute: a click, its flat values, what Heap got of it.
import { compare } from "../inspector/compare.js";
import { toJavaScript, valueInWords, valueToJavaScript } from "../inspector/source.js";
import { listen, listing } from "./inbox.js";
import { analytics, element, make } from "./page.js";
import { receivedCall } from "./received-call.js";

/** How many rows the middle step shows before it says that there are more. */
const ROWS = 14;

export function showHome() {
  const found = analytics();
  if (!found) {
    element("runtime-text").textContent = "heap-web.js is not here: run python3 build.py bundle";
    return;
  }
  const show = () => showRuntime(found.state);
  found.on("state", show);
  show();
  /** The call that is shown: the last one that a click made. */
  let shown = { id: -1, args: /** @type {unknown[]} */ ([]) };
  found.on("call", ({ id, method, args }) => {
    if (method !== "track" && method !== "identify") return;
    shown = { id, args };
    element("way-call").textContent = toJavaScript(`analytics.${method}`, args);
    done("step-click");
    element("way-python").replaceChildren(waiting("Python has not read it yet …"));
    element("way-heap").replaceChildren(waiting("On its way …"));
  });
  found.on("transformed", ({ id, commands }) => {
    if (id === shown.id && commands.length) showFlat(shown.args, commands);
  });
  found.on("settled", ({ id, status, reason, commands }) => {
    if (id !== shown.id) return;
    if (status !== "delivered") element("way-heap").replaceChildren(waiting(`${status}: ${reason ?? ""}`));
    else showReceived(commands.at(-1));
  });
}

/** @param {unknown[]} args @param {unknown[][]} commands */
function showFlat(args, commands) {
  const rows = compare(args, commands);
  const cells = rows.slice(0, ROWS).map(({ key, before, after, mark }) =>
    make(
      "tr",
      { "data-mark": mark },
      make("td", {}, ...key.split(/(?<=\.)/).flatMap((part) => [part, make("wbr", {})])),
      make("td", {}, mark === "dropped" ? `${valueInWords(before)}: dropped` : valueToJavaScript(after)),
    ),
  );
  const head = make("tr", {}, make("th", { scope: "col" }, "Property"), make("th", { scope: "col" }, "Value"));
  const table = make("table", { class: "rows" }, make("thead", {}, head), make("tbody", {}, ...cells));
  element("way-python").replaceChildren(table);
  if (rows.length > ROWS) element("way-python").append(make("p", { class: "hint" }, `and ${rows.length - ROWS} more`));
  done("step-flat");
}

/** Ends the search for the call that was shown before. */
let endSearch = () => {};

/**
 * Shows the command as the server that plays Heap received it, once it has; a real Heap is not asked.
 * @param {[method: string, ...args: unknown[]]} command
 */
function showReceived([method, ...args]) {
  endSearch();
  const box = element("way-heap");
  if (box.dataset.plays !== "true") {
    box.replaceChildren(waiting("Heap has it."));
    return done("step-heap");
  }
  const sought = JSON.stringify([method, args]);
  endSearch = listen(async () => {
    const call = (await listing()).reverse().find((each) => JSON.stringify([each.method, each.arguments]) === sought);
    if (!call) return;
    endSearch();
    box.replaceChildren(make("ol", { class: "received" }, receivedCall(call)));
    done("step-heap");
  });
}

/** @param {string} id */
const done = (id) => element(id).classList.add("done");

/** @param {string} words */
const waiting = (words) => make("p", { class: "waiting" }, words);

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
    loading: "Python is starting; calls work already",
    ready: state.bootMs === null ? "Python is ready" : `Python is ready: it took ${Math.round(state.bootMs)} ms`,
    failed: "Python could not start; calls are kept for the next page",
  };
  const text = words[state.runtime] ?? state.runtime;
  if (element("runtime-text").textContent !== text) element("runtime-text").textContent = text;
}
