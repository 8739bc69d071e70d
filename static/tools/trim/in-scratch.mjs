// A folder for files that nobody needs later.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * @template T
 * @param {(path: (name: string) => string) => T | Promise<T>} work is given what makes a path in the folder
 * @returns {Promise<T>}
 */
export async function inScratch(work) {
  const folder = mkdtempSync(join(tmpdir(), "heap-web-"));
  try {
    return await work((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
