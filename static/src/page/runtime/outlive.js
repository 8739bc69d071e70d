/** Whether a SharedWorker of this browser lives on when the last of its pages is gone. */

import { attempt, SharedWorker } from "../natives.js";

/** The option is read only where it is known; the URL then is none, and no worker is made. */
export function sharedWorkersOutlivePages() {
  let asked = false;
  const options = {
    get extendedLifetime() {
      return (asked = true);
    },
  };
  attempt(() => new SharedWorker("https://", /** @type {any} */ (options)));
  return asked;
}
