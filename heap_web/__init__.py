"""Heap analytics for web pages: the public names, nothing else."""

from typing import TYPE_CHECKING

from .calls import Call, parse
from .commands import Command
from .errors import CallError, ConfigurationError, NoPageError
from .properties import flatten
from .session import step
from .settings import Settings
from .user import User

if TYPE_CHECKING:
    from typing import Unpack

    from .analytics import Analytics
    from .settings import Keywords

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
    """Loads Heap into the page that this Python runs in, or finds that page from a worker; see `heap_web.page.load`."""
    from . import page  # here: nothing else may need a page

    return page.load(app_id, **settings)
