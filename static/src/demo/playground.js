// The playground: a call that the visitor writes, made for real, and what Python made of it.
import { compare } from "../inspector/compare.js";
import { toJavaScript, valueInWords, valueToJavaScript } from "../inspector/source.js";
import { EXAMPLES } from "./examples.js";
import { readLiteral } from "./literal.js";
import { analytics, element, make, say } from "./page.js";

/** @typedef {{id: number, args: unknown[]}} Made */

export function showPlayground() {
  const form = /** @type {HTMLFormElement} */ (element("call"));
  const method = /** @type {HTMLSelectElement} */ (element("method"));
  const event = /** @type {HTMLInputElement} */ (element("event"));
  const values = /** @type {HTMLTextAreaElement} */ (element("values"));

  const label = () => {
    element("event-label").textContent = method.value === "track" ? "Event name" : "User id";
    element("values-label").textContent = method.value === "track" ? "Properties" : "Traits";
  };
  const examples = EXAMPLES.map((example) => {
    const chip = make("button", { type: "button", class: "chip", "aria-pressed": "false" }, example.label);
    chip.addEventListener("click", () => choose(example, chip));
    return chip;
  });
  /** @param {import("./examples.js").Example} example @param {HTMLElement} chip */
  const choose = (example, chip) => {
    method.value = example.method;
    event.value = example.event;
    values.value = example.values;
    element("values-error").textContent = "";
    values.removeAttribute("aria-invalid");
    for (const each of examples) each.setAttribute("aria-pressed", String(each === chip));
    showNothing("Nothing sent yet.");
    label();
  };
  element("examples").append(...examples);
  choose(EXAMPLES[0], examples[0]);
  method.addEventListener("change", label);

  /** Makes the call; null if what is written is no value. */
  const send = () => {
    const found = analytics();
    if (!found) {
      say("heap-web.js is not here: run python3 build.py bundle");
      return null;
    }
    try {
      const given = readLiteral(values.value);
      element("values-error").textContent = "";
      values.removeAttribute("aria-invalid");
      return method.value === "track" ? found.track(event.value, given) : found.identify(event.value, given);
    } catch (error) {
      element("values-error").textContent = error instanceof Error ? error.message : String(error);
      values.setAttribute("aria-invalid", "true");
      showNothing("Not sent: what you wrote is no value. The line below it says where.");
      return null;
    }
  };

  /** What the latest call was given, as heap_web read it in the moment of the call. @type {unknown[]} */
  let read = [];
  analytics()?.on("call", ({ args }) => {
    read = args;
  });

  form.addEventListener("submit", async (submitted) => {
    submitted.preventDefault();
    const start = performance.now();
    const outcome = send();
    if (!outcome) return;
    const given = read;
    showNothing("");
    showOutcome("kept", "on its way", null);
    const result = await outcome;
    showOutcome(result.status, result.reason ?? "", performance.now() - start);
    showCommands(result.commands);
    showRows(given, result.commands);
  });

  element("burst").addEventListener("click", async () => {
    const start = performance.now();
    const calls = [];
    for (let turn = 0; turn < 100; turn += 1) {
      const call = send();
      if (!call) return;
      calls.push(call);
    }
    const made = performance.now() - start;
    showOutcome("kept", "100 calls on their way", null);
    const results = await Promise.all(calls);
    const delivered = results.filter((result) => result.status === "delivered").length;
    const whole = performance.now() - start;
    showOutcome(
      results[0].status,
      `${delivered} of 100 delivered; making them took ${made.toFixed(1)} ms of the page’s time`,
      whole,
    );
    showCommands(results[0].commands);
    showRows(read, results[0].commands);
  });
}

/** No result: what an earlier call gave would be taken for this one's. @param {string} words */
function showNothing(words) {
  element("outcome").textContent = words;
  element("commands").hidden = true;
  element("rows-wrap").hidden = true;
}

/** @param {string} status @param {string} words @param {number | null} ms */
function showOutcome(status, words, ms) {
  const parts = [make("span", { class: `badge badge-${status}` }, ms === null ? "sent" : status)];
  if (ms !== null)
    parts.push(make("span", { class: "price" }, ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`));
  if (words) parts.push(make("span", {}, words));
  element("outcome").replaceChildren(...parts);
}

/** @param {unknown[][]} commands */
function showCommands(commands) {
  const box = element("commands");
  box.hidden = false;
  box.textContent = commands.length
    ? commands.map(([name, ...args]) => toJavaScript(`heap.${name}`, args)).join("\n\n")
    : "// Heap is told nothing";
}

/** @param {unknown[]} given @param {unknown[][]} commands */
function showRows(given, commands) {
  const rows = compare(given, commands);
  element("rows-wrap").hidden = rows.length === 0;
  element("rows").replaceChildren(
    ...rows.map(({ key, before, after, mark }) =>
      make(
        "tr",
        { "data-mark": mark },
        make("td", {}, ...breakable(key)),
        make("td", {}, mark === "added" ? "–" : valueInWords(before)),
        make("td", {}, mark === "dropped" ? "dropped" : valueToJavaScript(after)),
      ),
    ),
  );
}

/** A dotted name that may break after its dots. @param {string} name */
const breakable = (name) => name.split(/(?<=\.)/).flatMap((part) => [part, make("wbr", {})]);
