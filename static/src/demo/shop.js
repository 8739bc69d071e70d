// The shop itself: what each of its pages shows and which of Segment's e-commerce events its actions make.
import * as cart from "./cart.js";
import { analytics, element, keep, make, money, recall, say, shelf } from "./page.js";

/** @typedef {{name: string, email: string, taste: string}} Account */

const track = (/** @type {string} */ event, /** @type {object} */ properties) => analytics()?.track(event, properties);

/** @param {HTMLElement} from */
const listOf = (from) => from.closest("[data-list]")?.getAttribute("data-list") ?? "shelf";

/** The counter beside the cart and the name beside the door. */
export function showHeader() {
  const many = cart.count();
  const badge = element("cart-count");
  badge.textContent = String(many);
  badge.hidden = many === 0;
  const account = recall("account", /** @type {Account | null} */ (null));
  element("account-name").textContent = account?.name ?? "Sign in";
}

/** A product in a few words, nested in an event. @param {string} id */
const brief = (id) => ({ id, name: shelf[id].name, price: shelf[id].price });

/** Puts products into the cart. @param {string} id @param {number} quantity */
function add(id, quantity) {
  cart.put(id, cart.quantityOf(id) + quantity);
  track("Product Added", { product: brief(id), quantity, cart: cart.summary(), added_at: new Date() });
  showHeader();
  say(`${shelf[id].name} is in your cart`);
}

/** Clicks on cards and on their buttons, on whichever page they stand. */
export function listenToShelf() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = /** @type {HTMLElement | null} */ (target.closest("[data-add]"));
    if (button?.dataset.add) add(button.dataset.add, 1);
    const link = /** @type {HTMLElement | null} */ (target.closest("a[data-track]"));
    if (link?.dataset.track && link.dataset.product) {
      // The browser leaves this page in the same moment: the call must not need the page any more.
      const id = link.dataset.product;
      track(link.dataset.track, {
        ...shelf[id],
        position: Number(link.dataset.position),
        list_id: listOf(link),
        url: cart.urlOf(id),
      });
    }
  });
}

export function showProducts() {
  const cards = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".card")]);
  /** @param {string} kind */
  const view = (kind) => {
    for (const card of cards)
      card.hidden = kind !== "" && card.dataset.category !== kind && card.dataset.category !== "Both";
    const shown = cards.filter((card) => !card.hidden).map((card) => card.dataset.product ?? "");
    track("Product List Viewed", {
      list_id: "shelf",
      category: kind || "Everything",
      products: shown.map((id, place) => ({ product_id: id, position: place + 1 })),
    });
  };
  const chips = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-show]")]);
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      for (const each of chips) each.setAttribute("aria-pressed", String(each === chip));
      view(chip.dataset.show ?? "");
    });
  }
  view("");
}

/** @param {string} id */
export function showProduct(id) {
  track("Product Viewed", { ...shelf[id], url: cart.urlOf(id) });
  const form = /** @type {HTMLFormElement} */ (document.querySelector("form[data-buy]"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    add(id, Number(new FormData(form).get("quantity")));
  });
}

export function showCart() {
  track("Cart Viewed", { cart_id: cartId(), value: cart.total(), currency: "EUR", products: cart.products() });
  const list = element("cart-lines");
  const template = /** @type {HTMLTemplateElement} */ (element("cart-line"));

  /** @param {string} id @param {number} quantity */
  const change = (id, quantity) => {
    const before = cart.quantityOf(id);
    cart.put(id, quantity);
    const product = { product: brief(id), cart: { id: cartId(), ...cart.summary() } };
    if (quantity > before) track("Product Added", { ...product, quantity: quantity - before, added_at: new Date() });
    else track("Product Removed", { ...product, quantity: before - quantity });
    show();
  };

  /** @param {cart.Line} line */
  const row = (line) => {
    const product = shelf[line.id];
    const made = /** @type {HTMLElement} */ (
      /** @type {DocumentFragment} */ (template.content.cloneNode(true)).firstElementChild
    );
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (made.querySelector(selector));
    const picture = /** @type {HTMLTemplateElement} */ (element(`picture-${line.id}`));
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (made.querySelectorAll("a")))
      link.href = `/products/${line.id}`;
    const pictureLink = find(".line-picture");
    pictureLink.setAttribute("tabindex", "-1");
    pictureLink.setAttribute("aria-hidden", "true");
    pictureLink.append(picture.content.cloneNode(true));
    find(".line-name").textContent = product.name;
    find(".line-price").textContent = `${money(product.price)} each`;
    find("output").textContent = String(line.quantity);
    for (const step of /** @type {NodeListOf<HTMLElement>} */ (made.querySelectorAll("[data-step]"))) {
      const by = Number(step.dataset.step);
      step.setAttribute("aria-label", `${by < 0 ? "One less" : "One more"} of ${product.name}`);
      step.addEventListener("click", () => {
        change(line.id, line.quantity + by);
        refocus(line.id, `[data-step="${by}"]`);
      });
    }
    const bin = find(".bin");
    bin.setAttribute("aria-label", `Take ${product.name} out of the cart`);
    bin.addEventListener("click", () => {
      change(line.id, 0);
      say(`${product.name} is no longer in your cart`);
      element("main").focus();
    });
    made.dataset.id = line.id;
    return made;
  };

  /**
   * The list was made anew: the button that was pressed has its focus again.
   * @param {string} id @param {string} selector
   */
  const refocus = (id, selector) => {
    const button = /** @type {HTMLElement | null} */ (list.querySelector(`[data-id="${id}"] ${selector}`));
    (button ?? element("main")).focus();
  };

  const show = () => {
    const now = cart.lines();
    list.replaceChildren(...now.map(row));
    element("cart-total").textContent = money(cart.total());
    element("cart-empty").hidden = now.length > 0;
    element("cart-full").hidden = now.length === 0;
    showHeader();
  };
  show();
}

