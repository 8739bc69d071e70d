/** The classic script: defines `window.analytics` and loads what its own `data-` attributes say. */

import { instance } from "./instance.js";
import { baseURI, currentScript, dataOf, own, say, sourceOfScript } from "./natives.js";
import { namesAppId, settingsOfScript } from "./settings.js";

const script = currentScript();
const data = script ? dataOf(script) : {};
const { settings, warnings } = settingsOfScript(data);
for (let i = 0; i < warnings.length; i++) say("warn", `[heap-web] ${warnings[i]}`);
const analytics = instance(
  script ? sourceOfScript(script) || baseURI() : "",
  { nonce: script && script.nonce, ...settings },
  own(data, "global") ? data.global : "analytics",
);
if (!script)
  say(
    "error",
    '[heap-web] heap-web.js is no module and cannot be run by eval: load it by <script src="…/heap-web.js">, or import heap-web.mjs',
  );
if (namesAppId(settings)) analytics.load();
