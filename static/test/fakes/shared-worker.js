/** A SharedWorker that a test plays: what pages post to its port, and what it says there. */

import { fakeTimeout } from "./clock.js";
import { current } from "./page.js";

export class FakeSharedWorker {
  /** The last one that was made. @type {FakeSharedWorker} */
  static last;
  /** What pages have posted. @type {any[]} */
  heard = [];
  onerror = () => {};

  constructor() {
    FakeSharedWorker.last = this;
    const page = current();
    this.port = {
      onmessage: (/** @type {{data: any}} */ _event) => {},
      addEventListener() {},
      close() {},
      postMessage: (/** @type {any} */ message) => this.heard.push(structuredClone(message)),
    };
    /** Say something to the page. @param {object} data */
    this.say = (data) => page.run(() => fakeTimeout(() => this.port.onmessage({ data })));
  }
}
