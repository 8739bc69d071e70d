"""Members as a program has them: a table, a frame, columns, rows or plain ids; and where in them the ids stand.

A wrong reading here would tell Heap that everyone has left. So what is not plainly ids, or rows with one column of
ids, is refused, with what to pass instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice
from math import isinf
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from heap_web.core.errors import ConfigurationError
from heap_web.core.markers import UNDEFINED, Marker
from heap_web.core.objects import of_type, unwrap
from heap_web.core.scalars import scalar

EXACT = 2**53
"""Doubles from here on do not tell every whole number from the next."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns are wanted: of the user ids, and for a trait of its values. None: by name, or the only one."""

    user_id: str | None = None
    value: str | None = None
    valued: bool = False

    def of(self, names: Sequence[object], what: str) -> tuple[int, ...]:
        """Where they stand among these names."""
        user = self._place(names, self.user_id, "user_id", (), what)
        return (user, self._place(names, self.value, "value", (user,), what)) if self.valued else (user,)

    def _place(self, names: Sequence[object], asked: str | None, usual: str, taken: tuple[int, ...], what: str) -> int:
        found = [place for place, name in enumerate(names) if name == (asked or usual)]
        if len(found) == 1:
            return found[0]
        left = [place for place in range(len(names)) if place not in taken]
        alone = len(left) == 1 and (taken or not self.valued)
        if asked is None and not found and alone:
            return left[0]
        known = ", ".join(map(str, names[:20])) or "(none)"
        problem = "more than one column" if found else "no column"
        raise ConfigurationError(f"{what} {problem} {asked or usual!r}; pass {usual}= as one of {known}")


def is_frame_of_spark(members: object) -> bool:
    """Whether it is a DataFrame of PySpark, which is a table in its engine."""
    kind = type(members)
    return kind.__module__.startswith("pyspark.sql") and hasattr(members, "createOrReplaceTempView")


def table_of(members: object) -> ir.Table | None:
    """The Ibis table that these members are, if they are in an engine: a table, a column, a DataFrame of PySpark."""
    if isinstance(members, ir.Table):
        return members
    if isinstance(members, ir.Column):
        return members.as_table()
    if is_frame_of_spark(members):
        frame: Any = members
        view = f"heap_web_members_{id(frame):x}"
        frame.createOrReplaceTempView(view)
        table: ir.Table = ibis.pyspark.connect(frame.sparkSession).table(view)
        return table
    return None


def rows_of(members: object, columns: Columns) -> Iterator[Any]:
    """The ids as the program has them, in order; with `columns.valued`, pairs of id and value.

    Raises `ConfigurationError` at once for a thing that holds no members, and while it is read for a member that is
    no id.
    """
    if isinstance(members, pa.Array) or _is_arrow(members):
        return _of_arrow(members, columns)
    if of_type(members, "pandas", "DataFrame") or (of_type(members, "pandas", "Series") and _has_names(members)):
        return _of_pandas(members, columns)
    if of_type(members, "numpy", "ndarray"):
        return _of_array(members, columns)
    if columns.valued and (isinstance(members, Mapping) or _is_mapping_of_pandas(members)):
        items: Any = members
        return _of_rows(items.items(), columns)
    _check(members, columns)
    assert isinstance(members, Iterable)
    return _of_rows(members, columns)


def _is_arrow(members: object) -> bool:
    """Whether it gives its columns by Arrow's own interface: Arrow's tables, polars, DuckDB's relations and others.

    pandas does too, but not where a column holds values of several types.
    """
    return hasattr(members, "__arrow_c_stream__") and type(members).__module__.split(".")[0] != "pandas"


def _check(members: object, columns: Columns) -> None:
    """Raises `ConfigurationError` for what is no iterable of members, or one that would be read wrongly."""
    ids = "(id, value) pairs" if columns.valued else "user ids"
    wanted = f"pass an iterable of {ids}, a DataFrame or an Ibis table"
    if isinstance(members, Mapping):
        keys = ", such as list(members)" if members else ""
        raise ConfigurationError(f"members must be an iterable of {ids}, not a mapping; pass its ids{keys}")
    if hasattr(type(members), "readline"):
        raise ConfigurationError(
            "members must be an iterable of user ids, not an open file: its lines end in line breaks; "
            "pass (line.strip() for line in file)"
        )
    if hasattr(type(members), "columns"):
        raise ConfigurationError(
            f"members must be an iterable of {ids}, not {_named(members)}; "
            "pass a DataFrame of pandas, polars or PySpark, or one column of it as a list"
        )
    scalars = str | bytes | bytearray | memoryview | pa.Scalar | ir.Value
    if isinstance(members, scalars) or not isinstance(members, Iterable):
        raise ConfigurationError(f"members must be an iterable of {ids}, not {_shown(members)}; {wanted}")


def _of_arrow(members: Any, columns: Columns) -> Iterator[Any]:
    if isinstance(members, pa.Array):
        return _of_rows(members.to_pylist(), columns)
    if isinstance(members, pa.Table):
        reader = members.to_reader()
    else:
        try:
            reader = pa.RecordBatchReader.from_stream(members)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            chunks = pa.chunked_array(members).chunks  # one column, as a Series gives it
            return _of_rows((value for chunk in chunks for value in chunk.to_pylist()), columns)
    places = columns.of(reader.schema.names, "the members have")
    return _of_rows(_of_batches(reader, places), columns)


def _of_batches(reader: Any, places: tuple[int, ...]) -> Iterator[Any]:
    for batch in reader:
        chosen = [batch.column(place).to_pylist() for place in places]
        yield from zip(*chosen, strict=True) if len(chosen) > 1 else chosen[0]


def _has_names(members: Any) -> bool:
    """Whether the index of pandas has names, as after `set_index` and `groupby`: then it is columns too."""
    return any(name is not None for name in members.index.names)


