// The inspector: a panel on the developer's page that shows each call's way. Loaded only where it is asked for.
import { callRow } from "./call-row.js";
import { chart } from "./chart.js";
import { h, write } from "./elements.js";
import { noticeRow } from "./notice-row.js";
import { runtimeView, summary } from "./runtime-view.js";
import STYLE from "./style.css";
import { matches, Timeline } from "./timeline.js";

/**
 * @typedef {import("./runtime-view.js").State} State
 * @typedef {{on(name: string, listener: (event: any) => void): unknown, state: State}} Analytics
 * @typedef {[name: string, event: any]} Seen
 */

const EVENTS = ["call", "transformed", "settled", "error", "warning"];
const ROWS = 150;
const REMEMBERED = "heap-web:inspector";
const TABS = /** @type {const} */ (["Calls", "Runtime", "Warnings"]);
let shown = false;

/**
 * Puts the panel on the page, once. `seen` has the events from before, oldest first; whoever fills it goes on doing so.
 * @param {Analytics} analytics
 * @param {Seen[]} [seen]
 */
export default function inspect(analytics, seen) {
  if (shown) return;
  shown = true;
  const timeline = new Timeline();
  for (const [name, event] of seen?.splice(0) ?? []) timeline.take(name, event);
  const panel = build(analytics, timeline);
  const take = (/** @type {string} */ name, /** @type {unknown} */ event) => {
    if (timeline.take(name, event)) panel.changed();
  };
  if (seen) seen.push = ([name, event]) => (take(name, event), 0);
  else for (const name of EVENTS) analytics.on(name, (event) => take(name, event));
  analytics.on("state", () => panel.changed());
  if (document.body) document.body.append(panel.host);
  else addEventListener("DOMContentLoaded", () => document.body.append(panel.host), { once: true });
}

