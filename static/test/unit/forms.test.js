/** trackLink and trackForm: the call first, then where the visitor wants to go. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { trackForm, trackLink } from "../../src/page/methods/forms.js";

const world = /** @type {any} */ (globalThis);
const { location } = world;

beforeEach(() => {
  world.location = { href: "https://site.example/page" };
  /** @type {any} */ (browser.document).baseURI = "https://site.example/shop/";
});
afterEach(() => {
  world.location = location;
});

/** An element as far as these methods ask it. @param {object} has */
function element(has) {
  /** @type {Record<string, (event: any) => void>} */
  const listeners = {};
  return {
    nodeType: 1,
    addEventListener: (/** @type {string} */ type, /** @type {(event: any) => void} */ listener) => (listeners[type] = listener),
    getAttribute: (/** @type {string} */ name) => /** @type {any} */ (has)[name] ?? null,
    ...has,
    /** @param {string} type @param {object} [event] @returns {boolean} whether the browser itself goes on */
    fire(type, event) {
      const given = { defaultPrevented: false, button: 0, preventDefault() { this.defaultPrevented = true; }, ...event }; // prettier-ignore
      listeners[type]?.(given);
      return !given.defaultPrevented;
    },
  };
}

/** A track that notes its calls, and whose callback is called by the test. */
function noting() {
  /** @type {unknown[][]} */
  const calls = [];
  /** @type {any} */
  const noted = { calls, then: () => {} };
  noted.track = (/** @type {any} */ event, /** @type {any} */ properties, /** @type {any} */ options, /** @type {() => void} */ then) => {
    calls.push([event, properties, options]);
    noted.then = then;
  };
  return noted;
}

test("a link is followed once its call is safe, to its full address", () => {
  const noted = noting();
  const link = element({ href: "item?1" });
  trackLink(noted.track, link, "Clicked", { a: 1 });
  assert.equal(link.fire("click"), false);
  assert.deepEqual(noted.calls, [["Clicked", { a: 1 }, {}]]);
  assert.equal(world.location.href, "https://site.example/page");
  noted.then();
  assert.equal(world.location.href, "https://site.example/shop/item?1");
});

/** Clicks with which the browser does something else than leave. @type {[has: object, event: object][]} */
const STAYING = [
  [{ href: "x", target: "_blank" }, {}],
  [{ href: "x" }, { metaKey: true }],
  [{ href: "x" }, { ctrlKey: true }],
  [{ href: "x" }, { shiftKey: true }],
  [{ href: "x" }, { altKey: true }],
  [{ href: "x" }, { button: 1 }],
  [{}, {}],
];

test("a click that does not leave the page is tracked and left alone", () => {
  for (const [has, event] of STAYING) {
    const noted = noting();
    const link = element(has);
    trackLink(noted.track, link, "Clicked");
    assert.equal(link.fire("click", event), true);
    noted.then();
    assert.deepEqual([noted.calls, world.location.href], [[["Clicked", {}, {}]], "https://site.example/page"]);
  }
  const noted = noting();
  const link = element({ href: "x" });
  trackLink(noted.track, link, "Clicked");
  link.fire("click", { defaultPrevented: true });
  noted.then();
  assert.equal(world.location.href, "https://site.example/page");
});

test("names and properties may be functions of the element, and one that throws costs only its own value", (context) => {
  const warn = context.mock.method(console, "warn", () => {});
  const noted = noting();
  const links = [element({ id: "a" }), element({ id: "b" })];
  trackLink(noted.track, links, (/** @type {any} */ link) => `Link ${link.id}`, () => { throw Error("mine"); }); // prettier-ignore
  for (const link of links) link.fire("click");
  assert.deepEqual(noted.calls, [["Link a", {}, {}], ["Link b", {}, {}]]); // prettier-ignore
  assert.equal(warn.mock.callCount(), 2);
});

test("whatever is no element is left out", () => {
  for (const given of [null, undefined, [], ["a", null, 7], { length: 0 }, ""]) {
    trackLink(noting().track, given, "Clicked");
    trackForm(noting().track, given, "Sent");
  }
});

test("a form is sent once its call is safe, as by the button that was pressed", () => {
  const noted = noting();
  /** @type {any[]} */
  const sent = [];
  const form = element({
    insertBefore: (/** @type {any} */ field) => sent.push(field),
    submit: () => sent.push("sent"),
  });
  trackForm(noted.track, form, "Sent", (/** @type {unknown} */ one) => ({ same: one === form }));
  assert.equal(form.fire("submit", { submitter: { name: "go", value: "now" } }), false);
  assert.deepEqual([noted.calls, sent], [[["Sent", { same: true }, {}]], []]);
  noted.then();
  assert.deepEqual(sent, [{ localName: "input", type: "hidden", name: "go", value: "now" }, "sent"]);
});

test("a form that the page sends by itself is tracked and left alone", () => {
  const noted = noting();
  const form = element({ submit: () => assert.fail("sent twice") });
  trackForm(noted.track, form, "Sent");
  form.fire("submit", { defaultPrevented: true });
  noted.then();
  assert.equal(noted.calls.length, 1);
});
