/** Web Locks of one origin: exclusive ones, with `ifAvailable` and `signal`. They end with their page. */

import { fakeTimeout } from "./clock.js";
import { current } from "./page.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {{name: string, page: Page, grant: () => void}} Request */

/** Milliseconds until the browser's process has answered. */
const ANSWER_MS = 1;

export class FakeLocks {
  /** Requests are refused, or never answered. @type {"" | "refuse" | "ignore"} */
  fault = "";
  /** @type {Map<string, Page>} */
  held = new Map();
  /** @type {Request[]} */
  waiting = [];

  /**
   * @param {string} name
   * @param {{ifAvailable?: boolean, signal?: AbortSignal}} options
   * @param {(lock: {name: string} | null) => unknown} callback
   */
  request(name, { ifAvailable, signal }, callback) {
    const page = current();
    return new Promise((resolve, reject) => {
      if (this.fault === "ignore") return;
      if (this.fault === "refuse") return reject(new DOMException("denied", "SecurityError"));
      if (signal && signal.aborted) return reject(new DOMException("aborted", "AbortError"));
      const run = async (/** @type {{name: string} | null} */ lock) => {
        try {
          resolve(await callback(lock));
        } catch (error) {
          reject(error);
        }
        if (lock) this.#release(name, page);
      };
      /** @type {Request} */
      const request = {
        name,
        page,
        grant: () => {
          this.held.set(name, page);
          page.ending.add(() => this.#release(name, page));
          fakeTimeout(() => run({ name }), ANSWER_MS);
        },
      };
      if (signal)
        signal.addEventListener("abort", () => {
          if (!this.waiting.includes(request)) return;
          this.waiting.splice(this.waiting.indexOf(request), 1);
          reject(new DOMException("aborted", "AbortError"));
        });
      fakeTimeout(() => {
        if (signal && signal.aborted) return reject(new DOMException("aborted", "AbortError"));
        const holder = this.held.get(name);
        if (ifAvailable && (holder || this.waiting.some((one) => one.name === name))) return run(null);
        this.waiting.push(request);
        page.ending.add(() => {
          this.waiting = this.waiting.filter((one) => one !== request);
        });
        // A page in the back/forward cache is thrown out when another page wants its lock.
        if (holder && holder.frozen) holder.kill();
        this.#next(name);
      }, ANSWER_MS);
    });
  }

  /** @param {string} name @param {Page} page */
  #release(name, page) {
    if (this.held.get(name) !== page) return;
    this.held.delete(name);
    this.#next(name);
  }

  /** @param {string} name */
  #next(name) {
    if (this.held.has(name)) return;
    const request = this.waiting.find((one) => one.name === name && one.page.alive);
    if (!request) return;
    this.waiting.splice(this.waiting.indexOf(request), 1);
    request.page.run(request.grant);
  }
}
