"""`heap_web.load`: the analytics of the page that this Python runs in, or of the page beside its worker."""

import json
import sys
from typing import Any

from ..core.errors import ConfigurationError
from ..core.settings import Settings, camel
from .analytics import Analytics

#: What has been loaded and is not closed, by App ID: a host may run the same code again and again.
_open: dict[str, Analytics] = {}


def load(
    version: str, app_id: object = None, /, *, nonce: object = None, script: object = None, **settings: Any
) -> Analytics:
    """What `heap_web.load` says. `version`: this package's."""
    checked = Settings.of(app_id, **settings)
    nonce, script = _text("nonce", nonce, "the policy's nonce"), _text("script", script, "the URL of heap-web.js")
    if sys.platform != "emscripten":
        raise RuntimeError("heap_web.load needs a web page to load Heap into: run it in Pyodide, PyScript or the like")
    known = _open.get(checked.app_id)
    if known is not None and not known.closed:
        known.loaded_again(checked)
        return known
    from .door import Browser  # here: nothing of it is needed outside a browser

    browser = Browser(version, nonce)
    analytics: Analytics
    if browser.has_document():
        from . import page  # here: a worker needs none

        analytics = page.PageAnalytics(checked, browser, page_settings(checked, nonce), script)
    else:
        from . import bridge, channel  # here: a page needs none

        analytics = bridge.BridgeAnalytics(checked, channel.Channel())
    _open[checked.app_id] = analytics
    browser.later(0, analytics.prepare)
    return analytics


def page_settings(settings: Settings, nonce: str | None = None) -> str:
    """The settings as the page's half takes them: JSON text, names as in JavaScript, what is not set left out."""
    unset = Settings()._asdict()
    given = {camel(name): value for name, value in settings._asdict().items() if value != unset[name]}
    if nonce is not None:
        given["nonce"] = nonce
    if "integrations" not in given:
        return json.dumps(given)
    # Here: few pages set any, and what is in them may be of any type.
    from ..core.javascript import json_text
    from ..core.properties import plain

    return json_text(dict(plain(given)))


def _text(name: str, value: object, what: str) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return None if value is None else str(value)
    raise ConfigurationError(f"{name}: {value!r} is no text. Pass {what}.")
