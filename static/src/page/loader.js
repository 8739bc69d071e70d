/** The classic script: defines `window.analytics` and loads what its own `data-` attributes say. */

import { instance } from "./instance.js";
import { settingsOfScript } from "./settings.js";
import { takeOver } from "./takeover.js";

// An element named currentScript would stand in its way.
const script = /** @type {HTMLScriptElement} */ (document.currentScript);
const { src, dataset, nonce } = script;
const { analytics, isNew } = instance(src, { nonce, ...settingsOfScript(dataset) });
if (isNew) takeOver(analytics, dataset.global || "analytics");
if (dataset.appId !== undefined) analytics.load({});
