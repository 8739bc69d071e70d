// One warning or error in the list: what was said, what it means, and where the documentation says what to do.
import { h, write } from "./elements.js";
import { EXPLANATIONS, documented } from "./explanations.js";

/** @typedef {import("./timeline.js").Notice} Notice */
/** @typedef {{row: HTMLLIElement, again: () => void}} NoticeRow `again`: it may have been said more often by now */

/** @param {Notice} notice @returns {NoticeRow} */
export function noticeRow(notice) {
  const { kind, code, message } = notice;
  const times = h("i");
  const why = EXPLANATIONS[code];
  const where = documented(code);
  const row = h(
    "li",
    { class: kind },
    h("b", {}, kind),
    code !== "" && h("code", {}, code),
    ` ${message}`,
    times,
    why !== undefined &&
      h(
        "p",
        { class: "why" },
        `${why} `,
        where !== "" && h("a", { href: where, target: "_blank", rel: "noopener" }, "What to do"),
      ),
  );
  return { row, again: () => write(times, notice.times > 1 ? ` ${notice.times} times` : "") };
}
