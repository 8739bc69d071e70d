/** trackLink and trackForm: the call is made as the visitor clicks or submits, and the page is left when Heap has it, or a moment later. */

import { attempt, each, hrefOfLink, isNode, listen, location, submit } from "../natives.js";
import { guard } from "../events.js";

/** @typedef {(event: unknown, properties: unknown, options: object, callback: () => void) => unknown} Track */

/** Each element of what was given: one, an array, a NodeList, jQuery's. @param {any} given @param {(element: any) => void} visit */
const eachElement = (given, visit) => (isNode(given) || given === null || given === undefined ? given && visit(given) : each(given, (one) => isNode(one) && visit(one)));

/** What the page gave for an element: a value, or a function of it. @param {any} given @param {any} element @returns {any} */
function valueFor(given, element) {
  if (typeof given !== "function") return given;
  let value;
  guard(() => (value = given(element)), []);
  return value;
}

/** @param {Track} track @param {unknown} links @param {unknown} name the event's, or a function of the link @param {unknown} [properties] likewise */
export const trackLink = (track, links, name, properties) =>
  eachElement(links, (link) =>
    listen(link, "click", (event) => {
      const href = attempt(() => hrefOfLink(link));
      const { button, metaKey, ctrlKey, shiftKey, altKey, defaultPrevented } = event;
      const leaves = href && !defaultPrevented && !button && !(metaKey || ctrlKey || shiftKey || altKey) && link.target !== "_blank";
      if (leaves) event.preventDefault();
      track(valueFor(name, link), valueFor(properties, link) ?? {}, {}, () => {
        if (leaves) location().href = href;
      });
    }),
  );

/** @param {Track} track @param {unknown} forms @param {unknown} name the event's, or a function of the form @param {unknown} [properties] likewise */
export const trackForm = (track, forms, name, properties) =>
  eachElement(forms, (form) =>
    listen(form, "submit", (event) => {
      // A form that the page sends by itself stays here.
      const leaves = !event.defaultPrevented;
      const { submitter } = event;
      if (leaves) event.preventDefault();
      track(valueFor(name, form), valueFor(properties, form) ?? {}, {}, () => {
        if (leaves) submit(form, submitter);
      });
    }),
  );
