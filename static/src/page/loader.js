/** The classic script: defines `window.analytics` and loads what its own `data-` attributes say. */

import { instance } from "./instance.js";
import { currentScript, location } from "./natives.js";
import { namesAppId, settingsOfScript } from "./settings.js";

const { src, dataset, nonce } = /** @type {HTMLScriptElement} */ (currentScript());
const settings = settingsOfScript(dataset);
const analytics = instance(src || location().href, { nonce, ...settings }, dataset.global ?? "analytics");
if (namesAppId(settings)) analytics.load();
