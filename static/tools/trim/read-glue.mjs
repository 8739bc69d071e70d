// Pyodide's glue (pyodide.asm.mjs: one function around some thousand declarations) as units that can be left out one by one.
//
// A unit has names that it gives to others and names that it uses. All that is read is spelling: every identifier counts as a use of
// the declaration of that name, every property name and every string as a use of the property of the module object of that name. So
// more may seem to be used than is, and never less.

import { parse } from "acorn";

/** @typedef {any} Node a node of the syntax tree */
/**
 * @typedef {object} Unit
 * @property {number} start
 * @property {number} end
 * @property {string[]} names what it declares; with a dot before it, a property of the module object
 * @property {string[]} uses
 * @property {boolean} root it does something as the glue starts: it stays, whoever uses it
 * @property {string} [of] the declaration that it only completes, and goes with
 * @property {{start: number, end: number, kind: string}} [list] the declaration of several variables of which it is one
 * @property {string} [text] what stands there instead of its own text
 */
/** @typedef {{start: number, end: number, names: string[], wasm: string}} Taken a statement that takes an export of the wasm */
/** @typedef {{start: number, end: number, wasm: string, uses: string[]}} Given what the wasm imports under a name */
/**
 * @typedef {object} Glue
 * @property {string} source
 * @property {Unit[]} units
 * @property {Taken[]} taken
 * @property {Taken[]} converted statements that wrap an export, and mean nothing without it
 * @property {{start: number, end: number, entries: Given[]}} given
 * @property {string[]} read exports that are read from the instance by their name
 */

const MODULE = "_createPyodideModule";
const EXPORTS = "wasmExports";
const IMPORTS = "wasmImports";

/** @param {Node} node a member access, its property known @returns {string | undefined} */
function property({ computed, property }) {
  return computed ? (typeof property.value === "string" ? property.value : undefined) : property.name;
}

/** @param {Node} node @param {string} object @returns {string | undefined} the property's name where node is `object.name` */
function memberOf(node, object) {
  return node?.type === "MemberExpression" && node.object.name === object ? property(node) : undefined;
}

/** @param {Node} root @param {(node: Node) => boolean | void} visit returns true where its children need no visit */
function walk(root, visit) {
  const left = [root];
  while (left.length) {
    const node = left.pop();
    if (Array.isArray(node)) left.push(...node);
    else if (typeof node?.type === "string" && !visit(node)) left.push(...Object.values(node).filter((value) => typeof value === "object"));
  }
}

/** @param {Node} root @returns {string[]} */
function namesIn(root) {
  /** @type {Set<string>} */
  const names = new Set();
  walk(root, (node) => {
    if (node.type === "Identifier") names.add(node.name);
    if (node.type === "Literal" && typeof node.value === "string") names.add(`.${node.value}`);
    const key = node.type === "MemberExpression" ? node.property : node.type === "Property" ? node.key : undefined;
    if (!key || node.computed || key.type !== "Identifier") return false;
    names.add(`.${key.name}`);
    namesIn(node.type === "Property" ? node.value : node.object).forEach((name) => names.add(name));
    return true;
  });
  return [...names];
}

/** Whether nothing happens when an expression is evaluated, but that there is a value. @param {Node} node @returns {boolean} */
function inert(node) {
  switch (node?.type) {
    case undefined: // no initial value
    case "ArrowFunctionExpression":
    case "FunctionExpression":
    case "Identifier":
    case "Literal":
      return true;
    case "ArrayExpression":
      return node.elements.every(inert);
    case "BinaryExpression":
      return inert(node.left) && inert(node.right);
    case "MemberExpression": // of objects whose properties are values: the glue's own and the language's
      return node.object.type === "Identifier" && property(node) !== undefined;
    case "NewExpression":
      return ["Map", "Set", "WeakMap"].includes(node.callee.name) && node.arguments.length === 0;
    case "ObjectExpression":
      return node.properties.every((/** @type {Node} */ part) => part.type === "Property" && !part.computed && inert(part.value));
    case "UnaryExpression":
      return inert(node.argument);
    default:
      return false;
  }
}

