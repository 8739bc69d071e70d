// The demo's start: says which page this is, then runs what that page needs.
import { showHome } from "./src/demo/home.js";
import { analytics } from "./src/demo/page.js";
import { showControl } from "./src/demo/control.js";
import { showPlayground } from "./src/demo/playground.js";
import { showReceived } from "./src/demo/received.js";
import * as shop from "./src/demo/shop.js";

const { page, product } = document.body.dataset;

/** @type {Record<string, () => void>} */
const PAGES = {
  home: showHome,
  products: shop.showProducts,
  product: () => shop.showProduct(product ?? ""),
  cart: shop.showCart,
  checkout: shop.showCheckout,
  thanks: shop.showThanks,
  account: shop.showAccount,
  playground: showPlayground,
  received: showReceived,
  plain: showControl,
};

analytics()?.page("Shop", document.title);
shop.showHeader();
shop.listenToShelf();
PAGES[page ?? ""]?.();
addEventListener("pageshow", (event) => {
  if (event.persisted) shop.showHeader(); // the cart may have changed on another page meanwhile
});
