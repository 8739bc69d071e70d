/**
 * While the visitor refuses, or Heap is off, calls that Python makes in a worker are dropped there, as this page drops its own:
 * none may wait for a consent that comes later. The message is that of heap_web/browser/handover.py.
 */

import { attempt, BroadcastChannel, listen, parse, stringify, unlisten, world } from "../natives.js";

/**
 * @param {string} appId
 * @param {string} reason why calls are dropped
 * @returns {() => void} ends it
 */
export function denyWorkers(appId, reason) {
  /** @type {BroadcastChannel | null} */
  let channel = null;

  /** @param {string} to */
  const deny = (to) => channel && channel.postMessage(stringify({ to, type: "denied", appId, reason }));

  const open = () => {
    channel = channel || attempt(() => new BroadcastChannel("heap-web"));
    if (!channel) return;
    channel.onmessage = ({ data }) =>
      attempt(() => {
        const { to, type, worker } = parse(data);
        if (to === "pages" && type === "hello") deny(worker);
      });
    deny("workers");
  };

  /** An open channel would keep the page out of the back/forward cache. */
  const close = () => {
    if (channel) channel.close();
    channel = null;
  };

  /** @param {PageTransitionEvent} event */
  const back = ({ persisted }) => persisted && open();

  listen(world, "pagehide", close);
  listen(world, "pageshow", back);
  open();
  return () => {
    unlisten(world, "pagehide", close);
    unlisten(world, "pageshow", back);
    close();
  };
}
