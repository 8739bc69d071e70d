"""JSON text, numbers and strings exactly as JavaScript writes them, and the values that a page sends over the wire.

Sources: ECMA-262, Number::toString and JSON.stringify (well-formed: a lone surrogate is written as a `\\udxxx` escape).
"""

import re
from collections.abc import Callable
from json import encoder
from json.encoder import JSONEncoder, encode_basestring, encode_basestring_ascii
from typing import Any, Final

from .markers import FUNCTION, INVALID_DATE, OPAQUE, UNDEFINED, BigInt, Verbatim

#: Largest integer n so that n and n + 1 are both exact in a double (Number.MAX_SAFE_INTEGER).
MAX_SAFE_INTEGER: Final = 2**53 - 1


def number_text(value: float) -> str:
    """The text of a number as JavaScript's `String(value)` gives it: 1.0 -> "1", 1e16 -> "10000000000000000"."""
    if value != value:  # noqa: PLR0124 - NaN is the one value that is not itself
        return "NaN"
    if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
        whole = int(value)
        if whole == value:
            return str(whole)
    try:
        value = float(value)
    except OverflowError:
        return "Infinity" if value > 0 else "-Infinity"
    sign, text = ("-", repr(-value)) if value < 0 else ("", repr(value))
    if text == "inf":
        return sign + "Infinity"
    mantissa, _, exponent = text.partition("e")
    whole_digits, _, fraction = mantissa.partition(".")
    point = len(whole_digits) + int(exponent or 0)  # where the decimal point stands, counted from the first digit
    digits = (whole_digits + fraction).lstrip("0")
    point -= len(whole_digits + fraction) - len(digits)
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return f"{sign}{digits[0]}.{digits[1:]}{tail}" if count > 1 else sign + digits + tail


# By pattern and not by codec: UTF-16's is a module of its own, which the worker's frozen Python does not have.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def _joined(text: str) -> str:
    """`text` with each surrogate pair as the one character that it stands for."""
    return _SURROGATE_PAIR.sub(
        lambda pair: chr(((ord(pair[0][0]) & 0x3FF) << 10) + (ord(pair[0][1]) & 0x3FF) + 0x10000), text
    )


