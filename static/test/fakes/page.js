/**
 * Pages of one browser in one process. Code runs as the page that started it, across timers and promises, so a page can be
 * killed or frozen while the others go on. What a page holds in a fake (timers, locks, channels) ends with the page.
 */

import { AsyncLocalStorage } from "node:async_hooks";

/** @type {AsyncLocalStorage<Page>} */
const running = new AsyncLocalStorage();
/** All pages that are open. @type {Set<Page>} */
const open = new Set();

export class Page {
  alive = true;
  frozen = false;
  events = new EventTarget();
  /** The types of events that it has listened to. @type {Set<string>} */
  heard = new Set();
  /** Called once when the page has ended. @type {Set<() => void>} */
  ending = new Set();
  /** Called once when the page goes on after it was frozen. @type {(() => void)[]} */
  thawing = [];

  /** @param {boolean} [process] not a page but the browser itself, which no test ends */
  constructor(process) {
    if (!process) open.add(this);
  }

  /** Run code as this page. @template T @param {() => T} code @returns {T} */
  run(code) {
    return running.run(this, code);
  }

  /** Tell the page's listeners of an event. @param {string} type @param {object} [fields] */
  dispatch(type, fields) {
    if (!this.alive) return;
    this.run(() => this.events.dispatchEvent(Object.assign(new Event(type), fields)));
  }

  /** The page's process is gone: nothing of it runs any more. */
  kill() {
    if (!this.alive) return;
    this.alive = false;
    open.delete(this);
    for (const end of this.ending) end();
    this.ending.clear();
  }

  /** The visitor leaves: the page ends, or it is put into the back/forward cache. @param {boolean} persisted */
  leave(persisted) {
    this.dispatch("pagehide", { persisted });
    if (persisted) this.frozen = true;
    else this.kill();
  }

  /** The visitor comes back to a frozen page. */
  restore() {
    if (!this.alive || !this.frozen) return;
    this.frozen = false;
    for (const go of this.thawing.splice(0)) this.run(go);
    this.dispatch("pageshow", { persisted: true });
  }

  /** Run code as this page now, or once it is no longer frozen; never if it is dead. @param {() => void} code */
  whenAwake(code) {
    if (!this.alive) return;
    if (this.frozen) this.thawing.push(code);
    else this.run(code);
  }
}

/** Code that no page started runs as this one. */
let first = new Page();

/** The page that runs now. */
export const current = () => running.getStore() || first;

/** @param {(page: Page) => void} visit */
export const eachPage = (visit) => [...open].forEach(visit);

/** End all pages and begin with a new one. */
export function resetPages() {
  eachPage((page) => page.kill());
  first = new Page();
}
