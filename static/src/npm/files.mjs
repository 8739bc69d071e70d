// What of the package a site serves, and where it lies.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's own folder. */
export const PACKAGE = fileURLToPath(new URL(".", import.meta.url));

/** The folder below a site's root that they are served from, if nothing else is said. */
export const FOLDER = "heap-web";

/** @type {{version: string, runtime: string}} */
export const manifest = JSON.parse(readFileSync(join(PACKAGE, "manifest.json"), "utf8"));

const BESIDE = ["heap-web.js", "heap-web.mjs", "inspector.js", "manifest.json", "LICENSE", "THIRD-PARTY.txt"];

/** The names of the files, relative to the package's folder. */
export const files = () => [...BESIDE, ...readdirSync(join(PACKAGE, manifest.runtime)).map((name) => manifest.runtime + name)];

/** @param {string} name */
export const read = (name) => readFileSync(join(PACKAGE, name));

/** @type {Record<string, string>} */
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".json": "application/json", ".txt": "text/plain" };

/** @param {string} name */
export const mediaType = (name) => TYPES[extname(name)] || "application/octet-stream";
