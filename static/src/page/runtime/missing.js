/** Why the runtime did not start, where its folder can tell: it is not there, or it is another version's. */

import { fetch, part, resolve, startsWith } from "../natives.js";

const COPY = "; npm: npx heap-web copy public";

/** What a request gives; null where it fails. @param {string} url @returns {Promise<Response | null>} */
async function answer(url) {
  try {
    return await fetch(url);
  } catch {
    return null;
  }
}

/** What was built, by the manifest beside the runtime; null where there is none. @param {string} base @returns {Promise<{version: string, runtime: string} | null>} */
async function manifestAt(base) {
  const found = await answer(resolve("../../manifest.json", base));
  try {
    return found && found.ok ? await found.json() : null;
  } catch {
    return null;
  }
}

/** What the developer has to put right; "" if the folder is there, or cannot be asked. @param {string} base URL of the runtime's folder */
export async function whatIsMissing(base) {
  const url = `${base}worker.js`;
  const found = await answer(url);
  if (!found) return "";
  // Servers of single-page apps give their page for whatever they do not have.
  const page = startsWith(found.headers.get("content-type") || "", "text/html");
  if (found.ok && !page) return "";
  const fault = `${url} ${page && found.ok ? "is an HTML page" : `was not found (${found.status})`}: `;
  const other = await manifestAt(base);
  if (other && other.runtime && part(base, -other.runtime.length) !== other.runtime)
    return `${fault}the files there are of heap-web ${other.version}, this script is of another build, ${__VERSION__}: put all files of one build there${COPY}`;
  return `${fault}put the folder runtime of heap-web ${__VERSION__} beside heap-web.js, or set "runtime" to its URL${COPY}`;
}
