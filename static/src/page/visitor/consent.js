/** Whether the visitor may be tracked: granted, still to be asked, or refused. */

import { navigator } from "../natives.js";

/** @typedef {"granted" | "required" | "refused"} Consent */

/** @param {import("../settings.js").Settings} settings @returns {Consent} */
export function initialConsent({ consentRequired, respectDnt }) {
  const { doNotTrack, globalPrivacyControl } = /** @type {Navigator & {globalPrivacyControl?: boolean}} */ (navigator());
  if (respectDnt && (doNotTrack === "1" || globalPrivacyControl)) return "refused";
  return consentRequired ? "required" : "granted";
}
