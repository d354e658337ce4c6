"""The columns of layer tables: each says what a row, the totals and an extra row show in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vggstat.cost.counting import CountingRule
from vggstat.cost.report import Report, Row
from vggstat.errors import UsageError
from vggstat.records import Record
from vggstat.render.figures import (
    UNKNOWN,
    count_or_dash,
    count_or_unknown,
    field_text,
    map_text,
    sides_text,
    total_or_part,
)
from vggstat.render.page import Column, Named
from vggstat.render.styles.base import TableOptions
from vggstat.shapes import Sides

__all__ = ["COLUMNS", "LayerColumn", "Line", "OperationCounts", "operation_counts", "pick"]


NO_FIELD: Final = ("input", "unused")
"""Kinds of rows that see nothing of the image."""


class OperationCounts(Record):
    """Operations under one rule: of each row with what follows it (its ReLU), and of layers that are no row."""

    rows: dict[str, int | None]
    beside: dict[str, int | None]
    total: int | None
    known: int
    """The part of the total that is known."""


def operation_counts(report: Report, rule: CountingRule) -> OperationCounts:
    """The operations of the report's rows under a rule. An unknown part makes its row, and the total, None."""
    rows: dict[str, int | None] = {line.name: 0 for line in report.rows}
    beside: dict[str, int | None] = {}
    at = "input"
    for node in report.graph.nodes:
        count = rule.count(node.ops * report.workload.batch)
        if node.is_row:
            at = node.name
        elif node.layer.row == "always":
            if count != 0:
                beside[node.name] = count
            continue
        known = rows[at]
        rows[at] = None if count is None or known is None else known + count
    return OperationCounts(
        rows=rows, beside=beside, total=report.operations(rule), known=rule.known(report.ops)
    )


class Line(Record):
    """A row as a table shows it, or the head of a unit or a branch where ``row`` is None."""

    row: Row | None
    text: str = ""
    """The name as it is shown, indented; empty for a row that is shown by its own name."""
    word: str = ""
    """What a head says of its part, or what a join says in place of its label."""


class LayerColumn(Record):
    """A column of a layer table."""

    shown: Column
    value: Callable[[Row], Any] | None
    """A row's cell; None for the operations, which depend on the rule."""
    sum: Callable[[Report], Any] | None = None
    """The cell under the rows; None for an empty one."""

    @property
    def key(self) -> str:
        return self.shown.key

    def cell(self, line: Row, counts: OperationCounts) -> Any:
        """What the column shows of a row."""
        return count_or_unknown(counts.rows[line.name]) if self.value is None else self.value(line)

    def extra(self, name: str, count: int | None) -> Any:
        """What the column shows of a layer that is no row but counts under the rule."""
        if self.value is None:
            return count_or_unknown(count)
        return name if self.key == "name" else ""

    def total(self, report: Report, counts: OperationCounts) -> Any:
        """What the column shows under the rows."""
        if self.value is None:
            return total_or_part(counts.total, counts.known)
        return "" if self.sum is None else self.sum(report)


def _count(
    key: str, header: tuple[str, str], value: Callable[[Row], Any], priority: int, role: str = ""
) -> LayerColumn:
    return LayerColumn(
        shown=Column(key=key, header=header, align="right", text=count_or_dash, priority=priority, role=role),
        value=value,
        sum=lambda report: getattr(report.total, key),
    )


def _map(key: str, unit: str) -> LayerColumn:
    """Values or bytes of maps: not known of a map that has no known shape, nor of all then."""

    def total(report: Report) -> int | Named:
        known = getattr(report.total, key)
        return total_or_part(None if report.total.has_unknown_map else known, known)

    return LayerColumn(
        shown=Column(
            key=key, header=("output", unit), align="right", text=count_or_dash, priority=5, role="memory"
        ),
        value=lambda line: count_or_unknown(None if line.has_unknown_map else getattr(line, key)),
        sum=total,
    )


def _work(key: str, header: str, each: int) -> LayerColumn:
    """Multiply-accumulates, counted as ``each``."""
    return LayerColumn(
        shown=Column(key=key, header=("", header), align="right", text=count_or_dash),
        value=lambda line: count_or_unknown(getattr(line, key)),
        sum=lambda report: total_or_part(getattr(report.total, key), each * report.total.macs_known),
    )


