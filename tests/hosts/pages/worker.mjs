// Pyodide in a module worker: runs the code it is sent, and answers with the value's text.
const folder = `/${location.search.slice(1)}/`;
const python = import(`${folder}pyodide.mjs`).then(({ loadPyodide }) => loadPyodide({ indexURL: folder, packages: ["micropip"] }));
onmessage = async ({ data: { id, code } }) => {
  try {
    postMessage({ id, value: String(await (await python).runPythonAsync(code)) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
};
