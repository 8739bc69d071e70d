/** Consent, before the visitor is asked. */

import { browser } from "../harness.js";

import assert from "node:assert/strict";
import { test } from "node:test";

import { initialConsent } from "../../src/page/visitor/consent.js";

/** @type {[settings: object, navigator: object, consent: string][]} */
const CASES = [
  [{}, {}, "granted"],
  [{ consentRequired: true }, {}, "required"],
  [{}, { doNotTrack: "1" }, "granted"],
  [{ respectDnt: true }, { doNotTrack: "1" }, "refused"],
  [{ respectDnt: true }, { doNotTrack: "0" }, "granted"],
  [{ respectDnt: true }, { globalPrivacyControl: true }, "refused"],
  [{ respectDnt: true, consentRequired: true }, { globalPrivacyControl: true }, "refused"],
  [{ respectDnt: true, consentRequired: true }, {}, "required"],
];

test("consent is granted unless the site asks for it, or the browser says no and the site respects that", () => {
  for (const [settings, navigator, consent] of CASES) {
    browser.navigator = navigator;
    assert.equal(initialConsent(/** @type {any} */ (settings)), consent);
  }
});
