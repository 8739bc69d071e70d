// The search: an index of the documentation's headings that is fetched when it is first asked for. No service is needed.
import MiniSearch from "../../node_modules/minisearch/dist/es/index.js";

/** @typedef {{id: number, page: string, title: string, file: string, text: string}} Entry one heading and its text */

const MOST = 12;
const AROUND = 60; // characters shown before what was found
const SHOWN = 170;
const root = document.body.dataset.root ?? "";

/** @type {Promise<MiniSearch<Entry>> | null} */
let loading = null;

export function prepareSearch() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("search"));
  const open = /** @type {HTMLButtonElement} */ (document.getElementById("open-search"));
  const field = /** @type {HTMLInputElement} */ (document.getElementById("sought"));
  const list = /** @type {HTMLElement} */ (document.getElementById("found"));
  const words = /** @type {HTMLElement} */ (document.getElementById("found-words"));
  let chosen = 0;

  const show = () => {
    if (dialog.open) return;
    dialog.showModal();
    field.select();
    void find();
  };

  /** @param {number} place */
  const choose = (place) => {
    const rows = [...list.children];
    chosen = Math.max(0, Math.min(place, rows.length - 1));
    rows.forEach((row, number) => row.setAttribute("aria-selected", String(number === chosen)));
    field.setAttribute("aria-activedescendant", rows[chosen]?.id ?? "");
    rows[chosen]?.scrollIntoView({ block: "nearest" });
  };

  const find = async () => {
    const sought = field.value.trim();
    try {
      const index = await (loading ??= load());
      if (field.value.trim() !== sought) return; // more was typed meanwhile
      const found = sought === "" ? [] : index.search(sought).slice(0, MOST);
      const terms = [...new Set(found.flatMap((each) => each.terms))];
      list.replaceChildren(...found.map((each, number) => row(/** @type {any} */ (each), terms, number)));
      words.textContent =
        sought === "" ? "Type what you look for: a setting, a method, a symptom." : found.length === 0 ? "Nothing found." : "";
      field.setAttribute("aria-expanded", String(found.length > 0));
      choose(0);
    } catch {
      loading = null; // the next key tries again
      words.textContent = "The index could not be loaded.";
    }
  };

  open.addEventListener("click", show);
  open.hidden = false;
  addEventListener("keydown", (event) => {
    const typing = /** @type {Element} */ (event.target).closest?.("input, textarea, select, [contenteditable]");
    const asked = (event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey));
    if (!asked || event.altKey) return;
    event.preventDefault();
    show();
  });
  field.addEventListener("input", find);
  field.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (steps) choose(chosen + steps);
    else if (event.key === "Enter") /** @type {HTMLElement | null} */ (list.children[chosen]?.querySelector("a"))?.click();
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("a")) dialog.close();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
}

/** @returns {Promise<MiniSearch<Entry>>} */
async function load() {
  const response = await fetch(`${root}search.json`);
  if (!response.ok) throw new Error(`search.json: ${response.status}`);
  const index = new MiniSearch({
    fields: ["title", "page", "text"],
    storeFields: ["page", "title", "file", "text"],
    // "data-app-id" and "heap.track" are found as they are written, and by each of their words.
    tokenize: (text) => text.split(/[^\p{L}\p{N}_.$-]+/u).flatMap((word) => [word, ...word.split(/[.$-]+/)]),
    searchOptions: {
      boost: { title: 4, page: 2 },
      prefix: true,
      fuzzy: (term) => (term.length > 4 ? 0.2 : false),
      combineWith: "AND",
    },
  });
  index.addAll(await response.json());
  return index;
}

/** @param {Entry} entry @param {string[]} terms @param {number} number */
function row({ page, title, file, text }, terms, number) {
  const item = document.createElement("li");
  item.id = `found-${number}`;
  item.setAttribute("role", "option");
  const link = document.createElement("a");
  link.href = root + file;
  link.tabIndex = -1;
  const name = document.createElement("b");
  name.append(...marked(title, terms));
  link.append(name);
  if (title !== page) {
    const where = document.createElement("small");
    where.textContent = page;
    link.append(where);
  }
  const shown = document.createElement("span");
  shown.append(...marked(excerpt(text, terms), terms));
  link.append(shown);
  item.append(link);
  return item;
}

/** The part of a text around the first of the terms. @param {string} text @param {string[]} terms */
function excerpt(text, terms) {
  const low = text.toLowerCase();
  const places = terms.map((term) => low.indexOf(term.toLowerCase())).filter((place) => place >= 0);
  const first = Math.max(0, Math.min(...(places.length ? places : [0])) - AROUND);
  const start = first === 0 ? 0 : text.indexOf(" ", first) + 1;
  const cut = text.slice(start, start + SHOWN);
  return `${start > 0 ? "… " : ""}${cut}${start + SHOWN < text.length ? " …" : ""}`;
}

/** The text in pieces, the terms in it marked. @param {string} text @param {string[]} terms */
function marked(text, terms) {
  const known = terms.filter((term) => term.length > 1).sort((a, b) => b.length - a.length);
  if (known.length === 0) return [text];
  const pattern = new RegExp(`(${known.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`, "iu");
  return text.split(pattern).map((piece, place) => {
    if (place % 2 === 0) return piece;
    const mark = document.createElement("mark");
    mark.textContent = piece;
    return mark;
  });
}
