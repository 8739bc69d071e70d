// What is known of each call, built up from the events of `analytics`; bounded, so that a page may run for days.
import { valueToJavaScript } from "./source.js";

/**
 * @typedef {"made" | "transformed" | "delivered" | "kept" | "dropped" | "not sent"} Status `not sent`: by intention, as
 *   Heap needs no such call, or is switched off for it
 * @typedef {{
 *   id: number, method: string, args: unknown[], at: number, journalled: boolean, replayed: boolean,
 *   status: Status, commands: unknown[][] | null, reason: string, transformMs: number | null, ms: number | null,
 * }} Entry one call's way: `at` is epoch ms, `replayed` says that an earlier page made it;
 *   `transformMs` and `ms`: from the call until Python, and until Heap, had it
 * @typedef {{kind: "error" | "warning", code: string, message: string, at: number, times: number}} Notice
 */

/** Heap records page views itself, and has nothing like the others. */
const NEVER_TOLD = new Set(["page", "group", "alias", "reset", "setAnonymousId"]);
const KEPT_CALLS = 500;
const KEPT_NOTICES = 100;

export class Timeline {
  /** @type {Map<number, Entry>} in call order */
  entries = new Map();
  /** @type {Notice[]} */
  notices = [];
  /** How many calls there were in all. */
  made = 0;

  /**
   * Takes one event of `analytics`; returns whether it told anything new.
   * @param {string} name
   * @param {any} event
   */
  take(name, event) {
    if (name === "call") return this.#begin(event);
    if (name === "error" || name === "warning") return this.#notice(name, event);
    const entry = this.entries.get(event?.id);
    if (!entry) return false;
    if (name === "transformed") {
      this.entries.set(entry.id, {
        ...entry,
        status: "transformed",
        commands: event.commands,
        transformMs: event.ms ?? null,
      });
      return true;
    }
    if (name === "settled") {
      const commands = event.commands ?? entry.commands;
      this.entries.set(entry.id, {
        ...entry,
        status: event.status === "dropped" && isIntended(entry.method, event.reason) ? "not sent" : event.status,
        commands,
        reason: event.reason ?? "",
        ms: event.ms ?? null,
      });
      return true;
    }
    return false;
  }

  clear() {
    this.entries.clear();
    this.notices = [];
    this.made = 0;
  }

  /** @param {any} event */
  #begin({ id, method, args, at, journalled, replayed }) {
    this.made += 1;
    this.entries.set(id, {
      id,
      method,
      args: Array.isArray(args) ? args : [],
      at,
      journalled: journalled === true,
      replayed: replayed === true,
      status: "made",
      commands: null,
      reason: "",
      transformMs: null,
      ms: null,
    });
    const oldest = this.entries.keys().next();
    if (this.entries.size > KEPT_CALLS && !oldest.done) this.entries.delete(oldest.value);
    return true;
  }

  /** @param {"error" | "warning"} kind @param {any} event */
  #notice(kind, { code, message }) {
    const known = this.notices.find((each) => each.code === code && each.message === message);
    if (known) known.times += 1;
    else
      this.notices.push({ kind, code: String(code ?? ""), message: String(message ?? ""), at: Date.now(), times: 1 });
    if (this.notices.length > KEPT_NOTICES) this.notices.shift();
    return true;
  }
}

/** Whether no fault kept the call from Heap. @param {string} method @param {unknown} reason */
const isIntended = (method, reason) =>
  NEVER_TOLD.has(method) || (typeof reason === "string" && reason.includes("switched off"));

/**
 * What the call is about: the event's name, the user's id, or nothing. `missing`: it should have a name, and has none.
 * @param {Entry} entry
 * @returns {{text: string, missing: boolean}}
 */
export function titleOf({ method, args }) {
  const first = args[0];
  if (typeof first === "string" && first !== "") return { text: first, missing: false };
  if (method === "track") return { text: `no event name: ${valueToJavaScript(first)}`, missing: true };
  return { text: typeof first === "number" ? String(first) : "", missing: false };
}

/**
 * Whether the call has the text anywhere: in its name, method, values, status or reason.
 * @param {Entry} entry @param {string} sought
 */
export function matches(entry, sought) {
  if (sought === "") return true;
  const { method, status, reason, args, commands } = entry;
  return JSON.stringify([method, status, reason, args, commands]).toLowerCase().includes(sought.toLowerCase());
}
