/**
 * The channel on which pages and Python in workers talk, in the messages of heap_web/browser/handover.py. It is open while the
 * page is shown: an open one would keep the page out of the back/forward cache.
 */

import { json } from "../json.js";
import { attempt, BroadcastChannel, listen, parse, unlisten, world } from "../natives.js";

/** @typedef {(to: string, type: string, fields?: Record<string, unknown>) => unknown} Say */

/**
 * @param {(say: Say) => void} opened called each time that it opens
 * @param {(message: any, say: Say) => void} heard gets what workers say to pages
 * @param {() => void} [closing] called before it closes
 */
export function createChannel(opened, heard, closing = () => {}) {
  /** @type {BroadcastChannel | null} */
  let channel = null;

  /** @type {Say} */
  const say = (to, type, fields) => channel && channel.postMessage(json({ to, type, ...fields }));

  const open = () => {
    if (channel) return;
    // Old browsers have none, and Firefox denies it where it denies storage.
    channel = attempt(() => new BroadcastChannel("heap-web"));
    if (!channel) return;
    channel.onmessage = ({ data }) =>
      attempt(() => {
        const message = parse(data);
        if (message.to === "pages") heard(message, say);
      });
    opened(say);
  };

  const close = () => {
    closing();
    if (channel) channel.close();
    channel = null;
  };

  /** @param {PageTransitionEvent} event */
  const back = ({ persisted }) => persisted && open();

  listen(world, "pagehide", close);
  listen(world, "pageshow", back);
  return {
    say,
    open,
    /** Closes it for good. */
    end() {
      unlisten(world, "pagehide", close);
      unlisten(world, "pageshow", back);
      close();
    },
  };
}
