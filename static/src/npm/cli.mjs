#!/usr/bin/env node
// `npx heap-web copy public/`: puts what a site serves into one of its folders, and nothing of another version beside it.
import { cpSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { files, FOLDER, manifest, PACKAGE } from "./files.mjs";

const USAGE = `Usage:
  heap-web copy <folder>   puts what a site serves into <folder>/${FOLDER}/; <folder> is what your site serves as it is, like public
  heap-web --version`;

/** @param {string} message @returns {never} */
function stop(message) {
  console.error(message);
  process.exit(2);
}

/** @param {string} folder */
function copy(folder) {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    stop(`heap-web: ${folder} is no folder. Pass the one whose files your site serves as they are, like public.`);
  const target = join(folder, FOLDER);
  // A runtime of another version is of no use to the script of this one.
  rmSync(join(target, "runtime"), { recursive: true, force: true });
  for (const name of files()) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    cpSync(join(PACKAGE, name), join(target, name));
  }
  console.log(`heap-web ${manifest.version} is in ${target}. Run this again after each update of the package.`);
  console.log(`In a page:    <script src="/${FOLDER}/heap-web.js" data-app-id="…"></script>`);
  console.log(`In a bundle:  load({ appId: "…", runtime: \`\${location.origin}/${FOLDER}/\${runtime}\` })`);
}

const [command, folder, ...more] = process.argv.slice(2);
if (command === "--version") console.log(manifest.version);
else if (command === "--help" || command === "-h") console.log(USAGE);
else if (command === "copy" && folder && !more.length) copy(folder);
else stop(USAGE);
