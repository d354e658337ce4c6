"""Saved reports: what ``vggstat table SOURCE --format json`` wrote, read back as far as comparisons need it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Final

import msgspec
from msgspec import json

from vggstat.cost.json_errors import check_schema, told_in_words
from vggstat.cost.report_layout import SCHEMA, TOTALS
from vggstat.cost.snapshot import STEPS, Between, KnownPart, SavedRow, Snapshot
from vggstat.cost.snapshot_sums import check_sums
from vggstat.cost.workload import DType, Workload, find_dtype
from vggstat.errors import InputError, UsageError
from vggstat.files import read_bytes

__all__ = ["parse_snapshot", "read_snapshot"]

LARGEST: Final = 200_000_000
"""Bytes of the largest file: a network of 10,000 layers has about twenty million."""

MOST: Final = 10**100
"""More than any figure of a network: ratios of larger numbers are no floats."""

EXPECTED: Final = "a report that `vggstat table SOURCE --format json -o FILE` wrote"

OTHERS: Final = {"results": "benchmark results", "specs": "a comparison", "budget": "a checked budget"}
"""Other documents of ours, by a key that only they have."""

Count = Annotated[int, msgspec.Meta(ge=0)]
Size = Annotated[int, msgspec.Meta(ge=1)]
Sides = int | tuple[int, int]
Extents = int | tuple[int, ...]
Figures = dict[str, Any]
"""Figures by name, which are looked at one by one: so the message about a wrong one can name it."""


class _Beginning(msgspec.Struct):
    """What tells that a file is a report, and of which schema."""

    schema: Any = None
    rows: msgspec.Raw = msgspec.Raw()
    totals: msgspec.Raw = msgspec.Raw()
    results: msgspec.Raw = msgspec.Raw()
    specs: msgspec.Raw = msgspec.Raw()
    budget: msgspec.Raw = msgspec.Raw()


class _Workload(msgspec.Struct):
    input: Annotated[tuple[Size, ...], msgspec.Meta(min_length=1)]
    batch: Size
    dtype: str
    head: str | None
    left_out: tuple[str, ...]
    classes: Count | None


class _Row(msgspec.Struct):
    """A row as it is written. A key that is added within a schema version has a default here, for files without it."""

    name: str
    torch_name: str | None
    block: str
    scope: tuple[str, ...]
    inputs: tuple[str, ...]
    kind: str
    label: str | None
    number: Count | None
    settings: dict[str, Any]
    input_shape: tuple[Count, ...] | None
    output_shape: tuple[Count, ...]
    kernel: Extents | None
    stride: Extents | None
    padding: Extents | None
    dilation: Extents | None
    groups: Count | None
    weights: Count
    biases: Count
    macs: Count | None
    output_values: Count | None
    output_bytes: Count | None
    receptive_field: Sides | None
    effective_stride: Sides | None
    sees_all: bool | None = None
    params: Count | None = None
    flops: Count | None = None


class _Between(msgspec.Struct):
    after: str
    label: str
    settings: dict[str, Any]


class _Layer(msgspec.Struct):
    name: str


class _KnownPart(msgspec.Struct):
    layers: tuple[_Layer, ...]
    known: Count = 0


class _Tools(msgspec.Struct):
    operations: Figures
    operations_not_counted: dict[str, _KnownPart]
    memory: Figures


class _Document(msgspec.Struct):
    spec: str
    title: str
    workload: _Workload
    rows: tuple[_Row, ...]
    between_rows: tuple[_Between, ...]
    totals: Figures
    memory: Figures
    tools: _Tools
    memory_not_counted: dict[str, _KnownPart] = {}


EXTENTS: Final = ("kernel", "stride", "dilation", "receptive_field", "effective_stride")
"""What a row has along each axis and is never less than nothing; a padding is where it cuts a map."""

_BEGINNING: Final = json.Decoder(_Beginning)
_WHOLE: Final = json.Decoder(_Document)


def read_snapshot(path: str, *, pipes: bool = True) -> Snapshot:
    """The report in a file. Raises InputError where it cannot be read, is of another schema, or is no report."""
    return parse_snapshot(read_bytes(path, what="a saved report", limit=LARGEST, pipes=pipes), path)


def parse_snapshot(data: bytes, source: str) -> Snapshot:
    """The report in a text. Raises InputError, naming the place in it, where it is none of ours."""
    again = f"save it again: vggstat table SOURCE --format json -o {source}"
    with told_in_words(data, source, EXPECTED, again):
        _check_kind(_BEGINNING.decode(data), source, again)
        document = _WHOLE.decode(data)
    _check_names(document, source)
    _check_extents(document, source)
    run = document.workload
    return Snapshot(
        name=document.spec,
        title=document.title,
        origin=source,
        image=run.input,
        head=run.head,
        classes=run.classes,
        left_out=run.left_out,
        workload=Workload(batch=run.batch, dtype=_dtype(run.dtype, source)),
        rows=tuple(map(_row, document.rows)),
        between=tuple(
            Between(one.after, one.label, _settings(one.settings)) for one in document.between_rows
        ),
        figure=_figures(document, source).get,
        part=partial(_part, document),
    )


def _check_kind(beginning: _Beginning, source: str, again: str) -> None:
    """Raises InputError for a document that is no report, or one of another schema."""
    other = next((words for key, words in OTHERS.items() if bytes(getattr(beginning, key))), None)
    if beginning.schema is None or other or not (bytes(beginning.rows) and bytes(beginning.totals)):
        found = f", found {other}" if other else ""
        raise InputError(f"{source} holds no saved report: expected {EXPECTED}{found}")
    check_schema(beginning.schema, SCHEMA, source, again=again)


def _check_names(document: _Document, source: str) -> None:
    """Raises InputError where a row has another one's name, or names as what it reads none of those before it."""
    known: set[str] = set()
    for at, row in enumerate(document.rows):
        if row.name in known:
            raise InputError(f"{source}: rows[{at}].name: {row.name!r} is the name of an earlier row too")
        strange = next((name for name in row.inputs if name not in known), None)
        if strange is not None:
            raise InputError(f"{source}: rows[{at}].inputs: {strange!r} is no row before it")
        known.add(row.name)
    for at, one in enumerate(document.between_rows):
        if one.after not in known:
            raise InputError(f"{source}: between_rows[{at}].after: {one.after!r} is no row")


