// Timings as a small chart: one bar a call on a logarithmic scale, in full colour the part until Python had read it.
import { h, svg } from "./elements.js";
import { milliseconds } from "./times.js";

/** @typedef {import("./timeline.js").Entry} Entry */

const BARS = 60;
const WIDTH = 360;
const HEIGHT = 104;
const LEFT = 34;
const WIDEST = 22;
const MARKS = [1, 10, 100, 1000, 10_000];

/** @param {Iterable<Entry>} entries */
export function chart(entries) {
  const timed = [...entries].filter((entry) => entry.ms !== null && entry.commands?.length).slice(-BARS);
  if (timed.length === 0) return h("p", { class: "quiet" }, "No call has reached its end yet.");
  const times = timed.map((entry) => entry.ms ?? 0).sort((a, b) => a - b);
  const slowest = times[times.length - 1];
  const which = timed.length === 1 ? "One call" : `The last ${timed.length} calls`;
  const words = `${which}: median ${milliseconds(quantile(times, 0.5))}, slowest ${milliseconds(slowest)}`;
  // Few bars share the whole axis, but none becomes a block.
  const step = (WIDTH - LEFT) / timed.length;
  const thick = Math.min(step * 0.72, WIDEST);
  const top = MARKS.find((mark) => mark >= slowest) ?? MARKS[MARKS.length - 1];
  const height = (/** @type {number} */ ms) =>
    Math.max(1.5, ((Math.log10(Math.min(Math.max(ms, 0.1), top)) + 1) / (Math.log10(top) + 1)) * (HEIGHT - 12));
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words, class: "chart" });
  for (const mark of MARKS.filter((each) => each <= top)) {
    const y = HEIGHT - height(mark);
    picture.append(
      svg("path", { d: `M${LEFT} ${y}H${WIDTH}`, class: "grid" }),
      svg("text", { x: LEFT - 5, y: y + 3, "text-anchor": "end" }, mark < 1000 ? `${mark} ms` : `${mark / 1000} s`),
    );
  }
  timed.forEach((entry, place) => {
    const x = LEFT + (place + 0.5) * step - thick / 2;
    const bar = (/** @type {number} */ ms, /** @type {string} */ name) =>
      svg("rect", {
        x,
        y: HEIGHT - height(ms),
        width: Math.max(1, thick),
        height: height(ms),
        rx: 1,
        class: name,
      });
    picture.append(
      svg(
        "g",
        {},
        svg("title", {}, `${entry.method}: ${milliseconds(entry.ms ?? 0)}`),
        bar(entry.ms ?? 0, "whole"),
        entry.transformMs !== null && bar(Math.min(entry.transformMs, entry.ms ?? 0), "python"),
      ),
    );
  });
  return h(
    "figure",
    {},
    h("figcaption", {}, words),
    picture,
    h(
      "p",
      { class: "legend" },
      h("span", { class: "whole" }, "until Heap had it"),
      h("span", { class: "python" }, "until Python had read it"),
    ),
  );
}

/** @param {number[]} sorted @param {number} part */
const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
