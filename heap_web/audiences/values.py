"""A trait's value as text by which an engine compares it, and back as what Heap is told.

The text tells the kind too, so the number 7 and the text "7" are different values: `s:` text, `n:` number, `b:` true or
false, `t:` seconds since 1970, `j:` text with characters that not every engine takes, as JSON.
"""

from __future__ import annotations

import json

import ibis
import ibis.expr.types as ir

from heap_web.cloud.documented import shortened
from heap_web.core.errors import ConfigurationError
from heap_web.core.javascript import MAX_SAFE_INTEGER, well_formed
from heap_web.core.markers import Marker
from heap_web.core.scalars import Scalar, iso_text, scalar


class Encoded(str):
    """A value that is encoded already."""

    __slots__ = ()


def encoded(value: object) -> str | None:
    """A program's value; None for no value. Raises `ConfigurationError` for what is no scalar."""
    if isinstance(value, Encoded):
        return str(value)
    plain = scalar(value)
    if plain is None or isinstance(plain, Marker):
        if plain is None or _is_missing(value):
            return None
        raise ConfigurationError(
            f"a trait's value must be text, a number, a date or a bool, not {type(value).__name__}"
        )
    if isinstance(plain, bool):
        return f"b:{str(plain).lower()}"
    if isinstance(plain, int | float):
        # pandas makes doubles of integers where one is missing.
        is_whole = isinstance(plain, float) and plain.is_integer() and abs(plain) <= MAX_SAFE_INTEGER
        return f"n:{int(plain) if is_whole else plain!r}"
    text = well_formed(str(plain))
    return f"j:{json.dumps(text)}" if "\0" in text else f"s:{text}"


def decoded(text: str) -> Scalar:
    """The value again, as Heap takes it."""
    kind, rest = text[:2], text[2:]
    if kind == "s:":
        return shortened(rest)
    if kind == "j:":
        return shortened(json.loads(rest))
    if kind == "b:":
        return rest == "true"
    if kind == "t:":
        return iso_text(int(rest) * 1000)
    number = int(rest) if rest.lstrip("-").isdecimal() else float(rest)
    if isinstance(number, int):
        return number if abs(number) <= MAX_SAFE_INTEGER else rest
    return int(number) if number.is_integer() and abs(number) <= MAX_SAFE_INTEGER else number


def column_of(column: ir.Value) -> ir.Value:
    """A table's column of values, encoded by its engine; null for no value."""
    kind = column.type()
    if kind.is_string():
        return ibis.literal("s:") + column
    if kind.is_uuid():
        return ibis.literal("s:") + column.cast("string")
    if kind.is_boolean():
        return ibis.ifelse(column, "b:true", ibis.ifelse(column.isnull(), ibis.null("string"), "b:false"))
    if kind.is_integer():
        return ibis.literal("n:") + column.cast("string")
    if kind.is_floating() or kind.is_decimal():
        number = column.cast("float64")
        finite = ~(number.isnan() | number.isinf())
        return ibis.ifelse(finite, ibis.literal("n:") + number.cast("string"), ibis.null("string"))
    if kind.is_timestamp():
        return ibis.literal("t:") + column.epoch_seconds().cast("int64").cast("string")
    if kind.is_date():
        return ibis.literal("s:") + column.strftime("%Y-%m-%d")
    raise ConfigurationError(
        f"a trait's values must be text, numbers, dates or booleans; the column {column.get_name()!r} is {kind}"
    )


def _is_missing(value: object) -> bool:
    return type(value).__name__ in {"NAType", "NaTType"}
