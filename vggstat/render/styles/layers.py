"""The default table: a row a layer, then shares by block and totals, each under its convention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from vggstat.cost.accounting import ACCOUNTINGS, Accounting, MemoryItem
from vggstat.cost.counting import Counted
from vggstat.cost.report import Report
from vggstat.cost.report import Row as ReportRow
from vggstat.errors import UsageError
from vggstat.render.captions import (
    UNITS_NOTE,
    axes_note,
    graph_notes,
    held_note,
    names_note,
    operations_note,
    spec_words,
    workload_words,
)
from vggstat.render.columns import LayerColumn, Line, OperationCounts, operation_counts, pick
from vggstat.render.figures import (
    UNKNOWN,
    is_lecture_case,
    share,
    size_or_part,
    total_or_part,
)
from vggstat.render.page import RULE, Column, Named, Page, Part, Row, Table, Text, row, total
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions
from vggstat.units import GIGA, KILO, MEGA, grouped, mebi, mega, quotient, ratio

__all__ = ["TOTALS", "activations_part", "chosen_columns", "render", "share_part", "totals_part"]

SUMMARY: Final = "a row a layer, with shares by block and totals"
TAKES: Final = ("--columns", "--torch-names", "--ops", "--memory")
SHOWN: Final = ("inference-peak", "outputs", "saved", "cs231n-total")
"""The accountings under the table."""
MEMORY: Final = tuple(f"memory:{name}" for name in SHOWN)
TOTALS: Final = ("operations:macs", *MEMORY)
"""The totals under the table, by their keys among the facts."""
UNKNOWN_CELL: Final = Named(value=None, text=UNKNOWN)
STATISTICS: Final = frozenset(("running_mean", "running_var", "num_batches_tracked"))
"""What a batch norm keeps beside its parameters."""
MAX_SHARE_BLOCKS: Final = 8
"""With more blocks the shares stand in rows (style blocks) rather than in columns."""


def render(report: Report, options: TableOptions) -> Page:
    """The page of the default style."""
    convention = options.convention
    if options.memory_items:
        return _items_page(report, options)
    columns = pick(report, options)
    notes = (
        f"{operations_note(report, convention)} {UNITS_NOTE}",
        *graph_notes(report, f"operations:{convention.ops.name}", *TOTALS),
        *names_note(report),
        *axes_note(report),
        *held_note(report),
    )
    return Page(
        title=spec_words(report.graph.spec),
        aside=workload_words(report.graph, report.workload),
        parts=lambda: _parts(report, options, columns),
        notes=notes,
        data=lambda: report_data(report, convention, many=iter),
    )


def _parts(report: Report, options: TableOptions, columns: tuple[LayerColumn, ...]) -> tuple[Part, ...]:
    return (
        _layer_table(report, options, columns),
        *((share_part(report),) if len(report.blocks) <= MAX_SHARE_BLOCKS else ()),
        totals_part(report),
        activations_part(report),
    )


def _items_page(report: Report, options: TableOptions) -> Page:
    """The items of one memory accounting, and their sum. Raises UsageError for options about layers' columns."""
    for option in options.given:
        if option != "--memory":
            raise UsageError(
                f"--memory shows items with columns of their own, without {option}: give one of the two"
            )
    entry = options.convention.memory
    return Page(
        title=spec_words(report.graph.spec),
        aside=workload_words(report.graph, report.workload),
        parts=(_items_table(report, entry), activations_part(report)),
        notes=(
            f"{entry.name}: {entry.definition} ({entry.reference}).",
            UNITS_NOTE,
            *graph_notes(report, f"memory:{entry.name}", *MEMORY),
            *held_note(report),
        ),
        data=lambda: report_data(report, options.convention, many=iter),
    )


def _items_table(report: Report, entry: Accounting) -> Table:
    found = report.memory_counted(entry)
    items = entry.known_items(report.graph, report.workload)
    size = sum(item.bytes for item in items)
    mb = size_or_part(mega, found)
    return Table(
        columns=(
            Column(key="layer", header="layer"),
            Column(key="what", header="what", priority=10),
            Column(key="values", header="values", align="right", role="memory", priority=20),
            Column(key="bytes", header="bytes", align="right", role="memory"),
            Column(key="mb", header="MB", align="right"),
            Column(key="share", header="share", align="right", priority=15),
        ),
        rows=(
            *(
                row(
                    item.node,
                    item.what,
                    item.elements,
                    item.bytes,
                    mega(item.bytes),
                    share(item.bytes, found.total),
                )
                for item in items
            ),
            *(row(one.name, "not known", *[UNKNOWN_CELL] * 4) for one in found.not_counted),
            RULE,
            total(_items_words(entry, items, found), "", "", total_or_part(found.total, size), mb),
        ),
        name="items",
        main=True,
    )


