/** Random walks over pages that share a journal: whatever becomes of them, no call is lost and none is told twice. */

import { browser, resetAll } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { pass } from "../fakes/clock.js";
import { journalled, openPage } from "../lab.js";
import { randomBy } from "../random.js";

const WALKS = Number(process.env.WALKS || 60);
const STEPS = 40;
const SEED = Number(process.env.SEED || 20261129);

/** One walk; returns what was called, by page, and what Heap was told. @param {number} seed @param {boolean} locks */
async function walk(seed, locks) {
  const random = randomBy(seed);
  if (!locks) browser.locks = /** @type {any} */ (undefined);
  browser.origin.lag = random(locks ? 250 : 140);
  /** @type {string[]} */
  const told = [];
  /** @type {Map<import("../lab.js").OpenPage, string[]>} */
  const made = new Map();
  /** @type {import("../lab.js").OpenPage[]} */
  let pages = [];
  let names = 0;
  const open = () =>
    pages.push(openPage(told, { brief: locks && random(2) === 0, working: random(5) > 0, ms: random(120) }));
  const any = () => pages[random(pages.length)];
  const awake = () => pages.filter(({ page }) => !page.frozen)[random(pages.length)];

  /** @type {(() => unknown)[]} */
  const steps = [
    open,
    () => {
      const one = awake();
      const calls = Array.from({ length: 1 + random(4) }, () => `call-${++names}`);
      if (!one) return;
      made.set(one, [...(made.get(one) || []), ...calls]);
      one.track(...calls);
    },
    () => any()?.page.kill(),
    () => any()?.killAfter(random(6)),
    () => awake()?.page.leave(random(2) === 0),
    () => any()?.page.restore(),
    () => awake()?.heapWorks(random(2) === 0),
    () => pass(random(20)),
    () => pass(random(600)),
    () => pass(random(4000)),
  ];
  open();
  for (let i = 0; i < STEPS; i++) {
    await /** @type {() => unknown} */ (steps[random(steps.length)])();
    if (pages.length > 4) /** @type {import("../lab.js").OpenPage} */ (pages[0]).page.leave(false);
    pages = pages.filter(({ page }) => page.alive);
  }
  // The visitor closes all pages but one, and Heap works there.
  for (const { page } of pages) {
    page.restore();
    page.leave(false);
  }
  openPage(told);
  await pass(400_000);
  return { made, told };
}

for (const locks of [true, false])
  test(`nothing is lost and nothing told twice ${locks ? "under Web Locks" : "by heartbeats"}`, async () => {
    for (let i = 0; i < WALKS; i++) {
      resetAll();
      const seed = SEED + i;
      const { made, told } = await walk(seed, locks);
      const all = [...made.values()].flat();
      assert.deepEqual([...told].sort(), [...all].sort(), `seed ${seed}`);
      assert.deepEqual(journalled(), [], `seed ${seed}`);
      for (const calls of made.values())
        assert.deepEqual(told.filter((name) => calls.includes(name)), calls, `in the order of the calls, seed ${seed}`);
    }
  });
