/** What tells that a page lives: a Web Lock, which ends with it; where there are none (plain http, old browsers) a heartbeat. */

import { holdByHeartbeat } from "./heartbeat.js";
import { hold } from "./locks.js";
import { locks } from "../natives.js";

/** Whether a page's lock ends with the page, however that ends. */
export const endsWithPage = () => !!locks();

/**
 * @param {string} name
 * @param {AbortSignal | null} wait until it is free or the signal says stop; null: do not wait
 * @returns {Promise<import("./locks.js").Release | null>} null: not to be had
 */
export const holdPageLock = (name, wait) => (endsWithPage() ? hold(name, wait) : holdByHeartbeat(name, wait));