/** @param {Node} statement @returns {Unit[]} */
function unitsOf(statement) {
  const { start, end, type } = statement;
  /** @param {Partial<Unit>} more @returns {Unit} */
  const unit = (more) => ({ start, end, names: [], uses: namesIn(statement), root: false, ...more });
  if (type === "FunctionDeclaration") return [unit({ names: [statement.id.name] })];
  if (type === "VariableDeclaration" && statement.declarations.every((/** @type {Node} */ { id, init }) => id.type === "Identifier" && inert(init))) {
    const list = { start, end, kind: statement.kind };
    return statement.declarations.map((/** @type {Node} */ part) =>
      unit({ start: part.start, end: part.end, names: [part.id.name], uses: namesIn(part.init), list }),
    );
  }
  const { left, right, callee, operator } = statement.expression ?? {};
  if (type === "ExpressionStatement" && operator === "=" && inert(right)) {
    const name = memberOf(left, "Module");
    if (name) return [unit({ names: [`.${name}`], uses: namesIn(right) })];
    // `f.sig = "ii"`: for functions that are put into the table later
    if (left.type === "MemberExpression" && left.object.type === "Identifier" && left.object.name !== "API") return [unit({ of: left.object.name })];
  }
  // `Library.init()`, which sets up the library for itself
  if (type === "ExpressionStatement" && memberOf(callee, "MainLoop") === "init") return [unit({ of: "MainLoop" })];
  if (type === "ExpressionStatement" && callee?.name === "registerPostMainLoop") return [unit({ of: "MainLoop" })];
  return [unit({ root: true })];
}

/** @param {Node} statement `a = Module["b"] = wasmExports["c"]`, or the like @returns {Taken} */
function takenBy(statement) {
  /** @type {string[]} */
  const names = [];
  /** @type {string | undefined} */
  let wasm;
  let part = statement.expression;
  for (; part.type === "AssignmentExpression"; part = part.right) {
    const name = memberOf(part.left, "Module");
    if (name) names.push(`.${name}`);
    else if (part.left.type === "Identifier") names.push(part.left.name);
  }
  walk(part, (node) => void (wasm ??= memberOf(node, EXPORTS)));
  if (wasm === undefined) throw new Error("The glue takes its exports in another way than this version of Pyodide should.");
  return { start: statement.start, end: statement.end, names, wasm };
}

/** @param {string} source @returns {Glue} */
export function readGlue(source) {
  const program = /** @type {Node} */ (parse(source, { ecmaVersion: "latest", sourceType: "module" }));
  const main = program.body.find((/** @type {Node} */ { id }) => id?.name === MODULE);
  /** @type {Partial<Glue> & {units: Unit[]}} */
  const glue = { source, units: [] };
  const read = new Set();
  for (const statement of main?.body.body ?? []) {
    if (statement.id?.name === "assignWasmExports") {
      glue.taken = statement.body.body.map(takenBy);
      glue.units.push({ start: statement.start, end: statement.end, names: [], uses: ["Module"], root: true });
    } else if (statement.id?.name === "applySignatureConversions") {
      glue.converted = statement.body.body
        .filter((/** @type {Node} */ { expression }) => expression && memberOf(expression.left, EXPORTS))
        .map((/** @type {Node} */ { start, end, expression }) => ({ start, end, names: [], wasm: memberOf(expression.left, EXPORTS) }));
      glue.units.push({ start: statement.start, end: statement.end, names: [], uses: ["Module"], root: true });
    } else if (statement.declarations?.[0].id.name === IMPORTS) {
      const { start, end, properties } = statement.declarations[0].init;
      const entries = properties.map((/** @type {Node} */ { start, end, key, value }) => ({ start, end, wasm: key.name ?? key.value, uses: namesIn(value) }));
      glue.given = { start, end, entries };
      glue.units.push({ start: statement.start, end: statement.end, names: [IMPORTS], uses: [], root: true });
    } else {
      walk(statement, (node) => {
        const name = memberOf(node, EXPORTS);
        if (name) read.add(name);
      });
      glue.units.push(...unitsOf(statement));
    }
  }
  const { taken, converted, given } = glue;
  if (!taken || !converted || !given) throw new Error("The glue is not laid out as this version of Pyodide should have it.");
  return { source, units: glue.units, taken, converted, given, read: [...read] };
}
