"""Heap analytics for web pages: the public names, nothing else."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import Unpack

    from .browser.analytics import Analytics
    from .core.calls import Call, parse
    from .core.commands import Command
    from .core.errors import CallError, ConfigurationError, NoPageError
    from .core.properties import flatten
    from .core.session import step
    from .core.settings import Keywords, Settings
    from .core.user import User

__all__ = [
    "Call",
    "CallError",
    "Command",
    "ConfigurationError",
    "NoPageError",
    "Settings",
    "User",
    "flatten",
    "load",
    "parse",
    "step",
]


__version__ = "1.0.0rc1"

# The module of each name. It is imported when the name is asked for: most pages ask for `load` alone.
_MODULES = {
    "Call": "calls",
    "CallError": "errors",
    "Command": "commands",
    "ConfigurationError": "errors",
    "NoPageError": "errors",
    "Settings": "settings",
    "User": "user",
    "flatten": "properties",
    "parse": "calls",
    "step": "session",
}


if not TYPE_CHECKING:  # else every name would exist for a type checker

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.core.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load(
    app_id: object = None, /, *, nonce: str | None = None, script: str | None = None, **settings: "Unpack[Keywords]"
) -> "Analytics":
    """Loads Heap for the page that this Python runs in, and gives its `Analytics`; the same App ID gives the same one.

    The page's half, heap-web.js, is found in the page or put into it. `script`: its URL, for a page whose policy (CSP)
    lets no inline script run; `nonce`: that policy's nonce, for our script and Heap's. In a worker without a window the
    calls go to the page that has heap-web.js. `settings`: see `Settings`.

    Raises ConfigurationError if one of them is wrong or the page refuses them, RuntimeError outside a browser.
    """
    from .browser.load import load as load_here  # here: nothing else may need a page

    return load_here(__version__, app_id, nonce=nonce, script=script, **settings)
