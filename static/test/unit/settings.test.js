/** Settings from script attributes and from `load`. */

import "../harness.js";

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { namesAppId, settingsOf, settingsOfScript } from "../../src/page/settings.js";

/** The same cases as for Python. What attributes alone may say, flags and objects as text, is below. */
const CASES = JSON.parse(readFileSync(new URL("../../../tests/settings.json", import.meta.url), "utf8"));

test("what Python takes as a setting is taken here, and what it refuses is refused", () => {
  for (const { setting, value, kept, refused } of CASES) {
    const given = { appId: "11", [setting]: value };
    const shown = JSON.stringify({ setting, value });
    if (refused) assert.throws(() => settingsOf(given), { name: "TypeError", message: RegExp(`^${setting} must be`) }, shown);
    else assert.deepEqual(/** @type {any} */ (settingsOf(given))[setting] ?? null, kept, shown);
  }
});

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
  { given: { appId: ["11"] }, says: /^appId must be .*; got object$/ },
  { given: { appId: "11", hostname: "https://heap.example/" }, says: /^hostname must be a bare host name; got "https:\/\/heap.example\/"$/ },
  { given: { appId: "11", integrations: "[]" }, says: /^integrations must be/ },
  { given: { appId: "11", integrations: "{" }, says: /^integrations must be/ },
  { given: { appId: "11", arrayLimit: -1 }, says: /^arrayLimit must be/ },
  { given: { appId: "11", debug: "yes" }, says: /^debug must be/ },
  { given: { appId: "11", runtime: "https://" }, says: /^runtime must be a URL; got "https:\/\/"$/ },
  { given: { appId: "11", appID: "11" }, says: /^unknown setting "appID", did you mean "appId" \(data-app-id\)\?$/ },
  { given: { appid: "11" }, says: /^unknown setting "appid", did you mean "appId" \(data-app-id\)\?$/ },
  { given: { appId: "11", consentrequired: "" }, says: /did you mean "consentRequired" \(data-consent="required"\)\?$/ },
  { given: { appId: "x", sdk: "new", debg: "" }, says: /^appId must be .*; got "x"\nsdk must be .*; got "new"\nunknown setting "debg", did you mean "debug" \(data-debug\)\?$/ },
  { given: { sdk: "new" }, says: /^sdk must be .*; got "new"\nappId must be .*; got ""$/ },
  { given: { appId: "11", hostName: "a" }, says: /did you mean "hostname" \(data-hostname\)\?$/ },
  { given: { appId: "11", somethingElse: 1 }, says: /^unknown setting "somethingElse"$/ },
];

test("all that is wrong with the settings is said at once, with what to pass", () => {
  for (const { given, says } of BAD) assert.throws(() => settingsOf(given), { name: "TypeError", message: says });
});

test("of a script's attributes those of other people are left out", () => {
  const others = { turbolinksTrack: "reload", src: "a.js", ssr: "", cfasync: "false", id: "x", turboTrack: "reload", ot: "1", host: "h", n: "", dk: "" };
  const data = /** @type {any} */ ({ appId: "11", consent: "required", debug: "", ...others });
  const { settings, warnings } = settingsOfScript(data);
  assert.deepEqual({ ...settings }, { appId: "11", consentRequired: true, debug: "" });
  assert.deepEqual(warnings, []);
});

test("a long attribute that looks like a misspelt setting is warned of, and ignored", () => {
  const { settings, warnings } = settingsOfScript(/** @type {any} */ ({ appId: "11", respectDNT: "", secureCookies: "", hostnames: "a" }));
  assert.deepEqual({ ...settings }, { appId: "11" });
  assert.deepEqual(warnings, [
    "data-respect-d-n-t is no setting of ours, and is ignored: did you mean data-respect-dnt?",
    "data-secure-cookies is no setting of ours, and is ignored: did you mean data-secure-cookie?",
    "data-hostnames is no setting of ours, and is ignored: did you mean data-hostname?",
  ]);
});

test("a script starts when it names an App ID, be it misspelt", () => {
  const cases = /** @type {const} */ ([
    [{ appId: "11" }, true],
    [{ appId: "" }, true],
    [{ appid: "11" }, true],
    [{ appID: "11" }, true],
    [{ debug: "" }, false],
    [{}, false],
  ]);
  for (const [data, starts] of cases) assert.equal(namesAppId(settingsOfScript(/** @type {any} */ (data)).settings), starts);
});
