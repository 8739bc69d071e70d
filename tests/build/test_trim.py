"""Pyodide trimmed to what a frozen interpreter uses: what stays, what goes, and that it answers as this Python does."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from heap_web import runtime as worker
from heap_web.dev.build import runtime
from heap_web.dev.build.steps import StepFailed
from heap_web.dev.build.toolchain import PYODIDE, node, node_tool
from heap_web.dev.build.wheel import build_wheel
from tests.conformance.test_classic import CLASSIC, asked
from tests.conformance.wire import batch
from tests.too_small import core, empty, too_little_python, too_small

# Longer batches are answered in a test of their own, and not at each build.
SHORT = 10_000
# A glue of the same layout as Pyodide's, around one or two statements of a test.
GLUE = """
async function _createPyodideModule(moduleArg={}){var Module=moduleArg;%s
var _malloc,_free,memory;function assignWasmExports(wasmExports){_malloc=Module["_malloc"]=wasmExports["malloc"];
_free=Module["_free"]=wasmExports["free"];memory=Module["memory"]=wasmExports["memory"];}
function applySignatureConversions(wasmExports){wasmExports["malloc"]=wrap(wasmExports["malloc"]);}
var wasmImports={open:_open,close:_close};}
export default _createPyodideModule;
"""
TRIM = f"""
const {{ readGlue }} = await import({json.dumps((runtime.TOOLS / "trim" / "read-glue.mjs").as_uri())});
const {{ writeGlue }} = await import({json.dumps((runtime.TOOLS / "trim" / "write-glue.mjs").as_uri())});
const {{ graphOf }} = await import({json.dumps((runtime.TOOLS / "trim" / "reach.mjs").as_uri())});
const glue = readGlue(process.argv[1]);
// (module (import "env" "open" (func)) (memory 1) (func) (export …))
const wasm = Uint8Array.from([0,97,115,109,1,0,0,0, 1,4,1,96,0,0, 2,12,1,3,101,110,118,4,111,112,101,110,0,0,
  3,2,1,0, 5,3,1,0,1, 7,26,3,6,109,97,108,108,111,99,0,1,
  4,102,114,101,101,0,1,6,109,101,109,111,114,121,2,0, 10,4,1,2,0,11]);
