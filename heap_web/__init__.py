"""Heap analytics for web pages: the public names, nothing else."""

from typing import TYPE_CHECKING

from .core.calls import Call, parse
from .core.commands import Command
from .core.errors import CallError, ConfigurationError, NoPageError
from .core.properties import flatten
from .core.session import step
from .core.settings import Settings
from .core.user import User

if TYPE_CHECKING:
    from typing import Unpack

    from .browser.analytics import Analytics
    from .core.settings import Keywords

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


def load(app_id: object = None, /, **settings: "Unpack[Keywords]") -> "Analytics":
    """Loads Heap into this Python's page, or finds that page from a worker; see `heap_web.browser.load`."""
    from .browser.load import load as load_here  # here: nothing else may need a page

    return load_here(app_id, **settings)