def _items_words(entry: Accounting, items: Sequence[MemoryItem], found: Counted) -> str:
    """How many items there are, and how many layers have some that are not known."""
    left = len(found.not_counted)
    beside = f", and {left:,} {'layer' if left == 1 else 'layers'} not counted" if left else ""
    return f"{entry.name}: {len(items)} items{beside}"


def _layer_table(report: Report, options: TableOptions, columns: tuple[LayerColumn, ...]) -> Table:
    """The rows under the columns, with their sums."""
    counts = operation_counts(report, options.convention.ops)
    rows = []
    beside = dict(_beside(report, counts))
    for line in _lines(report):
        if line.row is None:
            rows.append(Row(cells=tuple(_head_cell(column, line) for column in columns), kind="note"))
            continue
        rows.append(row(*(_cell(column, line.row, line, counts) for column in columns)))
        for name in beside.get(line.row.name, ()):
            rows.append(row(*(column.extra(name, counts.beside[name]) for column in columns)))
    return Table(
        columns=tuple(column.shown for column in columns),
        rows=(*rows, RULE, total(*_sums(report, columns, counts))),
        name="layers",
        main=True,
    )


def _lines(report: Report) -> Iterator[Line]:
    """The rows, under the heads of their units and branches where there are any."""
    if report.graph.is_chain:
        yield from (Line(row=held) for held in report.rows)
        return
    from vggstat.render.nesting import lines_of

    yield from lines_of(report)


def _beside(report: Report, counts: OperationCounts) -> Iterator[tuple[str, list[str]]]:
    """For each row the layers behind it that are none and count under the rule."""
    at, behind = "input", list[str]()
    for node in report.graph.nodes:
        if node.is_row:
            yield at, behind
            at, behind = node.name, []
        elif node.name in counts.beside:
            behind.append(node.name)
    yield at, behind


def _cell(column: LayerColumn, held: ReportRow, line: Line, counts: OperationCounts) -> Any:
    """What a column shows of a row; the name as it stands under its unit, and of a join what it puts together."""
    if line.text and column.key == "name":
        return Named(value=held.name, text=line.text)
    if line.word and column.key == "layer":
        return Named(value=held.label, text=line.word)
    return column.cell(held, counts)


def _head_cell(column: LayerColumn, line: Line) -> str:
    return {"name": line.text, "layer": line.word}.get(column.key, "")


def _sums(report: Report, columns: tuple[LayerColumn, ...], counts: OperationCounts) -> list[Any]:
    cells: list[Any] = [column.total(report, counts) for column in columns]
    words = _layers_in_words(report)
    free = next((i for i, cell in enumerate(cells) if cell == ""), None)
    if free is not None:
        cells[free] = words if cells[free : free + 3] == ["", "", ""] else "total"
    return cells


def _layers_in_words(report: Report) -> str:
    kinds = [
        f"{count} {name}" for count, name in ((report.conv_layers, "conv"), (report.fc_layers, "FC")) if count
    ]
    word = "layer" if report.weight_layers == 1 else "layers"
    beside = f", and {report.shortcut_layers} on shortcuts" if report.shortcut_layers else ""
    return (
        f"{report.weight_layers} weight {word}: {' + '.join(kinds)}{beside}" if kinds else "no weight layers"
    )


def share_part(report: Report) -> Table:
    """Each block's share of the totals, in percent."""
    blocks = report.blocks
    whole = report.total
    columns = [Column(key="share", header="share by block")]
    columns += [
        Column(
            key=block.name,
            header="FC" if block.name == "fc" else block.name,
            align="right",
            min_width=10,
            priority=30 if block.name == "input" else 0,
        )
        for block in blocks
    ]
    return Table(
        columns=tuple(columns),
        rows=(
            row("parameters", *(share(block.params, whole.params) for block in blocks)),
            row("MACs", *(share(block.macs, whole.macs) for block in blocks)),
            row(
                "output values",
                *(share(block.all_output_values, whole.all_output_values) for block in blocks),
            ),
        ),
        name="shares",
    )


def totals_part(report: Report) -> Text:
    """Parameters and operations in a line each."""
    whole = report.total
    dtype = report.workload.dtype.name
    lines = [
        (
            "parameters",
            f"{grouped(whole.params)} = {grouped(whole.weights)} weights + {grouped(whole.biases)} biases; "
            f"{dtype} {mega(report.param_bytes)} MB ({mebi(report.param_bytes)} MiB){_largest(report)}",
        ),
    ]
    if report.file_bytes != report.param_bytes:
        lines.append(
            (
                "weights file",
                f"{mega(report.file_bytes)} MB ({mebi(report.file_bytes)} MiB) with {_buffers(report)}",
            )
        )
    lines.append(("operations", _operations(report)))
    return Text(lines=tuple(lines), label_width=14)


