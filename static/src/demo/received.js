// "What Heap received": the server's list, told anew whenever it changes; searched and cleared here.
import { element, make } from "./page.js";

/**
 * @typedef {{
 *   id: number, at: string, path: string, method: string, arguments: unknown[], refused: string | null,
 * }} Received
 */

const SHOWN = 200;

export function showReceived() {
  const list = document.getElementById("received");
  if (!list) return; // a real Heap receives the calls
  /** @type {Received[]} */
  let all = [];
  let kind = "";
  const find = /** @type {HTMLInputElement} */ (element("find"));
  const chips = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-method]")]);

  const show = () => {
    const sought = find.value.trim().toLowerCase();
    const wanted = all.filter(
      (call) =>
        (kind === "" || (kind === "refused" ? call.refused !== null : call.method === kind && call.refused === null)) &&
        (sought === "" || textOf(call).includes(sought)),
    );
    list.replaceChildren(...wanted.slice(-SHOWN).reverse().map(item));
    element("nothing").hidden = all.length > 0;
    const refused = all.filter((call) => call.refused !== null).length;
    const part = wanted.length === all.length ? "" : `${wanted.length} of `;
    element("live-text").textContent = `${part}${all.length} received${refused ? `, ${refused} refused` : ""}`;
  };
  const load = async () => {
    const answer = await fetch("/received.json", { cache: "no-store" });
    all = (await answer.json()).received;
    show();
  };

  find.addEventListener("input", show);
  element("filters").addEventListener("submit", (event) => event.preventDefault());
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      kind = chip.dataset.method ?? "";
      for (const each of chips) each.setAttribute("aria-pressed", String(each === chip));
      show();
    });
  }
  element("clear").addEventListener("click", async () => {
    await fetch("/received.json", { method: "DELETE" });
    find.focus();
  });
  listen(load);
}

/** Calls `load` now and at every change on the server, while the page is seen. @param {() => Promise<void>} load */
function listen(load) {
  const lamp = element("live-lamp");
  /** @type {EventSource | null} */
  let source = null;
  let running = false;
  let again = false;
  const told = async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await load().catch(() => lamp.classList.remove("on"));
    }
    running = false;
  };
  const open = () => {
    if (source || document.visibilityState === "hidden") return;
    source = new EventSource("/received/changes");
    source.addEventListener("open", () => lamp.classList.add("on"));
    source.addEventListener("error", () => lamp.classList.remove("on"));
    source.addEventListener("message", told);
  };
  const close = () => {
    source?.close();
    source = null;
    lamp.classList.remove("on");
  };
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}

/** @param {Received} call */
const textOf = (call) =>
  `${call.method} ${flat(call)
    .map(([key, value]) => `${key}: ${quote(value)}`)
    .join(" ")} ${title(call)} ${call.path} ${call.refused ?? ""}`.toLowerCase();

/** The event's name, or who was identified. @param {Received} call */
function title(call) {
  const first = call.arguments[0];
  return typeof first === "object" || first === undefined ? "" : String(first);
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

/** @param {Received} call */
function item(call) {
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
  const when = make(
    "time",
    { class: "when", datetime: call.at },
    `${new Date(call.at).toLocaleTimeString()} · ${call.path}`,
  );
  const values = flat(call).map(([key, value]) => line(key, quote(value)));
  const made = make("li", { "data-call": String(call.id) }, head, when);
  if (values.length) made.append(make("ul", { class: "values" }, ...values));
  return made;
}

const LONG = 260;

/** One property; a long value is shown in part until it is asked for. @param {string} key @param {string} text */
function line(key, text) {
  const whole = make("span", {}, make("b", {}, `${key}: `), text);
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
