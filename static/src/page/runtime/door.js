/**
 * The door for Python that runs in this page itself: it hands its calls over as wire text, and answers our batches.
 * It is reached by `analytics[Symbol.for("heap-web host")]`. All that goes through it is text, so that no proxy outlives a call.
 */

import { json } from "../json.js";
import { append, each, symbolFor } from "../natives.js";

/** @typedef {import("../calls/entry.js").Result} Result */
/** @typedef {(id: number, result: string) => void} Settled */

/** Python finds the door under this symbol. */
export const DOOR = symbolFor("heap-web host");

/**
 * @param {object} page
 * @param {import("./runtime.js").Host} page.host
 * @param {() => void} page.hostChanged
 * @param {(text: string, method: string, hear: (result: Result) => void) => number} page.takeNow makes a call, tells Heap in this tick if it can, and gives the call's id
 * @param {() => string} page.appId
 * @param {() => object} page.user
 * @param {() => {waiting: number}} page.state
 * @param {(name: string, listener: (...args: any[]) => void) => void} page.on
 * @param {(name: string, listener: (...args: any[]) => void) => void} page.off
 */
export function createDoor({ host, hostChanged, takeNow, appId, user, state, on, off }) {
  /** @type {Settled} */
  let tell = () => {};
  /** What listens, and what hears for it. @type {{listener: unknown, name: string, heard: (...args: any[]) => void}[]} */
  let listeners = [];

  return {
    /** The App ID that the page has loaded; "" before. */
    get appId() {
      return appId();
    },
    /** @param {(batch: string) => string} run @param {Settled} settled hears of calls that `take` could not tell in its own tick */
    attach(run, settled) {
      host.run = run;
      tell = settled;
      hostChanged();
    },
    detach() {
      host.run = null;
      tell = () => {};
      hostChanged();
    },
    /** Make a call. @param {string} text wire text @param {string} method @returns {string | number} its result as JSON text, or the id under which `settled` tells it */
    take(text, method) {
      let result = "";
      let here = true;
      const id = takeNow(text, method, (outcome) => {
        const said = json(outcome);
        if (here) result = said;
        else tell(id, said);
      });
      here = false;
      return result || id;
    },
    user: () => json(user()),
    state: () => json(state()),
    /** How many calls wait. */
    flush: () => state().waiting,
    /** Events as JSON text. @param {string} name @param {(event: string) => void} listener */
    listen(name, listener) {
      const heard = (/** @type {unknown} */ event) => listener(json(event ?? null));
      append(listeners, { listener, name, heard });
      on(name, heard);
    },
    /** @param {string} name @param {(event: string) => void} listener */
    unlisten(name, listener) {
      /** @type {typeof listeners} */
      const left = [];
      each(listeners, (one) => {
        if (one.listener === listener && one.name === name) off(name, one.heard);
        else append(left, one);
      });
      listeners = left;
    },
  };
}