def _buffers(report: Report) -> str:
    """What a weights file holds beside parameters."""
    graph = report.graph
    held = chain((param for node in graph.nodes for param in node.tensors), graph.unused_buffers)
    names = {param.name for param in held if param.role == "buffer"}
    return "running means and variances" if names <= STATISTICS else "buffers"


def _largest(report: Report) -> str:
    largest: ReportRow = max(report.rows, key=lambda line: line.params)
    if not largest.params:
        return ""
    return f"; {largest.name}: {share(largest.params, report.total.params)}"


def _operations(report: Report) -> str:
    whole = report.total
    known = f"{_scaled(whole.macs_known)}MACs = {_scaled(2 * whole.macs_known)}FLOPs at 2 per MAC"
    if whole.macs is None:
        left = len(whole.macs_not_counted)
        layers = f"{left:,} {'layer' if left == 1 else 'layers'} not counted"
        return f"forward {known}, and {layers}" if whole.macs_known else f"not known: {layers}"
    if report.training_flops is None or not whole.flops:
        return f"forward {known}"
    times = ratio(report.training_flops, whole.flops)
    return f"forward {known}; training step {_scaled(report.training_flops)}FLOPs ({times} × forward)"


def chosen_columns(options: TableOptions, known: Mapping[str, object]) -> tuple[str, ...]:
    """The keys of the columns to show. Raises UsageError for one that the style does not have."""
    for key in options.columns:
        if key not in known:
            raise UsageError(f"unknown column {key!r}: expected some of {', '.join(known)}")
    return options.columns or tuple(known)


def _scaled(count: int) -> str:
    """``15.47 G``; ``154.60 M`` where there is less."""
    for scale, letter in ((GIGA, "G"), (MEGA, "M"), (KILO, "k")):
        if count >= scale:
            return f"{quotient(count, scale, 2)} {letter}"
    return f"{count} "


def activations_part(report: Report) -> Table:
    """Activation memory under the accountings of the default totals, with the lecture's total where it is due."""
    workload = report.workload
    images = "one image" if workload.batch == 1 else f"{workload.batch:,} images"
    rows = [
        row(entry.name, _summary(report, entry), *_memory_cells(report, entry))
        for entry in _shown_accountings()
    ]
    return Table(
        title=f"activations   of {images} in {workload.dtype.name}, by accounting",
        columns=(
            Column(key="accounting"),
            Column(key="counts", priority=50),
            Column(key="values", header="values", align="right"),
            Column(key="mb", header="MB", align="right"),
            Column(key="mib", header="MiB", align="right", priority=20),
        ),
        rows=tuple(rows),
        notes=_lecture_notes(report),
        name="activations",
        indent=2,
    )


def _memory_cells(report: Report, entry: Accounting) -> tuple[Any, ...]:
    found = report.memory_counted(entry)
    if found.total is None:
        return ("", size_or_part(mega, found), size_or_part(mebi, found))
    items = entry.items(report.graph, report.workload)
    width = report.workload.dtype.width
    elements = sum(item.elements or 0 for item in items)
    uniform = elements * width == found.total
    return (elements if uniform else "", mega(found.total), mebi(found.total))


def _summary(report: Report, entry: Accounting) -> str:
    found = report.memory_counted(entry)
    if found.total is None:
        return entry.summary
    if entry.name == "cs231n-total" and is_lecture_case(report):
        return f'{entry.summary}: reads as "24M"'
    if entry.name != "inference-peak":
        return entry.summary
    items = entry.items(report.graph, report.workload)
    at = next((item.node for item in reversed(items) if item.node != "input"), "input")
    return f"alive at once, at {at} ({mega(found.total + report.file_bytes)} MB with the weights)"


def _shown_accountings() -> Iterator[Accounting]:
    return (entry for entry in ACCOUNTINGS if entry.name in SHOWN)


def _lecture_notes(report: Report) -> tuple[str, ...]:
    if not is_lecture_case(report):
        return ()
    values = report.total.output_values
    return (
        '  The CS231n lecture prints "24M * 4 bytes ~= 96MB / image (only forward)" under rows that add up to '
        f"{mega(values, 1)}M.",
        f"  Where 24M may come from, and which figure to quote: vggstat explain 96MB {report.name}",
    )