def _window(key: str, header: str, gap: int) -> LayerColumn:
    return LayerColumn(
        shown=Column(key=key, header=header, label=key, align="right", priority=40, gap=gap),
        value=lambda line: "" if getattr(line, key) is None else sides_text(getattr(line, key)),
    )


COLUMNS: Final = {
    column.key: column
    for column in (
        LayerColumn(
            shown=Column(key="number", label="#", align="right", priority=15, gap=1),
            value=lambda line: "" if line.number is None else line.number,
        ),
        LayerColumn(shown=Column(key="name", header="name", gap=2), value=lambda line: line.name),
        LayerColumn(
            shown=Column(key="torch_name", header="name in torch", priority=35),
            value=lambda line: line.torch_name or "",
        ),
        LayerColumn(shown=Column(key="block", header="block", priority=35), value=lambda line: line.block),
        LayerColumn(
            shown=Column(key="inputs", header="reads", priority=35), value=lambda line: ", ".join(line.inputs)
        ),
        LayerColumn(shown=Column(key="kind", header="kind", priority=35), value=lambda line: line.kind),
        LayerColumn(shown=Column(key="layer", header="layer", priority=10), value=lambda line: line.label),
        _window("kernel", "k", 2),
        _window("stride", "s", 1),
        _window("padding", "p", 1),
        _window("dilation", "d", 1),
        _window("groups", "g", 1),
        LayerColumn(
            shown=Column(key="output", header=("output", "h × w × c"), align="right", text=map_text),
            value=lambda line: line.output_shape,
        ),
        LayerColumn(
            shown=Column(
                key="receptive_field",
                header=("recept.", "field"),
                label="receptive field",
                align="right",
                text=field_text,
                priority=20,
                overhang=2,
            ),
            value=lambda line: _sight(line, line.receptive_field),
        ),
        LayerColumn(
            shown=Column(
                key="effective_stride",
                header=("effective", "stride"),
                align="right",
                text=field_text,
                priority=25,
            ),
            value=lambda line: _sight(line, line.jump),
        ),
        _count("weights", ("weights,", "no biases"), lambda line: line.weights, 30, "params"),
        _count("biases", ("", "biases"), lambda line: line.biases, 32, "params"),
        _count("params", ("parameters,", "with biases"), lambda line: line.params, 0, "params"),
        LayerColumn(
            shown=Column(key="operations", header="MACs", align="right", text=count_or_dash), value=None
        ),
        _work("macs", "MACs", 1),
        _work("flops", "FLOPs", 2),
        _map("output_values", "values"),
        _map("output_bytes", "bytes"),
    )
}
"""Every column of a layer table by its key, as ``--columns`` takes them."""

DEFAULT: Final = (
    "number", "name", "layer", "kernel", "stride", "padding", "output", "receptive_field",
    "weights", "params", "operations", "output_values",
)  # fmt: skip


def _sight(line: Row, pixels: Sides | None) -> Any:
    """A figure in pixels of the image; nothing for the image itself and what makes no map."""
    if line.kind in NO_FIELD:
        return ""
    return "all" if line.sees_all else Named(value=None, text=UNKNOWN) if pixels is None else pixels


def pick(
    report: Report, options: TableOptions, default: tuple[str, ...] = DEFAULT
) -> tuple[LayerColumn, ...]:
    """The columns to show. Raises UsageError for a key that is none."""
    keys = list(options.columns or default)
    if not options.columns:
        keys = _with_what_matters(report, keys, options)
    for key in keys:
        if key not in COLUMNS:
            raise UsageError(f"unknown column {key!r}: expected some of {', '.join(COLUMNS)}")
    rule = options.convention.ops
    columns = [COLUMNS[key] for key in dict.fromkeys(keys)]
    header = rule.unit if rule.name in ("macs", "flops") else ("operations,", rule.name)
    return tuple(
        column.replace(shown=column.shown.replace(header=header)) if column.value is None else column
        for column in columns
    )


def _with_what_matters(report: Report, keys: list[str], options: TableOptions) -> list[str]:
    """Torch's names instead of the paper's on request, and dilation or groups where any layer has them.

    The layers of a model are called by torch's names anyway, or by those of functions in its modules.
    """
    if options.names == "torch" and report.graph.head is not None:
        keys[keys.index("name")] = "torch_name"
    for key in ("groups", "dilation"):
        if any(getattr(line, key) not in (None, 1) for line in report.rows):
            keys.insert(keys.index("padding") + 1, key)
    return keys