def _is_mapping_of_pandas(members: Any) -> bool:
    """Whether its rows have ids of their own, and not only numbers in order."""
    return of_type(members, "pandas", "Series") and not of_type(members.index, "pandas", "RangeIndex")


def _of_pandas(members: Any, columns: Columns) -> Iterator[Any]:
    index = members.index
    named = [(name, index.get_level_values(n)) for n, name in enumerate(index.names) if name is not None]
    if of_type(members, "pandas", "Series"):
        all_columns = [*named, (members.name, members)]
    else:
        all_columns = [*named, *((name, members.iloc[:, place]) for place, name in enumerate(members.columns))]
    places = columns.of([name for name, _ in all_columns], "the members have")
    chosen = [all_columns[place][1] for place in places]
    return _of_rows(zip(*chosen, strict=True) if len(chosen) > 1 else chosen[0], columns)


def _of_array(members: Any, columns: Columns) -> Iterator[Any]:
    width = 2 if columns.valued else 1
    if members.dtype.names is None and (members.ndim > 2 or members.ndim == 0):
        raise ConfigurationError(f"members are an array of {members.ndim} dimensions; pass one column of ids")
    if members.ndim == 2 and members.shape[1] != width:
        raise ConfigurationError(
            f"members are an array with {members.shape[1]} columns; pass {'two' if columns.valued else 'one'}"
        )
    if members.ndim == 2:
        return _of_rows(members.ravel() if width == 1 else map(tuple, members), columns)
    return _of_rows(members, columns)


def _of_rows(members: Iterable[Any], columns: Columns) -> Iterator[Any]:
    if columns.valued:
        for number, row in enumerate(_checked_start(members), 1):
            user, value = _of_row(row, columns, number)
            yield _id_of(user, number), value
        return
    numbers = count(1)
    for member, number in zip(_checked_start(members), numbers, strict=False):
        if type(member) is str:
            yield member
        elif _is_row(member):
            yield _id_of(_of_row(member, columns, number)[0], number)
        else:
            yield _id_of(member, number)


def _checked_start(members: Iterable[Any]) -> Iterator[Any]:
    """The members, if they do not begin as the lines of a file do."""
    try:
        left = iter(members)
    except TypeError as error:  # such as an expression that has yet to be given its table
        raise ConfigurationError(f"members must be an iterable, not {_shown(members)}: {error}") from error
    start = list(islice(left, 2))
    first = start[0] if start else None
    first = first[0] if isinstance(first, list | tuple) and first else first
    if type(first) is str and first == "user_id":
        raise ConfigurationError("member 1 is 'user_id', the name of a column; leave the header out")
    if len(start) > 1 and all(type(member) is str and member.endswith("\n") for member in start):
        raise ConfigurationError("the members end in line breaks; pass line.strip() of each")
    return chain(start, left)


def _is_row(member: object) -> bool:
    return isinstance(member, Mapping | list | tuple) or _names(member) is not None


def _names(row: Any) -> list[object] | None:
    """The names of a row's columns, where it has names."""
    if isinstance(row, Mapping):
        return list(row)
    names = getattr(row, "_fields", None)
    if isinstance(names, tuple):
        return list(names)
    if of_type(row, "sqlite3", "Row"):
        return list(row.keys())
    if of_type(row, "numpy", "void"):
        return list(row.dtype.names or ())
    return None


def _of_row(row: Any, columns: Columns, number: int) -> tuple[Any, ...]:
    if not _is_row(row):
        raise ConfigurationError(
            f"member {number} is {_shown(row)}; pass (id, value) pairs, a mapping of ids to values, or a table"
        )
    values = list(row.values()) if isinstance(row, Mapping) else list(row)
    names = _names(row)
    if names is not None and (len(names) > 1 or columns.user_id is not None):
        if columns.valued and len(names) == 2 and columns == Columns(valued=True) and "user_id" not in names:
            return tuple(values)
        return tuple(values[place] for place in columns.of(names, f"member {number} is a row with"))
    if len(values) == (2 if columns.valued else 1):
        return tuple(values)
    wanted = "rows of two columns, id and value" if columns.valued else "ids, or rows with one column"
    raise ConfigurationError(f"member {number} is a row of {len(values)} columns; pass {wanted}")


def _id_of(value: Any, number: int) -> Any:
    """A value that can be an id, or None or a blank, which is left out; `ConfigurationError` for anything else."""
    if isinstance(value, pa.Scalar):
        value = value.as_py()
    if value is None or type(value) is str or type(value) is int or _is_missing(value):
        return None if _is_missing(value) else value
    value = unwrap(value)
    if isinstance(value, float) and isinf(value):
        raise ConfigurationError(f"member {number} is {value!r}; a user id must be text or a finite number")
    if isinstance(value, float) and abs(value) >= EXACT:
        raise ConfigurationError(
            f"member {number} is the double {value!r}: doubles this large do not tell ids apart; "
            "pass integers or text (in pandas, a column of type Int64 or string)"
        )
    plain = scalar(value)
    is_time = of_type(value, "datetime", "date", "time", "timedelta")
    if plain is UNDEFINED or isinstance(plain, Marker) or is_time or isinstance(value, BaseException):
        raise ConfigurationError(f"member {number} is {_shown(value)}; a user id must be text or a number")
    return value


def _is_missing(value: object) -> bool:
    """NumPy's and pandas' own signs for no value."""
    return "numpy" in sys.modules and type(value).__name__ in {"NAType", "NaTType", "MaskedConstant"}


def _named(value: object) -> str:
    kind = type(value)
    return f"a {kind.__name__} of {kind.__module__.split('.')[0]}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - a value that cannot even be shown is named by its type
        return _named(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
