"""Heap's snippet as data (script URL, stub methods, config) and as ready HTML, for both of Heap's SDK generations."""

import json
import re
from typing import Any, Final

from .errors import ConfigurationError
from .settings import Settings

CLASSIC_HOST: Final = "cdn.heapanalytics.com"
LATEST_HOST: Final = "cdn.us.heap-api.com"  # in the EU: hostname="cdn.eu.heap-api.com"
CLASSIC_PATH: Final = "/js/heap-{id}.js"
LATEST_PATH: Final = "/config/{id}/heap_config.js"

#: The methods of the classic stub, in the order in which Heap's snippet defines them.
CLASSIC_METHODS: Final = (
    "addEventProperties",
    "addUserProperties",
    "clearEventProperties",
    "identify",
    "removeEventProperty",
    "setEventProperties",
    "track",
    "unsetEventProperty",
    "resetIdentity",
)

#: The methods of the latest stub (beside `load`), in the order in which Heap's snippet defines them.
LATEST_METHODS: Final = (
    "init",
    "startTracking",
    "stopTracking",
    "track",
    "resetIdentity",
    "identify",
    "identifyHashed",
    "getSessionId",
    "getUserId",
    "getIdentity",
    "addUserProperties",
    "addEventProperties",
    "removeEventProperty",
    "clearEventProperties",
    "addAccountProperties",
    "addAdapter",
    "addTransformer",
    "addTransformerFn",
    "onReady",
    "addPageviewProperties",
    "removePageviewProperty",
    "clearPageviewProperties",
    "trackPageview",
)


def script_url(settings: Settings) -> str:
    """The URL of Heap's script for these settings, always https."""
    host = settings.hostname
    if settings.sdk == "classic":
        path = CLASSIC_PATH
    else:  # a script that is served and collected for by a host of one's own is the classic one, as recorded
        path = CLASSIC_PATH if host and settings.tracking_server else LATEST_PATH
    default = CLASSIC_HOST if settings.sdk == "classic" else LATEST_HOST
    return f"https://{host or default}{path.replace('{id}', settings.app_id)}"


def client_config(settings: Settings) -> dict[str, Any] | None:
    """What Heap's script is configured with: `heap.config` (classic; None: nothing) or `heap.clientConfig` (latest)."""
    servers = {"ingestServer": settings.ingest_server, "trackingServer": settings.tracking_server}
    flags = {"disableTextCapture": settings.disable_text_capture, "secureCookie": settings.secure_cookie}
    given = {name: server for name, server in servers.items() if server is not None}
    if settings.sdk == "latest":
        return {**flags, **given, "shouldFetchServerConfig": False}
    return {**{name: True for name, flag in flags.items() if flag}, **given} or None


def loader_data() -> dict[str, Any]:
    """What the page's half has to know of Heap, as JSON-able data that the build puts into it. `{id}`: the App ID."""
    return {
        "classic": {"methods": list(CLASSIC_METHODS), "host": CLASSIC_HOST, "path": CLASSIC_PATH},
        "latest": {"methods": list(LATEST_METHODS), "host": LATEST_HOST, "path": LATEST_PATH},
    }


def html(settings: Settings, nonce: str | None = None) -> str:
    """Heap's snippet as a `<script>` element to put into a page's head. No inserted text can end the element.

    `nonce`: of the page's policy (CSP), made anew for each response; Heap's script gets it too.
    A real Heap that is on the page already is left alone; an element with the id `heap` is not mistaken for one.
    """
    stub = _CLASSIC_STUB if settings.sdk == "classic" else _LATEST_STUB
    methods = CLASSIC_METHODS if settings.sdk == "classic" else LATEST_METHODS
    values = (settings.app_id, client_config(settings), script_url(settings), methods)
    arguments = ",".join("undefined" if value is None else script_json(value) for value in values)
    if nonce is None:
        return f"<script>\n{stub}({arguments});\n</script>\n"
    if not re.fullmatch("[A-Za-z0-9+/_-]+=*", nonce):
        raise ConfigurationError(f"nonce: {nonce!r} is no nonce. Pass base64 text, as secrets.token_urlsafe() gives.")
    return f'<script nonce="{nonce}">\n{stub}({arguments},{script_json(nonce)});\n</script>\n'


def script_json(value: object) -> str:
    """JSON that may stand in a `<script>` element: no `<`, `>`, `&` nor line separator in it, the value the same."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


# Both stubs keep calls until Heap's script takes them over, put the script before the page's first one, and do nothing
# where a heap with methods is there already. An element with the id "heap" is window.heap too: it has a nodeType.
_SCRIPT = """\
  var script = document.createElement("script"), first = document.getElementsByTagName("script")[0];
  script.type = "text/javascript";
  script.async = true;
  script.src = url;
  if (nonce) script.nonce = nonce;
  if (first && first.parentNode) first.parentNode.insertBefore(script, first);
  else document.head.appendChild(script);
}"""

_CLASSIC_STUB = (
    """\
!function (id, config, url, methods, nonce) {
  var heap = window.heap;
  if (heap && !heap.nodeType && (heap.track || heap.loaded)) return;
  heap = window.heap = Array.isArray(heap) ? heap : [];
  heap.load = function (id, config) { heap.appid = id; heap.config = config; };
  heap.load(id, config);
  methods.forEach(function (method) {
    heap[method] = function () { heap.push([method].concat([].slice.call(arguments))); };
  });
"""
    + _SCRIPT
)

_LATEST_STUB = (
    """\
!function (id, config, url, methods, nonce) {
  var heap = window.heap, waiting = window.heapReadyCb = window.heapReadyCb || [];
  if (heap && !heap.nodeType && (heap.track || heap.loaded)) return;
  heap = window.heap = {};
  heap.load = function (id, config) { heap.envId = id; heap.clientConfig = config; };
  heap.load(id, config);
  methods.forEach(function (method) {
    heap[method] = function () {
      var given = [].slice.call(arguments);
      var fn = function () { if (window.heap[method]) window.heap[method].apply(window.heap, given); };
      waiting.push({name: method, fn: fn});
    };
  });
"""
    + _SCRIPT
)
