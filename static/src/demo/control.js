// The control page's buttons: window.heap called by hand, as a page without heap_web would.
import { say } from "./page.js";

export function showControl() {
  const heap = () => /** @type {{heap?: {track(...args: unknown[]): void}}} */ (/** @type {unknown} */ (window)).heap;
  /** @type {Record<string, object>} */
  const events = {
    flat: { source: "control", cheese: "american" },
    nested: { foo: { bar: { cheese: "american", prop: [1, 2, 3], products: [{ A: "Jello" }, { B: "Peanut" }] } } },
  };
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-plain]"))) {
    button.addEventListener("click", () => {
      heap()?.track("Test Event", events[button.dataset.plain ?? ""]);
      say("Sent, as it was");
    });
  }
}
