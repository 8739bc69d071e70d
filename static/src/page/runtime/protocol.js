/** What the page and the worker say to each other: structured clones over a MessagePort or a Worker. Types alone. */

/**
 * @typedef {{type: "batch", id: number, text: string}
 *   | {type: "ping", id: number}
 *   | {type: "bye"}} ToWorker
 *   `bye`: this port will not be used again.
 */

/**
 * @typedef {{type: "progress", loaded: number, total: number}
 *   | {type: "ready", ms: number, python: string, warm: boolean}
 *   | {type: "failed", message: string, unreachable?: boolean}
 *   | {type: "batch", id: number, text: string}
 *   | {type: "pong", id: number}
 *   | {type: "fault", id: number, message: string}} FromWorker
 *   `ready` goes to every new port, at once if Python runs already; `fault`: Python raised for that batch;
 *   `unreachable`: the network is gone, and with it what a batch needs.
 */

/** The runtime where no worker can start. @typedef {{run(text: string): string | Promise<string>, python: string, ms: number}} InPage */

/** One call's way out of Python. @typedef {{commands: [string, ...unknown[]][], reason?: string, warnings?: string[]}} Outcome */

/**
 * The text of a batch's reply, parsed: one outcome per call, in order, and the user after them.
 * @typedef {{results: Outcome[], user: import("../visitor/user.js").UserState}} Reply
 */

export {};
