// Python in a worker: runs the code it is sent, and answers with the value's text.
import { boot } from "/python.mjs";

const booted = boot();
onmessage = async ({ data: { id, code } }) => {
  try {
    postMessage({ id, value: String(await (await booted).runPythonAsync(code)) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
};
