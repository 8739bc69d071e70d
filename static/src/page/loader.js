/** The classic script: defines `window.analytics` and loads what its own `data-` attributes say. */

import { instance } from "./instance.js";
import { currentScript, location } from "./natives.js";
import { settingsOfScript } from "./settings.js";

const { src, dataset, nonce } = /** @type {HTMLScriptElement} */ (currentScript());
const analytics = instance(src || location().href, { nonce, ...settingsOfScript(dataset) }, dataset.global ?? "analytics");
if ("appId" in dataset) analytics.load();
