"""Texts that mean something somewhere: in JSON, in JavaScript's objects, in Heap's names, in dates."""

from __future__ import annotations

from random import Random

TEXTS = (
    *(
        "",
        " ",
        "a",
        "b",
        "a.b",
        ".",
        "$",
        "x\x00y",
        "\u2028",
        '"\\',
        "😀",
        "\ud800",
        "\udc00\ud800",
        "\ud83d\ude00",
        "x\udfff",
    ),
    *("__proto__", "constructor", "prototype", "toJSON", "toString", "valueOf", "hasOwnProperty", "length", "then"),
    *("nodeType", "null", "undefined", "NaN", "[object Object]", "true", "0", "1", "10", "01", "4294967295", "٣", "²"),
    *("id", "email", "_email", "ada@example.com", "@.", "Heap", "heap", "All", "all", "A-L_L", "integrations"),
    *(
        "context",
        "providers",
        "anonymousId",
        "anonymous_id",
        "call",
        "item",
        "Heap item",
        "user_id",
        "1e400",
        "-0",
        "0x10",
    ),
    *("2020-02-29", "2021-02-29", "2020-06-07 08:09:10", "2020-06-07 24:00:00", "2020-06-07T08:09:10.123456+05:30"),
    *(
        "2016-12-31T23:59:60Z",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2020-06-07T24:00",
        "٢٠٢٠-٠١-٠١",
    ),
    *("é" * 300, "x" * 1025, "\ud800" * 600, "-" * 40, "1234-" * 9),
)
#: One text in so many is huge.
RARE = 4_000
HUGE = 1_000_000


def pick_text(source: Random) -> str:
    """A text, seldom a huge one, sometimes two in one."""
    kind = source.randrange(RARE)
    if kind == 0:
        return (source.choice(TEXTS) * 20_000)[:HUGE]
    return source.choice(TEXTS) + source.choice(TEXTS) if kind % 5 == 0 else source.choice(TEXTS)
