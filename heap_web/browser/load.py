"""`heap_web.load`: the analytics of the page that this Python runs in, or of the page beside its worker."""

import sys
from typing import Any

from ..core.settings import Settings
from .analytics import Analytics


def load(app_id: object = None, /, **settings: Any) -> Analytics:
    """Loads Heap into the page that this Python runs in, and gives its `Analytics`.

    In a worker without a window, the calls go to the page with heap-web.js (see `bridge`). `settings`: see
    `heap_web.Settings`. Raises ConfigurationError if one of them is wrong, RuntimeError outside a browser.
    """
    checked = Settings.of(app_id, **settings)
    if sys.platform != "emscripten":
        raise RuntimeError("heap_web.load needs a web page to load Heap into: run it in Pyodide, PyScript or the like")
    from . import page  # here: nothing of it is needed outside a browser

    browser = page.Browser()
    if browser.has_document():
        return page.PageAnalytics(checked, browser)
    from . import bridge  # here: a page needs none

    return bridge.BridgeAnalytics(checked, bridge.Channel())
