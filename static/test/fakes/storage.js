/**
 * localStorage of one origin: its keys are own properties, as in a browser. Each page has its own view, as each process has:
 * it sees its own writes at once, and those of other pages after `lag` ms, with a `storage` event.
 */

import { fakeTimeout } from "./clock.js";
import { current, eachPage, Page } from "./page.js";

/** @typedef {import("./page.js").Page} PageType */

/** The process that keeps what pages wrote; it outlives each of them. */
const browser = new Page(true);

export class FakeOrigin {
  /** Milliseconds until another page sees a write. */
  lag = 0;
  /** Characters that fit in. */
  room = 5_000_000;
  /** What each access throws, if anything. @type {unknown} */
  fault = null;
  /** @type {Map<string, string>} */
  stored = new Map();
  /** @type {Map<PageType, Map<string, string>>} */
  views = new Map();

  /** Writes under way, by page and key: what others wrote before them does not undo them. @type {Map<PageType, string[]>} */
  pending = new Map();

  /** What a page sees. @param {PageType} page */
  view(page) {
    let view = this.views.get(page);
    if (!view) this.views.set(page, (view = new Map(this.stored)));
    return view;
  }

  /** One page writes, or removes with null. @param {string} key @param {string | null} value */
  write(key, value) {
    const page = current();
    if (!page.alive) return;
    const put = (/** @type {Map<string, string>} */ map) => void (value === null ? map.delete(key) : map.set(key, value));
    put(this.view(page));
    const own = this.pending.get(page) || [];
    this.pending.set(page, own);
    own.push(key);
    const arrive = () => {
      own.splice(own.indexOf(key), 1);
      put(this.stored);
      eachPage((other) => {
        if (other === page || !other.alive) return;
        if (!(this.pending.get(other) || []).includes(key)) put(this.view(other));
        other.whenAwake(() => other.dispatch("storage", { key, newValue: value }));
      });
    };
    // A dead page's last writes arrive too.
    if (this.lag) browser.run(() => fakeTimeout(arrive, this.lag));
    else arrive();
  }

  /** The Storage that the running page has. @returns {Storage} */
  area() {
    const origin = this;
    const check = () => {
      if (origin.fault) throw origin.fault;
    };
    const read = () => {
      check();
      return origin.view(current());
    };
    const methods = {
      /** @param {string} key */
      getItem: (key) => read().get(`${key}`) ?? null,
      /** @param {string} key @param {string} value */
      setItem(key, value) {
        const view = read();
        let size = key.length + `${value}`.length;
        view.forEach((text, name) => name === key || (size += name.length + text.length));
        if (size > origin.room) throw new DOMException("full", "QuotaExceededError");
        origin.write(`${key}`, `${value}`);
      },
      /** @param {string} key */
      removeItem(key) {
        if (read().has(key)) origin.write(key, null);
      },
      clear() {
        for (const key of [...read().keys()]) origin.write(key, null);
      },
      /** @param {number} index */
      key: (index) => [...read().keys()][index] ?? null,
    };
    return /** @type {any} */ (
      new Proxy(methods, {
        get: (target, key) => (key === "length" ? read().size : key in target ? Reflect.get(target, key) : read().get(String(key))),
        set(target, key, value) {
          target.setItem(String(key), value);
          return true;
        },
        deleteProperty(target, key) {
          target.removeItem(String(key));
          return true;
        },
        has: (target, key) => key in target || read().has(String(key)),
        ownKeys: () => [...read().keys()],
        getOwnPropertyDescriptor(_, key) {
          const value = read().get(String(key));
          if (value === undefined) return undefined;
          return { value, writable: true, enumerable: true, configurable: true };
        },
      })
    );
  }
}
