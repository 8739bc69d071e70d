/**
 * While the visitor refuses, or Heap is off, calls that Python makes in a worker are dropped there, as this page drops its own:
 * none may wait for a consent that comes later.
 */

import { createChannel } from "./channel.js";

/**
 * @param {string} appId
 * @param {string} reason why calls are dropped
 * @returns {() => void} ends it
 */
export function denyWorkers(appId, reason) {
  /** @param {string} to @param {import("./channel.js").Say} say */
  const deny = (to, say) => say(to, "denied", { appId, reason });
  const { open, end } = createChannel(
    (say) => deny("workers", say),
    ({ type, worker }, say) => type === "hello" && deny(worker, say),
  );
  open();
  return end;
}
