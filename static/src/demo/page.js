// What every part of the demo asks of the page it is on: analytics, the shelf, money, storage, a word to the visitor.

/**
 * @typedef {{
 *   product_id: string, sku: string, name: string, category: string, variant: string,
 *   price: number, brand: string, currency: string,
 * }} Product
 * @typedef {{status: "delivered" | "kept" | "dropped", commands: unknown[][], reason?: string}} Outcome
 * @typedef {{
 *   runtime: string, heap: string, mode: string | null, progress: number, bootMs: number | null, waiting: number,
 * }} State
 * @typedef {{
 *   identify(...args: unknown[]): Promise<Outcome>,
 *   track(...args: unknown[]): Promise<Outcome>,
 *   page(...args: unknown[]): Promise<Outcome>,
 *   reset(): Promise<Outcome>,
 *   on(name: string, listener: (event: any) => void): unknown,
 *   user(): {id(): unknown, traits(): Record<string, unknown>, anonymousId(): unknown},
 *   state: State,
 * }} Analytics
 */

/** window.analytics, or null on the control page and where heap-web.js could not be loaded. */
export function analytics() {
  const found = /** @type {{analytics?: Analytics}} */ (/** @type {unknown} */ (window)).analytics;
  return found && typeof found.track === "function" ? found : null;
}

/** @type {Record<string, Product>} */
export const shelf = JSON.parse(element("shelf").textContent ?? "{}");

const euros = new Intl.NumberFormat("en-IE", { style: "currency", currency: "EUR" });

/** @param {number} amount */
export const money = (amount) => euros.format(amount);

/**
 * The element of that id, which the page must have.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`this page has no #${id}`);
  return found;
}

/**
 * A new element with attributes and children; strings become text.
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function make(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * A value kept in this browser under `jello-peanut:<name>`; `otherwise` where storage is denied or holds no JSON.
 * @template T
 * @param {string} name
 * @param {T} otherwise
 * @returns {T}
 */
export function recall(name, otherwise) {
  try {
    const text = localStorage.getItem(`jello-peanut:${name}`);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** @param {string} name @param {unknown} value */
export function keep(name, value) {
  try {
    localStorage.setItem(`jello-peanut:${name}`, JSON.stringify(value));
  } catch {
    // storage is denied: the shop forgets, and goes on
  }
}

let hushed = 0;

/** Says something to the visitor for a moment, to eyes and to screen readers. @param {string} text */
export function say(text) {
  const toast = element("said");
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(hushed);
  hushed = window.setTimeout(() => toast.classList.remove("shown"), 2600);
}
