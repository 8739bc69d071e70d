/** Pages of a site in a test: the real journal, lock, claims and queue of each, with a Python and a Heap that only note what they get. */

import { createQueue } from "../src/page/calls/queue.js";
import { createClaims } from "../src/page/journal/claims.js";
import { createJournal } from "../src/page/journal/journal.js";
import { createOwnLock } from "../src/page/journal/own-lock.js";
import { fakeTimeout, now } from "./fakes/clock.js";
import { Page } from "./fakes/page.js";
import { browser } from "./harness.js";

/** @typedef {import("../src/page/journal/journal.js").Entry} Entry */
/** @typedef {import("../src/page/calls/queue.js").Result} Result */
/** @typedef {ReturnType<typeof openPage>} OpenPage */

let ids = 0;

/** @param {string} text @param {number} at @returns {Entry} */
export const entryOf = (text, at) => ({ id: ++ids, text, at, made: 0, key: "", claim: null, tries: 0, settle: null });

/** @param {string} name */
export const wireOf = (name) => `{"m":"track","a":["${name}"]}`;

/** Python that makes one command of each call, `ms` later. */
export const python = (ms = 20) => ({
  takes: () => true,
  run: (/** @type {string} */ text) =>
    new Promise((/** @type {(reply: string) => void} */ resolve) => {
      const { calls, user } = JSON.parse(text);
      const results = calls.map((/** @type {any} */ { a }) => ({ commands: [["track", ...a]] }));
      fakeTimeout(() => resolve(JSON.stringify({ results, user })), ms);
    }),
});

/** No visitor at all. */
export const nobody = { wire: () => '{"id":null,"traits":{}}', write() {}, state: () => ({ id: null, traits: {}, anonymousId: null }) };

/**
 * A page that delivers, as the engine puts it together.
 * @param {string[]} told the names of the calls that Heap got, of all pages
 * @param {{brief?: boolean, working?: boolean, runtime?: any, start?: boolean, local?: Storage | null}} [options]
 */
export function openPage(told, { brief = false, working = true, runtime = python(), start = true, local = localStorage } = {}) {
  const page = new Page();
  const size = { calls: 0, bytes: 0 };
  /** @type {Entry[]} */
  const items = [];
  /** @type {Record<string, Result["status"][]>} what this page was told of its calls */
  const settled = {};
  /** So many calls later the page is killed, as Heap is about to be told. */
  let fuse = Infinity;
  const heap = {
    track(/** @type {string} */ name) {
      if (--fuse < 0) page.kill();
      // What a dead page goes on with in this process does not happen.
      if (page.alive) told.push(name);
    },
  };
  let live = working;

  return page.run(() => {
    const journal = createJournal("11", local, size);
    const own = createOwnLock(journal, {
      contested: () =>
        queue.reset((entry) => {
          const ours = claims.has(entry);
          if (!ours && entry.settle) settle(entry, "kept");
          return ours;
        }),
      changed: () => queue.plan(),
    });
    const claims = createClaims(journal, own, items, brief, {
      entryOf,
      receive(entries) {
        if (!live) return claims.unclaim();
        queue.putFirst(entries);
      },
      changed: () => queue.plan(),
    });
    /** @param {Entry} entry @param {Result["status"]} status */
    const settle = (entry, status) => {
      if (entry.settle) entry.settle({ status, commands: [] });
      entry.settle = null;
    };
    const world = { heap: { live: () => live && heap }, status: { mode: "shared" }, items, settle, transformed() {}, report() {} };
    const queue = createQueue(/** @type {any} */ ({ ...world, runtime, claims, config: "{}", visitor: nobody }));
    const listen = (/** @type {string} */ name, /** @type {(event: any) => void} */ listener) =>
      page.events.addEventListener(name, listener, { capture: true });
    listen("pagehide", ({ persisted }) => {
      if (!persisted && browser.locks) return;
      queue.reset((entry) => !entry.claim);
      claims.close();
    });
    listen("pageshow", ({ persisted }) => persisted && claims.open());
    if (start) claims.open();

    return {
      page,
      journal,
      own,
      claims,
      queue,
      items,
      size,
      settled,
      open: () => page.run(() => claims.open()),
      /** Kill the page amid what it tells Heap. @param {number} calls that Heap is told before */
      killAfter: (calls) => (fuse = calls),
      /** Make calls in one tick. @param {string[]} names */
      track: (...names) =>
        page.run(() => {
          for (const name of names) {
            const entry = entryOf(wireOf(name), now());
            entry.settle = ({ status }) => (settled[name] ||= []).push(status);
            items.push(entry);
            own.write(entry);
          }
          queue.plan();
        }),
      /** Heap works from now on, or it has failed. @param {boolean} works */
      heapWorks: (works) =>
        page.run(() => {
          if (live === works) return;
          live = works;
          if (works) claims.claim();
          else {
            claims.unclaim();
            queue.reset((entry) => !entry.claim);
          }
          queue.plan();
        }),
    };
  });
}

/** What is in the journals, of all pages. */
export const journalled = () => [...browser.origin.stored.keys()].filter((key) => key.startsWith("heap-web:11:"));
