// "What Heap received": the server's list by visitor and page, told anew at each change; searched and cleared here.
import { listen, listing } from "./inbox.js";
import { element, make } from "./page.js";
import { receivedCall, textOf, title } from "./received-call.js";

/** @typedef {import("./received-call.js").Received} Received */
/** @typedef {{id: string, calls: Received[]}} Group the calls of one visitor or of one page, in the order in which they were made */

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
    const names = visitorNames(all);
    const visitors = groups(wanted.slice(-SHOWN), (call) => call.visitor || call.view);
    list.replaceChildren(...visitors.map((visitor) => visitorSection(visitor, names.get(visitor.id) ?? "A visitor")));
    element("nothing").hidden = all.length > 0;
    element("no-match").hidden = all.length === 0 || wanted.length > 0;
    const refused = all.filter((call) => call.refused !== null).length;
    const part = wanted.length === all.length ? "" : `${wanted.length} of `;
    element("live-text").textContent = `${part}${all.length} received${refused ? `, ${refused} refused` : ""}`;
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
  const lamp = element("live-lamp");
  listen(
    async () => {
      all = await listing();
      show();
    },
    (open) => lamp.classList.toggle("on", open),
  );
}

/**
 * The calls in groups, the one with the newest call first.
 * @param {Received[]} calls @param {(call: Received) => string} by
 * @returns {Group[]}
 */
function groups(calls, by) {
  /** @type {Map<string, Received[]>} */
  const found = new Map();
  for (const call of calls) {
    const id = by(call);
    const known = found.get(id) ?? [];
    found.delete(id);
    found.set(id, [...known, call]); // last in the map: it has the newest call
  }
  return [...found].reverse().map(([id, members]) => ({ id, calls: members }));
}

/** Who each visitor is: as last identified, else by a number. @param {Received[]} all */
function visitorNames(all) {
  /** @type {Map<string, string>} */
  const names = new Map();
  for (const call of all) {
    const id = call.visitor || call.view;
    if (call.sdk === "server") names.set(id, "From the server");
    else if (call.method === "identify") names.set(id, title(call));
    else if (!names.has(id)) names.set(id, `Visitor ${names.size + 1}, not identified`);
  }
  return names;
}

/** @param {Group} visitor @param {string} name */
function visitorSection(visitor, name) {
  const views = groups(visitor.calls, (call) => call.view);
  const many = `${visitor.calls.length} ${visitor.calls.length === 1 ? "call" : "calls"}`;
  return make(
    "section",
    { class: "visitor" },
    make("h2", {}, name, " ", make("small", {}, many)),
    ...views.map(viewSection),
  );
}

/** @param {Group} view */
function viewSection(view) {
  const { path, made } = view.calls[0];
  const time = make("time", {}, new Date(made).toLocaleTimeString());
  const list = make("ol", { class: "received", reversed: "" }, ...[...view.calls].reverse().map(receivedCall));
  return make("section", { class: "view" }, make("h3", {}, make("code", {}, path), " ", time), list);
}
