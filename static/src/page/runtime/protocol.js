/** What the page and the worker say to each other: structured clones over a MessagePort or a Worker. Types alone. */

/**
 * @typedef {{type: "batch", id: number, text: string}
 *   | {type: "guard"}
 *   | {type: "bye"}} ToWorker
 *   `guard`: hold the lock of your name from now on; `bye`: this port will not be used again.
 */

/** Over the BroadcastChannel: a page asks under a name of its own. @typedef {{from: string, message: ToWorker}} Asked */
/** @typedef {{to: string, message: FromWorker}} Answered */

/**
 * @typedef {{type: "progress", loaded: number, total: number, guarded?: boolean}
 *   | {type: "ready", ms: number, python: string, warm: boolean, guarded?: boolean}
 *   | {type: "failed", message: string, unreachable?: boolean}
 *   | {type: "batch", id: number, text: string}
 *   | {type: "fault", id: number, message: string}} FromWorker
 *   `guarded`: a SharedWorker holds the lock of its name; whoever can have that lock knows that the worker is gone.
 *   `ready` goes to every new port, at once if Python runs already; `fault`: Python raised for that batch;
 *   `unreachable`: the network is gone, and with it what a batch needs.
 */

/** The runtime where no worker can start. @typedef {{run(text: string): string | Promise<string>, python: string, ms: number}} InPage */

/** One call's way out of Python. @typedef {{commands: [string, ...unknown[]][], reason?: string, warnings?: string[]}} Outcome */

/**
 * The text of a batch's reply, parsed: one outcome per call, in order, and the user after them; null: as before.
 * @typedef {{results: Outcome[], user: import("../visitor/user.js").UserState | null}} Reply
 */

export {};