def _check_extents(document: _Document, source: str) -> None:
    """Raises InputError where a row has a side of less than nothing."""
    for at, row in enumerate(document.rows):
        for name in EXTENTS:
            sides = getattr(row, name)
            if any(side < 0 for side in (sides if isinstance(sides, tuple) else (sides or 0,))):
                raise InputError(
                    f"{source}: rows[{at}].{name}: expected whole numbers from 0 on, found {sides}"
                )


def _dtype(name: str, source: str) -> DType:
    try:
        return find_dtype(name)
    except UsageError as error:
        raise InputError(f"{source}: workload.dtype: {error}") from None


def _row(row: _Row) -> SavedRow:
    values = msgspec.structs.asdict(row)
    if row.sees_all is None:
        values["sees_all"] = row.receptive_field is None
    for told_by_others in ("params", "flops"):  # sums and products of what is read
        del values[told_by_others]
    return SavedRow(
        layer=None,
        label=values.pop("label") or "",
        in_shape=values.pop("input_shape"),
        jump=values.pop("effective_stride"),
        output_values=values.pop("output_values") or 0,
        output_bytes=values.pop("output_bytes") or 0,
        written=_settings(values.pop("settings")),
        weight_shape=None,
        **values,
    )


def _settings(written: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, _settled(value)) for name, value in written.items())


def _settled(value: Any) -> Any:
    """The value with tuples for lists, which can be compared with those of a layer and looked up."""
    if isinstance(value, dict):
        return tuple((name, _settled(item)) for name, item in value.items())
    return tuple(map(_settled, value)) if isinstance(value, list) else value


def _figures(document: _Document, source: str) -> dict[str, int | None]:
    """The figures of the whole network by the keys of ``facts.WHOLE``. Raises InputError where rows deny them."""
    missing = next((name for name in TOTALS if name not in document.totals), None)
    if missing:
        raise InputError(f"{source}: totals.{missing}: is missing")
    keys = {f"totals.{name}": key for name, key in TOTALS.items()}
    written = {f"totals.{name}": document.totals[name] for name in TOTALS}
    for place, family, figures in (
        ("memory", "memory", document.memory),
        ("tools.memory", "memory", document.tools.memory),
        ("tools.operations", "operations", document.tools.operations),
    ):
        keys |= {f"{place}.{name}": f"{family}:{name}" for name in figures}
        written |= {f"{place}.{name}": value for name, value in figures.items()}
    found = {place: _figure(value, f"{source}: {place}") for place, value in written.items()}
    check_sums(document.rows, found, _dtype(document.workload.dtype, source).width, source)
    return {keys[place]: value for place, value in found.items()}


def _figure(value: object, where: str) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST):
        return value
    raise InputError(f"{where}: expected a whole number, from 0 to 10^100, or null")


def _part(document: _Document, key: str) -> KnownPart:
    """What is known of a figure that is not known as a whole, and the layers that it does not hold."""
    family, _, name = key.partition(":")
    parts = document.memory_not_counted if family == "memory" else document.tools.operations_not_counted
    part = parts.get("macs" if family in STEPS else name)
    if part is None:
        return KnownPart()
    return KnownPart(0 if family in STEPS else part.known, tuple(layer.name for layer in part.layers))
