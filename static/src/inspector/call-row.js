// One call in the list: a line to open, and below it the call's way, its values before and after, and the copies.
import { compare } from "./compare.js";
import { h } from "./elements.js";
import { clock, milliseconds } from "./times.js";
import { titleOf } from "./timeline.js";
import { toPython, valueInWords, valueToJavaScript } from "./source.js";

/** @typedef {import("./timeline.js").Entry} Entry */

/**
 * @param {Entry} entry
 * @param {boolean} open
 * @param {(open: boolean) => void} toggle
 * @returns {HTMLLIElement}
 */
export function callRow(entry, open, toggle) {
  const title = titleOf(entry);
  const button = h(
    "button",
    { type: "button", class: "line", "aria-expanded": String(open), click: () => toggle(!open) },
    h("span", { class: "method" }, entry.method),
    h("span", { class: title.missing ? "title missing" : "title" }, title.text),
    h("span", { class: `badge ${entry.status.replace(" ", "-")}` }, entry.status),
    h("span", { class: "ms" }, entry.ms === null ? "" : milliseconds(entry.ms)),
  );
  return h("li", { class: "call", "data-status": entry.status, "data-id": entry.id }, button, open && details(entry));
}

/** @param {Entry} entry */
function details(entry) {
  return h("div", { class: "details" }, way(entry), values(entry), copies(entry));
}

/** @param {Entry} entry */
function way(entry) {
  const list = h("ol", { class: "way", "aria-label": "The way of the call" });
  /** @param {string} name @param {string} words @param {string} [tone] */
  const step = (name, words, tone = "done") => list.append(h("li", { class: tone }, h("b", {}, name), ` ${words}`));
  step("made", `at ${clock(entry.at)}${entry.replayed ? ", on an earlier page" : ""}`);
  if (entry.journalled) step("journalled", "in the same tick");
  if (entry.commands) {
    const time = entry.transformMs === null ? "" : `, after ${milliseconds(entry.transformMs)}`;
    const many = entry.commands.length;
    step(
      "transformed",
      `by Python: ${many === 0 ? "nothing for Heap" : many === 1 ? "one command" : `${many} commands`}${time}`,
    );
  } else if (entry.ms === null) step("waiting", "for Python", "next");
  if (entry.status === "delivered")
    step(
      "delivered",
      `${entry.commands?.length ? "to Heap " : ""}${entry.ms === null ? "" : `after ${milliseconds(entry.ms)}`}`,
    );
  else if (entry.status === "kept")
    step("kept", entry.reason ? `because ${entry.reason}` : "for the next page", "held");
  else if (entry.status === "not sent") step("not sent", entry.reason ? `on purpose: ${entry.reason}` : "on purpose", "meant");
  else if (entry.status === "dropped") step("dropped", entry.reason ? `because ${entry.reason}` : "", "lost");
  else if (entry.status === "transformed") step("waiting", "for Heap", "next");
  return list;
}

/** @param {Entry} entry */
function values(entry) {
  if (!entry.commands?.length) return null;
  const rows = compare(entry.args, entry.commands);
  const short = (/** @type {unknown} */ value) => (typeof value === "object" ? "…" : valueToJavaScript(value));
  const told = entry.commands.map(([method, ...args]) => `heap.${method}(${args.map(short).join(", ")})`);
  const calls = h("p", { class: "commands" }, told.join("\n"));
  if (rows.length === 0) return calls;
  /** @type {Record<string, string>} */
  const marks = { same: "", changed: "changed", added: "added", dropped: "dropped" };
  const table = h(
    "table",
    {},
    h(
      "thead",
      {},
      h("tr", {}, ...["Property", "You gave", "Heap gets"].map((name) => h("th", { scope: "col" }, name))),
    ),
    h(
      "tbody",
      {},
      ...rows.map(({ key, before, after, mark }) =>
        h(
          "tr",
          { class: mark },
          h("th", { scope: "row" }, ...breakable(key), marks[mark] !== "" && h("i", {}, marks[mark])),
          h("td", {}, mark === "added" ? "–" : cut(valueInWords(before))),
          h("td", {}, mark === "dropped" ? "–" : cut(valueToJavaScript(after)), tooLong(after) && h("i", {}, TOO_LONG)),
        ),
      ),
    ),
  );
  return h(
    "div",
    {},
    calls,
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Values before and after" }, table),
  );
}

/** @param {Entry} entry */
function copies(entry) {
  const said = h("span", { role: "status", class: "said" });
  /** @param {string} label @param {() => string} text */
  const copy = (label, text) => {
    const click = async () => {
      said.textContent = (await toClipboard(text())) ? "Copied" : "The browser does not let us copy";
    };
    return h("button", { type: "button", class: "small", click }, label);
  };
  return h(
    "p",
    { class: "copies" },
    copy("Copy as JSON", () =>
      JSON.stringify({ method: entry.method, arguments: entry.args, commands: entry.commands }, null, 2),
    ),
    copy("Copy as Python", () => toPython(`analytics.${entry.method}`, entry.args)),
    said,
  );
}

/** @param {string} text */
async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Characters of a value that are shown. */
const LONGEST = 160;
/** Characters of a value that Heap keeps. */
const KEPT = 1024;
const TOO_LONG = "Heap keeps 1,024 characters";

/** A dotted name that breaks after its dots where it must. @param {string} name */
const breakable = (name) => name.split(/(?<=\.)/).flatMap((part) => [part, h("wbr")]);

/** @param {unknown} value */
const tooLong = (value) => typeof value === "string" && value.length > KEPT;

/** @param {string} text */
const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)} … (${text.length - LONGEST} more characters)` : text);
