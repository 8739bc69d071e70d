/**
 * The page may be anything: outside natives.js, the page's half names no global and calls no built-in method by its name.
 * Run with files or folders; prints what it finds, and fails if that is anything.
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "acorn";

/** What the build writes in. */
const BAKED = /^__[A-Z]+__$/;
const GLOBALS = new Set(["undefined", "arguments"]);

const prototypes = [String, Array, RegExp, Promise, Date, Number, Function].map((one) => one.prototype);
/** Names of methods that a page may have replaced on built-in prototypes. */
const METHODS = new Set([
  ...prototypes.flatMap((prototype) => Object.getOwnPropertyNames(prototype)),
  ...["hasOwnProperty", "addEventListener", "removeEventListener", "getItem", "setItem", "removeItem"],
  ...["createElement", "appendChild", "insertBefore", "getElementsByTagName", "getElementById", "querySelector", "querySelectorAll"],
  ...["request"],
]);
// What values are asked for by their own rules.
const LEGACY = ["strike", "link", "big", "small", "bold", "sub", "sup", "anchor", "fixed", "blink", "italics"];
for (const name of ["constructor", "valueOf", "toString", ...LEGACY]) METHODS.delete(name);

/** @typedef {{line: number, what: string}} Finding */

/** What a pattern binds. @param {any} pattern @returns {string[]} */
function names(pattern) {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((/** @type {any} */ one) => names(one.value ?? one.argument));
    case "ArrayPattern":
      return pattern.elements.flatMap(names);
    case "AssignmentPattern":
      return names(pattern.left);
    case "RestElement":
      return names(pattern.argument);
  }
  return [];
}

const isNode = (/** @type {any} */ value) => value && typeof value.type === "string";

/** @param {any} node @returns {any[]} */
const children = (node) => Object.values(node).flat().filter(isNode);

/** What a statement declares where it stands. @param {any} node @returns {string[]} */
function declared(node) {
  switch (node?.type) {
    case "ImportDeclaration":
      return node.specifiers.map((/** @type {any} */ one) => one.local.name);
    case "ExportNamedDeclaration":
      return declared(node.declaration);
    case "VariableDeclaration":
      return node.declarations.flatMap((/** @type {any} */ one) => names(one.id));
    case "FunctionDeclaration":
    case "ClassDeclaration":
      return node.id ? [node.id.name] : [];
  }
  return [];
}

/** What a node is a scope of. @param {any} node @returns {string[]} */
function scopeOf(node) {
  if (/Function/.test(node.type)) return [node.id, ...node.params].flatMap(names);
  switch (node.type) {
    case "Program":
    case "BlockStatement":
      return node.body.flatMap(declared);
    case "SwitchStatement":
      return node.cases.flatMap((/** @type {any} */ one) => one.consequent.flatMap(declared));
    case "CatchClause":
      return names(node.param);
    case "ForStatement":
      return declared(node.init);
    case "ForInStatement":
    case "ForOfStatement":
      return declared(node.left);
    case "ClassExpression":
      return names(node.id);
  }
  return [];
}

/** @param {string} source of a module @returns {Finding[]} */
export function lint(source) {
  /** @type {Finding[]} */
  const findings = [];
  const found = (/** @type {any} */ node, /** @type {string} */ what) => findings.push({ line: node.loc.start.line, what });

  /** @param {any} node @param {Set<string>} known @returns {void} */
  const visit = (node, known) => {
    switch (node.type) {
      case "Identifier":
        if (!known.has(node.name) && !GLOBALS.has(node.name) && !BAKED.test(node.name)) found(node, `the global ${node.name}`);
        return;
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "MetaProperty":
        return;
      case "ExportNamedDeclaration":
        return node.declaration && visit(node.declaration, known);
      case "VariableDeclaration":
        if (node.kind === "var") found(node, "var: const or let");
        break;
      case "MemberExpression":
        visit(node.object, known);
        if (node.computed) visit(node.property, known);
        return;
      case "CallExpression": {
        const { callee } = node;
        const method = callee.type === "MemberExpression" && !callee.computed ? callee.property.name : "";
        if (METHODS.has(method)) found(callee.property, `the method .${method}()`);
        break;
      }
      case "Property":
        if (node.computed) visit(node.key, known);
        return visit(node.value, known);
      case "LabeledStatement":
        return visit(node.body, known);
      case "SpreadElement":
      case "ForOfStatement":
      case "ArrayPattern":
        if (!node.ofObject) found(node, `${node.type}: the page may have replaced the iterator of arrays`);
        break;
      case "ObjectExpression":
        for (const one of node.properties) one.ofObject = true;
        break;
    }
    const inner = new Set([...known, ...scopeOf(node)]);
    for (const child of children(node)) visit(child, inner);
  };

  visit(parse(source, { ecmaVersion: "latest", sourceType: "module", locations: true }), new Set());
  return findings;
}

/** @param {string} path @returns {string[]} */
function files(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => files(join(path, name)));
}

/** natives.js and its folder are where globals are found. @param {string} path */
const isLinted = (path) => path.endsWith(".js") && !/[\\/]natives([\\/]|\.js$)/.test(path);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const linted = process.argv.slice(2).flatMap(files).filter(isLinted);
  const all = linted.flatMap((path) =>
    lint(readFileSync(path, "utf8")).map(({ line, what }) => `${relative("", path)}:${line}: ${what}: import it from natives.js`),
  );
  for (const line of all) console.log(line);
  console.log(`${linted.length} files, ${all.length} found`);
  process.exitCode = all.length || !linted.length ? 1 : 0;
}