/** One id for a cart from its first look to its order. */
function cartId() {
  const known = recall("cart-id", "");
  if (known) return known;
  const made = `cart-${Math.random().toString(36).slice(2, 8)}`;
  keep("cart-id", made);
  return made;
}

export function showCheckout() {
  const form = /** @type {HTMLFormElement} */ (element("checkout"));
  const full = cart.count() > 0;
  form.hidden = !full;
  element("checkout-empty").hidden = full;
  if (!full) return;
  const account = recall("account", /** @type {Account | null} */ (null));
  if (account) /** @type {HTMLInputElement} */ (element("name")).value = account.name;
  element("checkout-lines").replaceChildren(
    ...cart.lines().map((line) => {
      const product = shelf[line.id];
      return make(
        "li",
        {},
        make("span", {}, `${line.quantity} × ${product.name}`),
        make("span", { class: "price" }, money(product.price * line.quantity)),
      );
    }),
  );
  const shipping = () =>
    Number(/** @type {HTMLElement} */ (form.querySelector("input[name=shipping]:checked")).dataset.cost);
  const showTotal = () => {
    element("checkout-total").textContent = money(cart.cents(cart.total() + shipping()));
  };
  form.addEventListener("change", showTotal);
  showTotal();
  const order = `JP-${Date.now().toString(36).toUpperCase()}`;
  const said = () => ({ order_id: order, affiliation: "Jello & Peanut", currency: "EUR", products: cart.products() });
  track("Checkout Started", { ...said(), value: cart.total(), revenue: cart.total() });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form);
    track("Order Completed", {
      ...said(),
      total: cart.cents(cart.total() + shipping()),
      revenue: cart.total(),
      shipping: shipping(),
      shipping_method: String(data.get("shipping")),
      coupon: String(data.get("coupon")) || null,
      ordered_at: new Date(),
    });
    keep("order", order);
    keep("cart-id", "");
    cart.empty();
    location.assign("/thanks"); // at once: nothing waits for the call
  });
}

export function showThanks() {
  element("order-number").textContent = recall("order", "JP-1");
}

export function showAccount() {
  const form = /** @type {HTMLFormElement} */ (element("sign-in"));
  const show = () => {
    const account = recall("account", /** @type {Account | null} */ (null));
    form.hidden = account !== null;
    element("signed-in").hidden = account === null;
    element("hello").textContent = account?.name ?? "";
    const user = analytics()?.user();
    const known = user && account ? { id: user.id(), ...user.traits() } : {};
    element("traits").replaceChildren(
      ...Object.entries(known).map(([name, value]) =>
        make(
          "div",
          {},
          make("dt", {}, name),
          make("dd", {}, typeof value === "string" ? value : (JSON.stringify(value) ?? "")),
        ),
      ),
    );
    showHeader();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const account = {
      name: String(data.get("name")),
      email: String(data.get("email")),
      taste: String(data.get("taste")),
    };
    keep("account", account);
    const id = account.email.toLowerCase();
    const identified = analytics()?.identify(id, {
      name: account.name,
      email: account.email,
      signedInAt: new Date(),
      likes: { taste: account.taste, spoons: [1, 2, 3] },
    });
    track("Signed In", { method: "a name and nothing else" });
    show();
    identified?.then(show); // what analytics knows is known once Python has read the call
    element("sign-out").focus();
    say(`Hello, ${account.name}`);
  });
  element("sign-out").addEventListener("click", () => {
    track("Signed Out", {});
    analytics()?.reset();
    keep("account", null);
    show();
    element("who").focus();
    say("You are signed out");
  });
  show();
}
