/** Settings from script attributes and from `load`. */

import "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { settingsOf, settingsOfScript } from "../../src/page/settings.js";

const GOOD = [
  { given: { appId: "11" }, want: { appId: "11" } },
  { given: { appId: 11 }, want: { appId: "11" } },
  { given: { appId: "11", sdk: "latest", arrayLimit: "5" }, want: { appId: "11", sdk: "latest", arrayLimit: 5 } },
  { given: { appId: "11", debug: "", secureCookie: "false" }, want: { appId: "11", debug: true, secureCookie: false } },
  { given: { appId: "11", inspector: true, respectDnt: false }, want: { appId: "11", inspector: true, respectDnt: false } },
  { given: { appId: "11", hostname: "", nonce: null, sdk: undefined }, want: { appId: "11" } },
  { given: { appId: "11", integrations: '{"All":false}' }, want: { appId: "11", integrations: { All: false } } },
  { given: { appId: "11", integrations: { Heap: true } }, want: { appId: "11", integrations: { Heap: true } } },
  { given: { appId: "11", hostname: "heap.site.example" }, want: { appId: "11", hostname: "heap.site.example" } },
  { given: { appId: "11", ingestServer: "https://c.site.example:444/in" }, want: { appId: "11", ingestServer: "https://c.site.example:444/in" } },
  { given: { appId: "11", runtime: "../heap-web/" }, want: { appId: "11", runtime: "../heap-web/" } },
  { given: Object.assign(Object.create({ sdk: "latest" }), { appId: "11" }), want: { appId: "11" } },
];

test("settings are read from text and from values, and inherit nothing", () => {
  for (const { given, want } of GOOD) {
    const settings = settingsOf(given);
    assert.deepEqual({ ...settings }, want);
    assert.equal(Object.getPrototypeOf(settings), null);
  }
});

const BAD = [
  { given: {}, says: /^appId must be the digits of your App ID \(.*\); got ""$/ },
  { given: { appId: "" }, says: /^appId must be .*; got ""$/ },
  { given: { appId: "1e3" }, says: /got "1e3"$/ },
  { given: { appId: "123456789012345678901" }, says: /^appId must be/ },
  { given: { appId: ["11"] }, says: /^appId must be .*; got ""$/ },
  { given: { appId: "11", hostname: "https://heap.example/" }, says: /^hostname must be a bare host name; got "https:\/\/heap.example\/"$/ },
  { given: { appId: "11", integrations: "[]" }, says: /^integrations must be/ },
  { given: { appId: "11", integrations: "{" }, says: /^integrations must be/ },
  { given: { appId: "11", arrayLimit: -1 }, says: /^arrayLimit must be/ },
  { given: { appId: "11", debug: "yes" }, says: /^debug must be/ },
  { given: { appId: "11", runtime: "https://" }, says: /^runtime must be a URL; got "https:\/\/"$/ },
  { given: { appId: "11", appID: "11" }, says: /^unknown setting "appID", did you mean "appId"\?$/ },
  { given: { appId: "11", hostName: "a" }, says: /did you mean "hostname"\?$/ },
  { given: { appId: "11", somethingElse: 1 }, says: /^unknown setting "somethingElse"$/ },
];

test("what is wrong with a setting is said in one sentence, with what to pass", () => {
  for (const { given, says } of BAD) assert.throws(() => settingsOf(given), { name: "TypeError", message: says });
});

test("of a script's attributes those of other people are left out", () => {
  const data = /** @type {any} */ ({ appId: "11", consent: "required", turbolinksTrack: "reload", debug: "" });
  assert.deepEqual({ ...settingsOfScript(data) }, { appId: "11", consentRequired: true, debug: "" });
});
