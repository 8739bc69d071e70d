/** BroadcastChannel between the pages of one origin, and workers, which are pages to it. */

import { fakeTimeout } from "./clock.js";
import { current } from "./page.js";

/** @type {Set<FakeChannel>} */
let channels = new Set();

export class FakeChannel {
  /** @type {((event: {data: any}) => void) | null} */
  onmessage = null;
  page = current();

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    channels.add(this);
    this.page.ending.add(() => this.close());
  }

  /** @param {unknown} data */
  postMessage(data) {
    if (!channels.has(this)) throw new DOMException("the channel is closed", "InvalidStateError");
    const copy = structuredClone(data);
    for (const other of channels)
      if (other !== this && other.name === this.name)
        other.page.run(() => fakeTimeout(() => channels.has(other) && other.onmessage && other.onmessage({ data: copy })));
  }

  close() {
    channels.delete(this);
  }
}

export const resetChannels = () => {
  channels = new Set();
};
