/** Time that passes only when a test says so. Each timer runs as the page that set it, and ends with that page. */

import { current } from "./page.js";

/** @typedef {{id: number, at: number, every: number, page: import("./page.js").Page, code: () => void}} Timer */

const START = Date.UTC(2026, 0, 1);
const immediate = setImmediate;

let time = START;
let ids = 0;
/** @type {Timer[]} */
let timers = [];

export const now = () => time;

/** @param {(...args: any[]) => void} code @param {number} ms @param {number} every @param {any[]} args */
const add = (code, ms, every, args) => {
  const id = ++ids;
  timers.push({ id, at: time + Math.max(0, ms || 0), every, page: current(), code: () => code(...args) });
  return id;
};

/** @param {(...args: any[]) => void} code @param {number} [ms] @param {any[]} args */
export const fakeTimeout = (code, ms = 0, ...args) => add(code, ms, 0, args);

/** @param {(...args: any[]) => void} code @param {number} [ms] @param {any[]} args */
export const fakeInterval = (code, ms = 0, ...args) => add(code, ms, Math.max(1, ms), args);

/** @param {any} id */
export const clearFake = (id) => {
  timers = timers.filter((timer) => timer.id !== id);
};

/** Let promises that can settle settle. @returns {Promise<void>} */
export const settle = () => new Promise((resolve) => void immediate(resolve));

/** Let time pass: timers run in the order in which they are due, and promises settle between them. @param {number} ms */
export async function pass(ms) {
  const end = time + ms;
  await settle();
  for (;;) {
    timers = timers.filter((timer) => timer.page.alive);
    /** @type {Timer | undefined} */
    let next;
    for (const timer of timers) if (timer.at <= end && (!next || timer.at < next.at)) next = timer;
    if (!next) break;
    const { page, code, every } = next;
    time = Math.max(time, next.at);
    if (every) next.at += every;
    else timers.splice(timers.indexOf(next), 1);
    page.whenAwake(code);
    await settle();
  }
  time = end;
}

/** Let time pass until something is true, step by step; fails after a minute. @param {() => unknown} condition */
export async function until(condition) {
  const end = time + 60_000;
  await settle();
  while (!condition()) {
    if (time > end) throw Error(`still not true after a minute: ${condition}`);
    await pass(10);
  }
}

/** Set the clock, without running a timer. @param {number} at */
export const setTime = (at) => {
  for (const timer of timers) timer.at += at - time;
  time = at;
};

/** Begin anew, without timers. */
export const resetClock = () => {
  time = START;
  timers = [];
};
