"""The pure modules of inspector and demo, run by Node: comparing values, writing calls as source, reading literals."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from heap_web.dev.build.toolchain import node
from heap_web.dev.serve.site import STATIC

CALL = """const [module, name, ...args] = JSON.parse(process.argv[1]);
import(module).then((loaded) => {
  try {
    console.log(JSON.stringify({ value: loaded[name](...args) }));
  } catch (error) {
    console.log(JSON.stringify({ threw: `${error.name}: ${error.message}` }));
  }
});"""


def call(module: str, name: str, *args: object) -> dict[str, Any]:
    """What a function of a module returns (`value`, through JSON) or throws (`threw`)."""
    given = json.dumps([(STATIC / "src" / module).as_uri(), name, *args])
    done = subprocess.run([node(), "-e", CALL, given], capture_output=True, text=True, check=True, timeout=60)
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("args", "commands", "rows"),
    [
        (["E", {"a": {"b": 1}}], [["track", "E", {"a.b": 1}]], [["a.b", "same"]]),
        (["E", {"a": [1]}], [["track", "E", {"a": "[1]"}]], [["a", "changed"]]),
        (["E", {"a": None, "b": {}}], [["track", "E", {}]], [["a", "dropped"], ["b", "dropped"]]),
        (["E", {"a": {"$": "bigint", "v": "7"}}], [["track", "E", {"a": 7}]], [["a", "changed"]]),
        (["E", {"a": {"$": "undefined"}}], [["track", "E", {}]], [["a", "dropped"]]),
        (["E", {"$": "object", "v": [["$", 1]]}], [["track", "E", {"$": 1}]], [["$", "same"]]),
        (
            ["u", {"email": "a@b"}],
            [["identify", "u"], ["addUserProperties", {"_email": "a@b"}]],
            [["email → _email", "changed"]],
        ),
        (["E", {"p": [{"n": 1}]}], [["track", "E", {"p.0.n": 1}]], [["p.0.n", "same"]]),
        (["E"], [["track", "E", {"extra": 1}]], [["extra", "added"]]),
        (["E"], [["track", "E", {}]], []),
    ],
)
def test_compares_values_before_and_after(args: list[object], commands: list[object], rows: list[list[str]]) -> None:
    """Each property is one row: the same, changed, added or dropped."""
    compared = call("inspector/compare.js", "compare", args, commands)["value"]
    assert [[row["key"], row["mark"]] for row in compared] == rows


@pytest.mark.parametrize(
    ("args", "javascript", "python"),
    [
        (["E"], 'f("E")', 'f("E")'),
        (["E", {"a b": [True, None]}], 'f("E", { "a b": [true, null] })', 'f("E", {"a b": [True, None]})'),
        ([{"$": "bigint", "v": "10"}], "f(10n)", "f(10)"),
        ([{"$": "number", "v": "NaN"}], "f(NaN)", 'f(float("nan"))'),
        ([{"$": "number", "v": "-Infinity"}], "f(-Infinity)", 'f(float("-inf"))'),
        ([{"$": "undefined"}], "f(undefined)", "f(None)"),
        (['a "b"'], """f('a "b"')""", """f('a "b"')"""),
        (["a \"b\" 'c'\n"], r"""f("a \"b\" 'c'\n")""", r"""f("a \"b\" 'c'\n")"""),
        (
            [{"long": "x" * 60, "list": [1, 2]}],
            'f({\n  long: "' + "x" * 60 + '",\n  list: [1, 2]\n})',
            'f({\n    "long": "' + "x" * 60 + '",\n    "list": [1, 2],\n})',
        ),
    ],
)
def test_writes_a_call_as_source(args: list[object], javascript: str, python: str) -> None:
    """A call is written as one would write it in JavaScript and in Python, with the values that JSON does not have."""
    assert call("inspector/source.js", "toJavaScript", "f", args) == {"value": javascript}
    assert call("inspector/source.js", "toPython", "f", args) == {"value": python}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('{"a": [1, 2.5e3, -0.5]}', {"a": [1, 2500, -0.5]}),
        ("{ a: 'x', 'b c': `y\nz`, 1: .5, }", {"1": 0.5, "a": "x", "b c": "y\nz"}),
        ("[true, false, null, 0x1F, 1_000] // and so on", [True, False, None, 31, 1000]),
        ('"\\u00e9\\x41\\u{1F95C}\\n"', "éA🥜\n"),
        ("/* none */ {}", {}),
        ("new Date('2026-02-28T00:00:00Z')", "2026-02-28T00:00:00.000Z"),
        (
            "{ when: [new Date(0)], f: () => ({ a: 1 }), g: function x(a) { return { b: 2 } } }",
            {"when": ["1970-01-01T00:00:00.000Z"]},
        ),
        ("{ '__proto__': 1 }", {"__proto__": 1}),
    ],
)
def test_reads_values_as_javascript_writes_them(written: str, shown: object) -> None:
    """The playground's reader takes JSON and what people write instead of it."""
    assert call("demo/literal.js", "readLiteral", written) == {"value": shown}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{ a: [1, 2 }", "Line 1, column 12: a comma or ] is missing"),
        ("{\n  a: cheese\n}", "Line 2, column 6: cheese is no value known here; text needs quotes"),
        ("{ a: new Socket() }", "new Socket is not known here"),
        ('{ a: "open', "the text is not closed"),
        ("{ a: 1 } b", "nothing may follow the value"),
        ("{ a: new URL('nowhere') }", "URL: "),
    ],
)
def test_says_where_a_value_ends(written: str, said: str) -> None:
    """What is no value is refused with what is missing, and in which line and column."""
    threw = call("demo/literal.js", "readLiteral", written)["threw"]
    assert threw.startswith("LiteralError: Line ")
    assert said in threw
