// What the documentation's pages do beside being read: search, copying code, choosing the colours.
import { addCopyButtons } from "./copy.js";
import { prepareSearch } from "./search.js";
import { prepareTheme } from "./theme.js";

prepareTheme();
addCopyButtons();
prepareSearch();
// On a phone the contents lie over the page: they close once a link in them was followed to where one is already.
document.getElementById("contents")?.addEventListener("click", (event) => {
  const contents = /** @type {HTMLElement} */ (event.currentTarget);
  const link = /** @type {Element} */ (event.target).closest("a");
  if (link && contents.matches(":popover-open")) contents.hidePopover();
});
