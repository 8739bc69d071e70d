/** The integrations rule: the same cases as for Python. */

import "../harness.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { allowsHeap } from "../../src/page/integrations.js";

const CASES = JSON.parse(readFileSync(new URL("../../../tests/integrations.json", import.meta.url), "utf8"));

test("the settings' integrations leave Heap on or switch it off", () => {
  for (const { integrations, sends } of CASES) assert.equal(allowsHeap(integrations), sends, JSON.stringify(integrations));
  assert.equal(allowsHeap(undefined), true);
  assert.equal(allowsHeap({ All: false, Heap: undefined }), true);
  assert.equal(allowsHeap(Object.create({ Heap: false })), true);
});
