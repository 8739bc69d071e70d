// A button on every block of code that copies it, and says whether it did.

const SHOWN_MS = 1600;

export function addCopyButtons() {
  for (const block of document.querySelectorAll("figure.code")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      button.textContent = (await copy(block.querySelector("pre")?.innerText ?? "")) ? "Copied" : "Not allowed";
      setTimeout(() => (button.textContent = "Copy"), SHOWN_MS);
    });
    block.querySelector("figcaption")?.append(button);
  }
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text.replace(/\n$/, ""));
    return true;
  } catch {
    return false;
  }
}