/** @param {Analytics} analytics @param {Timeline} timeline */
function build(analytics, timeline) {
  const host = h("div", { id: "heap-web-inspector" });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const remembered = recall(analytics);
  let open = remembered.open;
  let tab = remembered.tab;
  let sought = "";
  /** @type {Set<number>} */
  const opened = new Set();

  const lamp = h("span", { class: "lamp", "aria-hidden": "true" });
  const pillWords = h("span");
  const pillCount = h("span", { class: "count" });
  const pill = h(
    "button",
    { type: "button", class: "pill", "aria-expanded": "false", "aria-controls": "panel", click: () => setOpen(!open) },
    lamp,
    h("b", {}, "heap-web"),
    pillWords,
    pillCount,
  );

  const runtime = runtimeView();
  const timings = h("div");
  const list = h("ol", { class: "calls", "aria-label": "Calls, newest first", reversed: true });
  const countWords = h("p", { role: "status", class: "quiet" });
  const find = h("input", {
    type: "search",
    placeholder: "Filter by name, value or status",
    "aria-label": "Filter the calls",
    autocomplete: "off",
    input: () => ((sought = find.value.trim()), draw()),
  });
  const clear = h(
    "button",
    { type: "button", class: "small", click: () => (timeline.clear(), opened.clear(), draw(), find.focus()) },
    "Clear",
  );
  const notices = h("ul", { class: "notices" });
  const views = {
    Calls: h("div", {}, h("div", { class: "tools" }, find, clear), countWords, list),
    Runtime: h("div", {}, runtime.view, timings),
    Warnings: h("div", {}, notices),
  };
  const tabs = TABS.map((name) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${name}`,
        "aria-controls": `view-${name}`,
        click: () => setTab(name),
        keydown: moveTab,
      },
      name,
    ),
  );
  const warningCount = h("span", { class: "count" });
  tabs[2].append(warningCount);
  const panel = h(
    "section",
    { id: "panel", class: "panel", "aria-label": "heap-web inspector", hidden: !open },
    h(
      "header",
      {},
      h("h2", {}, "heap-web"),
      h(
        "button",
        { type: "button", class: "close", "aria-label": "Close the inspector", click: () => setOpen(false) },
        "×",
      ),
    ),
    h("div", { role: "tablist", "aria-label": "Inspector", class: "tabs" }, ...tabs),
    ...TABS.map((name) =>
      h(
        "div",
        { role: "tabpanel", id: `view-${name}`, class: "view", "aria-labelledby": `tab-${name}`, tabindex: 0 },
        views[name],
      ),
    ),
  );
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") setOpen(false);
  });
  root.append(panel, pill);

  /** @param {KeyboardEvent} event */
  function moveTab(event) {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const next = (TABS.indexOf(tab) + by + TABS.length) % TABS.length;
    setTab(TABS[next]);
    tabs[next].focus();
  }

  /** @param {boolean} now */
  function setOpen(now) {
    open = now;
    panel.hidden = !now;
    if (!now) pill.focus();
    else tabs[TABS.indexOf(tab)].focus();
    remember(analytics, { open, tab });
    draw();
  }

  /** @param {typeof TABS[number]} name */
  function setTab(name) {
    tab = name;
    remember(analytics, { open, tab });
    draw();
  }

  let scheduled = false;
  function changed() {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      draw();
    });
  }

  function draw() {
    const state = analytics.state;
    host.toggleAttribute("data-open", open); // a page may make room for the panel
    const { tone, words } = summary(state);
    lamp.className = `lamp ${tone}`;
    write(pillWords, words);
    write(pillCount, timeline.made ? String(timeline.made) : "");
    pill.setAttribute("aria-expanded", String(open));
    write(warningCount, timeline.notices.length ? String(timeline.notices.length) : "");
    if (!open) return;
    TABS.forEach((name, place) => {
      const chosen = name === tab;
      tabs[place].setAttribute("aria-selected", String(chosen));
      tabs[place].tabIndex = chosen ? 0 : -1;
      /** @type {HTMLElement} */ (root.getElementById(`view-${name}`)).hidden = !chosen;
    });
    if (tab === "Calls") drawCalls();
    if (tab === "Runtime") {
      runtime.show(state);
      timings.replaceChildren(h("h3", {}, "Timings"), chart(timeline.entries.values()));
    }
    if (tab === "Warnings") drawNotices();
  }

  /**
   * Rows by what they show: an entry that changes is a new value.
   * @type {WeakMap<import("./timeline.js").Entry, HTMLLIElement>}
   */
  const rows = new WeakMap();

  function drawCalls() {
    const fit = [...timeline.entries.values()].filter((entry) => matches(entry, sought));
    const made = fit.slice(-ROWS).reverse().map(rowOf);
    const focused = root.activeElement?.closest(".call")?.getAttribute("data-id");
    // Only what differs is touched, so that focus and scroll stay where they are.
    const wanted = new Set(made);
    for (const row of /** @type {HTMLLIElement[]} */ ([...list.children])) if (!wanted.has(row)) row.remove();
    made.forEach((row, place) => {
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    });
    if (focused && !root.activeElement)
      /** @type {HTMLElement | null} */ (list.querySelector(`[data-id="${focused}"] .line`))?.focus();
    const delivered = fit.filter((entry) => entry.status === "delivered").length;
    const part = fit.length === timeline.made ? "" : `${fit.length} of `;
    const many = timeline.made === 1 ? "1 call" : `${timeline.made} calls`;
    write(countWords, timeline.made === 0 ? "No call yet." : `${part}${many}, ${delivered} delivered`);
  }

  /** @param {import("./timeline.js").Entry} entry */
  function rowOf(entry) {
    const known = rows.get(entry);
    if (known) return known;
    const row = callRow(entry, opened.has(entry.id), (nowOpen) => {
      if (nowOpen) opened.add(entry.id);
      else opened.delete(entry.id);
      rows.delete(entry);
      draw();
    });
    rows.set(entry, row);
    return row;
  }

  /** @type {Map<import("./timeline.js").Notice, import("./notice-row.js").NoticeRow>} */
  const said = new Map();
  const nothing = h("li", { class: "quiet" }, "No warnings.");

  function drawNotices() {
    // Rows stay as they are, so that a link keeps the focus.
    for (const [notice, { row }] of said) if (!timeline.notices.includes(notice)) (row.remove(), said.delete(notice));
    for (const notice of timeline.notices) {
      const known = said.get(notice) ?? noticeRow(notice);
      known.again();
      if (!said.has(notice)) notices.append(known.row);
      said.set(notice, known);
    }
    if (timeline.notices.length === 0) notices.append(nothing);
    else nothing.remove();
  }

  draw();
  return { host, changed };
}

/** @typedef {{open: boolean, tab: typeof TABS[number]}} Remembered */

/** How the panel was left on the page before. @param {Analytics} analytics @returns {Remembered} */
function recall(analytics) {
  const asked = new URLSearchParams(location.search).get("heap-web") === "inspect";
  try {
    const kept = analytics.state.consent === "granted" ? JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "{}") : {};
    return { open: asked || kept.open === true, tab: TABS.find((name) => name === kept.tab) ?? "Calls" };
  } catch {
    return { open: asked, tab: "Calls" };
  }
}

/** Nothing is stored without consent, not even this. @param {Analytics} analytics @param {Remembered} now */
function remember(analytics, now) {
  try {
    if (analytics.state.consent === "granted") sessionStorage.setItem(REMEMBERED, JSON.stringify(now));
  } catch {
    // storage is denied: the panel opens as it first did
  }
}