const graph = graphOf(glue, new WebAssembly.Module(wasm), [".memory"]);
const nodes = new Map(graph.map((node) => [node.name, node]));
const live = new Set();
const visit = (name) => {{
  if (live.has(name)) return;
  live.add(name);
  (nodes.get(name)?.reaches ?? []).forEach(visit);
}};
graph.filter(({{ root }}) => root).forEach(({{ name }}) => visit(name));
if (process.argv[2]) visit("give:env:open");
const units = new Set(glue.units.filter((_, index) => live.has(`unit:${{index}}`)));
const taken = new Set([...live].filter((name) => name.startsWith("export:")).map((name) => name.slice(7)));
console.log(writeGlue(glue, {{ units, taken, given: new Set(process.argv[2] ? ["open"] : []) }}));
"""


def batches(*, short: bool) -> list[str]:
    """The recorded cases, each as the one batch that a page would post."""
    texts = [batch(*asked(case)) for case in CLASSIC if case["class"] != "core"]
    return [text for text in texts if (len(text) < SHORT) == short]


def test_a_build_asks_its_runtime_every_recorded_case_but_the_longest() -> None:
    """The batches that a built runtime must answer are the recorded cases as they are now."""
    assert json.loads(runtime.BATCHES.read_text("utf-8")) == batches(short=True)


def test_the_built_runtime_answers_the_longest_cases_as_this_python_does(dist: Path) -> None:
    """The built runtime answers the longest recorded cases, megabytes and deep nesting, as this Python does."""
    (folder,) = (dist / "runtime").iterdir()
    longest = batches(short=False)
    assert max(map(len, longest)) > 1_000_000
    options = {"folder": str(folder), "batches": [[text, worker.run(text)] for text in longest]}
    node_tool("asking the built runtime", "verify.mjs", json.dumps(options))


def trimmed(statements: str, *, opens: bool = False) -> str:
    """A glue with these statements, trimmed; `opens`: for a wasm that imports `open`."""
    command = [node(), "--input-type=module", "--eval", TRIM, GLUE % statements, "opens" if opens else ""]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize(
    ("statements", "opens", "stays", "goes"),
    [
        ("function a(){b()}function b(){}", False, "", "function a(;function b("),
        ("function a(){b()}function b(){}a();", False, "function a(;function b(", ""),
        ("var a=1,b=2,c=3;use(b);", False, "var b=2;", "a=1;c=3"),
        ("var a=start();", False, "var a=start()", ""),
        ('Module["a"]=a;var a={};', False, "", 'Module["a"];a={}'),
        ('Module["a"]=a;var a={};use(Module.a);', False, 'Module["a"]=a;var a={}', ""),
        ('Module["a"]=a;var a={};use("a");', False, 'Module["a"]=a;var a={}', ""),
        ('Module["a"]=a;var a={};use(a);', False, "var a={}", 'Module["a"]'),
        ('function _open(){}_open.sig="i";', False, "", "_open"),
        ('function _open(){}_open.sig="i";', True, 'function _open(){};_open.sig="i";open:_open', "close"),
        ("use(_malloc);", False, '_malloc=Module["_malloc"];wasmExports["malloc"]=wrap', "free"),
        ("use(Module._free);", False, '_free=Module["_free"]', "malloc"),
        ("function _open(){_free()}", True, '_free=Module["_free"]', "malloc"),
        ('wasmExports["free"]();', False, "_free=", "malloc"),
    ],
)
def test_of_the_glue_stays_what_is_used(statements: str, opens: bool, stays: str, goes: str) -> None:
    """Of the glue stays what does something by itself, and what that or the wasm uses; the rest goes."""
    rest = trimmed(statements, opens=opens)
    assert [part for part in stays.split(";") if part not in rest] == []
    assert [part for part in goes.split(";") if part and part in rest] == []
    assert 'memory=Module["memory"]' in rest  # what the worker uses by name


def test_a_glue_of_another_layout_is_refused() -> None:
    """A glue that is not laid out as the pinned version's is not trimmed but refused."""
    command = [node(), "--input-type=module", "--eval", TRIM, "async function _createPyodideModule(){}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "not laid out as this version of Pyodide should have it" in done.stderr


def test_pyodide_asks_for_and_offers_less_than_npms_and_nothing_else(dist: Path) -> None:
    """The whole .wasm that is built imports and exports a part of what npm's does, and nothing else."""
    (folder,) = (dist / "runtime").iterdir()
    program = """
    const { readFileSync } = await import("node:fs");
    const read = (path) => new WebAssembly.Module(readFileSync(path));
    const [ours, theirs] = process.argv.slice(1).map(read);
    const names = (list) => list.map(({ module, name, kind }) => [module, name, kind].join(" "));
    const { imports, exports } = WebAssembly.Module;
    const all = (module) => [...names(imports(module)), ...names(exports(module))];
    const known = new Set(all(theirs));
    const fresh = all(ours).filter((name) => !known.has(name));
    console.log(JSON.stringify({ ours: all(ours).length, theirs: known.size, new: fresh }));
    """
    paths = [str(folder / runtime.WHOLE[0]), str(PYODIDE / "pyodide.asm.wasm")]
    command = [node(), "--input-type=module", "--eval", program, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    seen = json.loads(done.stdout)
    assert seen["new"] == []
    assert seen["ours"] * 10 < seen["theirs"]


@pytest.mark.parametrize("how", ["it cannot be trimmed", "it does not boot then"])
def test_where_trimming_fails_pyodide_is_shipped_as_npm_has_it(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where Pyodide cannot be trimmed, or does not boot then, the runtime holds npm's own files, and boots."""

    whole, shrink = core(), runtime._small

    def broken() -> Path:
        if how == "it cannot be trimmed":
            raise StepFailed("no scissors")
        for name, original in runtime.PYODIDE_FILES.items():
            (tmp_path / name).write_bytes((PYODIDE / original).read_bytes())
        (tmp_path / runtime.GLUE).write_text("export default () => { throw Error('cut too deep') }", "utf-8")
        return tmp_path

    monkeypatch.setattr(runtime, "_trimmed", broken)
    # Of the same core the same small interpreter is made, which the build has.
    monkeypatch.setattr(runtime, "_small", lambda _, snapshot: shrink(whole, snapshot))
    _, files = runtime.build_runtime(build_wheel())
    assert not runtime.trimmed(files)
    assert "no scissors" in capsys.readouterr().out or how != "it cannot be trimmed"


@pytest.mark.parametrize("make", [lambda _: too_small(), empty], ids=["too small", "empty"])
def test_what_comes_to_a_stub_is_answered_on_the_whole_wasm(
    make: Callable[[Path], bytes], dist: Path, tmp_path: Path
) -> None:
    """Every case, from the boot or the batch on that comes to a stub, is answered as ever, by the whole .wasm."""
    (folder,) = (dist / "runtime").iterdir()
    scratch, built = tmp_path / "scratch", tmp_path / "built"
    scratch.mkdir()
    shutil.copytree(folder, built)
    (built / "pyodide.asm.wasm").write_bytes(make(scratch))
    texts = [runtime.SAMPLE.read_text("utf-8"), *batches(short=True)]
    asked = {"folder": str(built), "batches": [[text, worker.run(text)] for text in texts], "lacks": True}
    options = json.dumps(asked)
    node_tool("asking a runtime that lacks a lot", "verify.mjs", options)
    (built / runtime.WHOLE[0]).unlink()
    with pytest.raises(StepFailed, match=f"{runtime.WHOLE[0]} answered 404"):
        node_tool("asking a runtime that lacks the whole", "verify.mjs", options)


def test_what_comes_to_python_that_was_left_out_is_answered_by_the_whole(dist: Path, tmp_path: Path) -> None:
    """Every case that comes to a Python function that was left out is answered as ever, by the whole interpreter."""
    (folder,) = (dist / "runtime").iterdir()
    scratch, built = tmp_path / "scratch", tmp_path / "built"
    scratch.mkdir()
    built.mkdir()
    for name, content in too_little_python(folder, scratch).items():
        (built / name).write_bytes(content)
    texts = [runtime.SAMPLE.read_text("utf-8"), *batches(short=True)]
    asked = {"folder": str(built), "batches": [[text, worker.run(text)] for text in texts], "lacks": True}
    node_tool("asking a runtime that lacks a lot of Python", "verify.mjs", json.dumps(asked))
    with pytest.raises(StepFailed, match=f"{runtime.WHOLE[0]} answered 500"):
        node_tool("asking for nothing to be left out", "verify.mjs", json.dumps({**asked, "lacks": False}))


# Static data of a test: texts from 1,024 on, constants from 4,096, variables from 196,608, the heap from 262,144.
REACH = f"""
const {{ reachable }} = await import({json.dumps((runtime.TOOLS / "trim" / "unreachable.mjs").as_uri())});
const memory = new Uint8Array(524288);
const words = new Uint32Array(memory.buffer);
memory.set(Buffer.from("xdebugpy"), 200000);
new DataView(memory.buffer).setBigUint64(200024, 512n, true);
const {{ texts, at, code, all }} = JSON.parse(process.argv[1]);
for (const [place, text] of texts) memory.set(Buffer.from(text), place);
for (const [place, word] of at) words[place >> 2] = word;
const layout = {{ start: 1024, constants: 4096, variables: 196608, end: 262144 }};
const kept = reachable(memory, layout, new Set(code), new Set(all));
console.log(JSON.stringify([...kept.keys()].filter((place) => kept[place] && !kept[place - 1] || place === 0)
  .filter((place) => kept[place]).map((from) => [from, kept.indexOf(0, from)])));
"""
STATE = [200000, 200512]
DOC = "Return a copy of it."


@pytest.mark.parametrize(
    ("texts", "at", "code", "known", "kept"),
    [
        pytest.param([], [], [], [], [STATE], id="Python's own state, and nothing else"),
        pytest.param([[2000, "abc"]], [], [2001], [], [[2000, 2004], STATE], id="a text that code refers to"),
        pytest.param([[2000, "abc"]], [[300000, 2000]], [], [2000], [[2000, 2004], STATE], id="one that the heap does"),
        pytest.param([[2000, "abc"]], [[200100, 2000]], [], [], [[2000, 2004], STATE], id="one that the state does"),
        pytest.param([[2000, "abc"]], [[220000, 2000]], [], [], [STATE], id="not one that an unreached variable does"),
        pytest.param([], [], [80000], [], [[78976, 120960], STATE], id="a constant that code refers to"),
        pytest.param([], [[300000, 80000]], [], [80000], [[80000, 120960], STATE], id="one that the heap does"),
        pytest.param([], [[300000, 80000]], [], [], [STATE], id="not a number that is no address anywhere"),
        pytest.param([[80000, DOC]], [[200100, 80000]], [], [], [STATE], id="not what a __doc__ says"),
        pytest.param([], [[300000, 230000]], [], [230000], [STATE, [230000, 231024]], id="a variable"),
        pytest.param(
            [[2000, "abc"]],
            [[300000, 230000], [230100, 80000], [80100, 2000]],
            [],
            [230000],
            [[2000, 2004], [80000, 120960], STATE, [230000, 231024]],
            id="and what a variable refers to, and that",
        ),
    ],
)
def test_static_data_that_something_refers_to_stays(
    texts: list[list[object]], at: list[list[int]], code: list[int], known: list[int], kept: list[list[int]]
) -> None:
    """Of the static data stays what code, heap or Python's state refer to, and what that refers to; the rest goes."""
    asked = json.dumps({"texts": texts, "at": at, "code": code, "all": known})
    command = [node(), "--input-type=module", "--eval", REACH, asked]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == kept
