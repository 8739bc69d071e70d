"""The user property that an audience becomes: the snake_case form of its name.

Source: https://segment.com/docs/engage/using-engage-data/ ("the trait name is the snake_cased version of the
audience name you provided", as in `order_completed_last_30days`). A key that Segment has made already stays as it
is.
"""

from __future__ import annotations

import re
import unicodedata

from heap_web.core.errors import ConfigurationError

LONGEST = 1023
"""Characters that Heap takes for a property's name."""

_KEY = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*").fullmatch
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_APOSTROPHE = re.compile("['\u2019]")
_WORD = re.compile(r"[^\W_]+")


def property_name(audience: str) -> str:
    """`Order completed last 30 days` -> `order_completed_last_30_days`.

    Words are runs of letters and digits, and the humps of `HighValueUsers`; letters of every script are kept, in
    lower case. Raises `ConfigurationError` for a name without a letter or digit, and for one that Heap has no
    property for.
    """
    if not isinstance(audience, str):
        raise ConfigurationError(f"an audience's name must be text, not {audience!r:.60}")
    if _KEY(audience):
        name = audience
    else:
        text = _HUMP.sub("_", _APOSTROPHE.sub("", unicodedata.normalize("NFKC", audience)))
        name = "_".join(_WORD.findall(unicodedata.normalize("NFKC", text.lower())))
    if not name:
        raise ConfigurationError(
            f"the audience name {audience!r} has no letter or digit to make a property of; pass property="
        )
    return checked(name)


def checked(name: str) -> str:
    """A property's name as it is; `ConfigurationError` if Heap has no user property of this name."""
    if not isinstance(name, str):
        raise ConfigurationError(f"a property's name must be text, not {name!r:.60}")
    if not name or len(name) > LONGEST:
        raise ConfigurationError(
            f"a property's name must have 1 to {LONGEST} characters, not {len(name)}; pass property="
        )
    if name.lower() == "id":
        raise ConfigurationError("Heap has no user property named id; pass another name as property=")
    return name
