// The cart: which product and how many, kept in this browser; and the cart in the words of Segment's events.
import { keep, recall, shelf } from "./page.js";

/** @typedef {{id: string, quantity: number}} Line */

/** @returns {Line[]} */
export function lines() {
  const kept = recall("cart", /** @type {Line[]} */ ([]));
  return Array.isArray(kept) ? kept.filter((line) => line && Object.hasOwn(shelf, line.id) && line.quantity > 0) : [];
}

/** Sets how many of a product are in the cart; none takes it out. @param {string} id @param {number} quantity */
export function put(id, quantity) {
  const now = lines();
  const line = now.find((each) => each.id === id);
  if (line) line.quantity = Math.min(quantity, 99);
  else now.push({ id, quantity: Math.min(quantity, 99) });
  keep(
    "cart",
    now.filter((each) => each.quantity > 0),
  );
}

/** @param {string} id */
export const quantityOf = (id) => lines().find((line) => line.id === id)?.quantity ?? 0;

export const empty = () => keep("cart", []);

export const count = () => lines().reduce((sum, line) => sum + line.quantity, 0);

/** In the shop's currency, rounded to cents. */
export const total = () => cents(lines().reduce((sum, line) => sum + shelf[line.id].price * line.quantity, 0));

/** @param {number} amount */
export const cents = (amount) => Math.round(amount * 100) / 100;

/**
 * The cart's products as "Cart Viewed" and "Order Completed" want them: a list, nested in the event. Heap keeps 1,024
 * characters of a list, so each product is told by what the shop cannot look up later.
 */
export const products = () =>
  lines().map((line) => ({ product_id: line.id, quantity: line.quantity, price: shelf[line.id].price }));

/** The cart in short, nested in an event. */
export const summary = () => ({ total: total(), items: products() });

/** @param {string} id */
export const urlOf = (id) => new URL(`/products/${id}`, location.href).href;
