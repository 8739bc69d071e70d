/** What a page says whose runtime is not where it should be. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

const BASE = "https://site.example/heap-web/runtime/0123456789abcdef/";
const WORKER = `${BASE}worker.js`;
const MANIFEST = "https://site.example/heap-web/manifest.json";

/** What the site has. @type {Record<string, () => Response>} */
let files = {};
globalThis.fetch = async (/** @type {any} */ url) => (files[url] ?? (() => new Response("", { status: 404 })))();
// The page's half takes fetch as it finds it when it loads.
const { whatIsMissing } = await import("../../src/page/runtime/missing.js");

const script = () => new Response("", { headers: { "content-type": "text/javascript" } });
const page = () => new Response("<!doctype html>", { headers: { "content-type": "text/html; charset=utf-8" } });
const fails = () => {
  throw new TypeError("Failed to fetch");
};
/** @param {string} runtime */
const manifest = (runtime) => () => Response.json({ version: "9.8.7", runtime });

const CASES = [
  { has: {}, says: [`${WORKER} was not found (404): put the folder runtime of heap-web 1.2.3 beside heap-web.js`, 'set "runtime" to its URL', "npx heap-web copy"] },
  { has: { [WORKER]: page }, says: [`${WORKER} is an HTML page: put the folder`] },
  { has: { [WORKER]: page, [MANIFEST]: page }, says: [`${WORKER} is an HTML page: put the folder`] },
  { has: { [MANIFEST]: manifest("runtime/0123456789abcdef/") }, says: ["was not found (404): put the folder"] },
  { has: { [MANIFEST]: manifest("runtime/fedcba9876543210/") }, says: ["the files there are of heap-web 9.8.7, this script is of another build, 1.2.3: put all files of one build there"] },
  { has: { [MANIFEST]: fails }, says: ["was not found (404): put the folder"] },
  { has: { [WORKER]: script }, says: null },
  { has: { [WORKER]: fails }, says: null },
];

test("a missing folder is named with its URL and what to do, one of another version with both versions", async () => {
  for (const { has, says } of CASES) {
    files = /** @type {any} */ (has);
    const said = await whatIsMissing(BASE);
    if (says) for (const words of says) assert.ok(said.includes(words), `${said}\n lacks ${words}`);
    else assert.equal(said, "");
  }
});
