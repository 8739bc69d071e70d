// A page that runs Python: boots it, and does with it what the page's `first` says.
import { boot } from "/python.mjs";

const python = await boot();
await python.runPythonAsync(window.first);
window.python = python;
