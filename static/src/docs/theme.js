// The button that changes between light and dark, and remembers which; paint.js sets it before the page is painted.

const KEPT = "heap-web-docs:theme";
const SUN =
  "M10 6.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7M10 2v1.500M10 16.500V18M2 10h1.500M16.500 10H18M4.300 4.300l1.100 1.100M14.600 14.600l1.100 1.100M4.300 15.700l1.100-1.100M14.600 5.400l1.100-1.100";
const MOON = "M16.500 11.700A6.800 6.800 0 0 1 8.300 3.500a6.800 6.800 0 1 0 8.200 8.200Z";

export function prepareTheme() {
  const button = document.getElementById("theme");
  if (!button) return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const now = () => document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  const show = () => {
    const other = now() === "dark" ? "light" : "dark";
    button.setAttribute("aria-label", `Show in ${other} colours`);
    button.title = `Show in ${other} colours`;
    button.replaceChildren(picture(other === "light" ? SUN : MOON));
  };
  button.addEventListener("click", () => {
    const other = now() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = other;
    try {
      localStorage.setItem(KEPT, other);
    } catch {
      // storage is denied: the choice lasts as long as the page
    }
    show();
  });
  dark.addEventListener("change", show);
  show();
  button.hidden = false;
}

/** @param {string} path */
function picture(path) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("viewBox", "0 0 20 20");
  made.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  made.append(line);
  return made;
}