def well_formed(text: str) -> str:
    """`text` with each lone surrogate replaced by U+FFFD, as String.prototype.toWellFormed does."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", _joined(text))
    return text


def _escape_surrogates(text: str) -> str:
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", _joined(text))
    return text


def compact_encoder(*, ascii_only: bool) -> Callable[[object], str]:
    """Writes plain JSON without spaces, NaN and what is no JSON excepted (ValueError, TypeError).

    JSONEncoder sets its C half up anew for each text, which takes longer than writing the text of a call; so the C half
    is kept where it is to be had.
    """
    make = getattr(encoder, "c_make_encoder", None)
    if make is None:
        return JSONEncoder(ensure_ascii=ascii_only, check_circular=False, allow_nan=False, separators=(",", ":")).encode
    quote = encode_basestring_ascii if ascii_only else encode_basestring
    encode = make(None, None, quote, None, ":", ",", False, False, False)
    return lambda value: "".join(encode(value, 0))


_encode = compact_encoder(ascii_only=False)
# a number that Python may write otherwise than JavaScript (1.0, -0.0, 1e-07), or text that looks like one
_OTHER_NUMBER = re.compile(r"[0-9](?:\.0(?![0-9])|e[-+][0-9])")


def quick_text(value: object) -> str | None:
    """`json_text(value)` by the encoder written in C, or None where that one may write something else.

    `value`: plain JSON (dict, list, str, int, float, bool, None), the integers within ±MAX_SAFE_INTEGER.
    """
    try:
        text = _encode(value)
    except (ValueError, TypeError, RecursionError):
        return None
    return None if _OTHER_NUMBER.search(text) else _escape_surrogates(text)


def brief_text(value: object) -> str | None:
    """JSON text by the encoder written in C, for who reads it as JSON again; None where that one fails.

    `value`: as for `quick_text`, the floats too within ±MAX_SAFE_INTEGER: JavaScript may write others as integers.
    """
    try:
        return _escape_surrogates(_encode(value))
    except (ValueError, TypeError, RecursionError):
        return None


def json_text(value: object, rewrite: Any = None) -> str:
    """What `JSON.stringify(value)` writes, to the character, at any depth and without recursion.

    `value`: plain JSON; numbers that are not finite, and what is no JSON, are written as null.
    `rewrite`: applied to each exact `str` that is a value (not to keys) before it is written.
    """
    parts: list[str] = []
    write = parts.append
    stack: list[tuple[Any, str]] = []  # containers being written: (what is left of them, how they end)
    items: Any = iter((value,))
    end = ""
    comma = False
    while True:
        for item in items:
            if comma:
                write(",")
            comma = True
            if end == "}":
                key, item = item  # noqa: PLW2901
                write(encode_basestring(key) + ":")
            kind = type(item)
            if isinstance(item, str):
                write(encode_basestring(rewrite(item) if rewrite is not None and kind is str else item))
            elif item is None:
                write("null")
            elif kind is bool:
                write("true" if item else "false")
            elif kind is int or kind is float:
                write(number_text(item) if item - item == 0 else "null")
            elif kind is list or isinstance(item, dict):
                stack.append((items, end))
                items, end = (iter(item), "]") if kind is list else (iter(item.items()), "}")
                write("[" if kind is list else "{")
                comma = False
                break
            else:
                write("null")
        else:
            write(end)
            if not stack:
                return _escape_surrogates("".join(parts))
            items, end = stack.pop()
            comma = True


def from_wire(value: Any) -> Any:
    """The Python values of wire values (`{"$": kind, …}` tags inside freshly parsed JSON, which is changed in place).

    undefined, invalid dates, functions and opaque arguments become markers, a BigInt a BigInt, a number
    sent as text a float, and text that a Python caller's value is read as stays as it is.
    """
    if type(value) is not list:
        box = [value]
        from_wire(box)
        return box[0]
    work: list[Any] = [value]
    while work:
        container = work.pop()
        entries = enumerate(container) if type(container) is list else container.items()
        for key, child in entries:
            kind = type(child)
            if kind is dict and "$" in child:
                child = container[key] = _from_tag(child)  # noqa: PLW2901
                kind = type(child)
            if kind is dict or kind is list:
                work.append(child)
    return value


def _from_tag(tag: dict[str, Any]) -> Any:
    kind, value = tag["$"], tag.get("v")
    if type(kind) is not str:
        return UNDEFINED
    if kind == "object":
        pairs = value if type(value) is list else []
        return {pair[0]: pair[1] for pair in pairs if type(pair) is list and len(pair) == 2 and type(pair[0]) is str}
    if kind == "text" and type(value) is str:
        return Verbatim(value)
    if kind == "number" and type(value) is str:
        try:
            return float(value)
        except ValueError:
            return UNDEFINED
    if kind == "bigint" and type(value) is str:
        try:
            return BigInt(value)
        except ValueError:  # more digits than Python converts; the text is what is wanted of it anyway
            return Verbatim(value) if value.lstrip("-").isdecimal() else UNDEFINED
    if kind == "text" and type(value) is str:
        return Verbatim(value)
    return {"date": INVALID_DATE, "function": FUNCTION, "opaque": OPAQUE}.get(kind, UNDEFINED)


def is_array_index(key: str) -> bool:
    """Whether `key` is one of the keys that JavaScript puts first, in ascending order ("0" … 2**32 - 2)."""
    return (
        key.isdecimal() and key.isascii() and len(key) <= 10 and (key[0] != "0" or key == "0") and int(key) < 2**32 - 1
    )
