// One call as Heap received it: its name, when and where it was made, and its properties one by one.
import { make } from "./page.js";

/**
 * @typedef {{
 *   id: number, at: string, made: number, sdk: string, path: string, visitor: string, view: string, method: string,
 *   arguments: unknown[], refused: string | null,
 * }} Received
 */

/** Text that is longer is shown in part until it is asked for. */
const LONG = 260;
/** JSON text that is longer is laid out over several lines. */
const LONG_JSON = 72;

/** The event's name, or who was identified. @param {Received} call */
export function title(call) {
  const first = call.arguments[0];
  return typeof first === "object" || first === undefined ? "" : String(first);
}

/** Everything that can be searched for. @param {Received} call */
export const textOf = (call) =>
  `${call.method} ${flat(call)
    .map(([key, value]) => `${key}: ${quote(value)}`)
    .join(" ")} ${title(call)} ${call.path} ${call.refused ?? ""}`.toLowerCase();

/** @param {Received} call */
export function receivedCall(call) {
  const head = make(
    "div",
    { class: "what" },
    make("span", { class: "method" }, call.method),
    make("strong", { class: "name" }, title(call)),
  );
  if (call.refused)
    head.append(
      make("span", { class: "badge badge-refused" }, "refused"),
      make("span", { class: "hint" }, call.refused),
    );
  const when = make("time", { class: "when", datetime: call.at }, new Date(call.made).toLocaleTimeString());
  const made = make("li", { "data-call": String(call.id) }, head, when);
  const values = flat(call).map(([key, value]) => property(key, value));
  if (values.length) made.append(make("ul", { class: "values" }, ...values));
  return made;
}

/** @param {Received} call @returns {[string, unknown][]} */
function flat(call) {
  const last = call.arguments.at(-1);
  return typeof last === "object" && last !== null ? Object.entries(last) : [];
}

/** A value as one reads it in code: text in single quotes. @param {unknown} value */
function quote(value) {
  if (typeof value === "string")
    return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param {string} key @param {unknown} value */
function property(key, value) {
  const name = make("b", {}, `${key}: `);
  const json = laidOut(value);
  if (json !== null)
    return make("li", { class: "long" }, name, make("span", { class: "hint" }, "JSON text"), make("pre", {}, json));
  const text = quote(value);
  const whole = make("span", {}, name, text);
  if (text.length <= LONG) return make("li", {}, whole);
  const more = make("button", { type: "button", class: "more", "aria-expanded": "false" }, "Show all of it");
  const made = make("li", { class: "long" }, whole, more);
  more.addEventListener("click", () => {
    const open = made.classList.toggle("whole");
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? "Show less" : "Show all of it";
  });
  return made;
}

/** Long JSON over several lines, one item a line; null for anything else. @param {unknown} value */
function laidOut(value) {
  if (typeof value !== "string" || value.length <= LONG_JSON || !/^[[{]/.test(value)) return null;
  try {
    const items = JSON.parse(value);
    if (!Array.isArray(items)) return JSON.stringify(items, null, 2);
    return `[\n${items.map((item) => `  ${JSON.stringify(item)}`).join(",\n")}\n]`;
  } catch {
    return null; // it only looks like JSON, or was cut
  }
}
