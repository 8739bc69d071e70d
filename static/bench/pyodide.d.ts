// What the bench uses of Pyodide's own module, by the path that the bench's server has it under.
interface Pyodide {
  unpackArchive(archive: ArrayBuffer, format: string): void;
  runPython(code: string): any;
  globals: { get(name: string): any };
}

export function loadPyodide(): Promise<Pyodide>;
