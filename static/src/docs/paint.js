// Sets the colours that the reader chose before anything is painted; without a choice the system's are shown.
(() => {
  try {
    const chosen = localStorage.getItem("heap-web-docs:theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // storage is denied: the system's colours
  }
})();
