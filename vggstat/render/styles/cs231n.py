"""The CS231n lecture's listing of VGGNet, for any network: memory and parameters with their arithmetic."""

from __future__ import annotations

from math import prod
from typing import Final

from vggstat.cost.accounting import Accounting, MemoryItem, find_accounting
from vggstat.cost.counting import Counted
from vggstat.cost.report import Report, Row
from vggstat.errors import UnknownMemoryError, UsageError
from vggstat.net.graph import Node
from vggstat.render.captions import graph_notes
from vggstat.render.figures import UNKNOWN, is_lecture_case, part_words, size_words, total_or_part
from vggstat.render.not_counted import unknown_words
from vggstat.render.page import Alternative, Column, Listing, Named, Page, Table, listing, row, total
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions
from vggstat.shapes import Shape
from vggstat.units import MEGA, grouped, lecture_short, mebi, mega

__all__ = ["render"]

SUMMARY: Final = "the CS231n lecture's listing, its arithmetic spelled out"
TAKES: Final = ("--memory",)

REMARK: Final = "(not counting biases)"
WIDTH: Final = 107
"""Where the remark ends at the latest: at the edge of other pages, but for what the figures need."""

PURPOSES: Final = {"outputs": "only forward", "cs231n-total": "only forward"}
"""The lecture's remark on its total; of another accounting the name is said."""

NAMES: Final = {"conv": "CONV", "pool": "POOL", "fc": "FC", "input": "INPUT"}


def render(report: Report, options: TableOptions) -> Page:
    """The page of this style. Memory is counted under the accounting of ``options``, row by row.

    Raises UsageError for a network that branches.
    """
    if not report.graph.is_chain:
        raise UsageError(
            f"the lecture's listing is of one layer after another, and {report.name} branches: use --style keras, which "
            "says what each layer reads, or the default style"
        )
    entry = options.convention.memory
    found = report.memory_counted(entry)
    if found.total is None and entry.part is None:
        raise UnknownMemoryError(
            f"{unknown_words(report, entry.name, found)} Choose another accounting, as --memory outputs"
        )
    items = _items_by_row(report, entry)
    left = {one.name for one in found.not_counted}
    nodes = {node.name: node for node in report.graph.nodes}
    lines = [
        _Line(report, line, nodes.get(line.name), items[line.name], options, is_whole=line.name not in left)
        for line in report.rows
    ]
    return Page(
        title="",
        parts=(Alternative(listing=_listings(report, options, lines), table=_table(report, options, lines)),),
        notes=_notes(report, options),
        data=lambda: report_data(report, options.convention, many=iter),
        bare=True,
    )


class _Line:
    """One row of the listing in its five pieces."""

    def __init__(
        self,
        report: Report,
        line: Row,
        node: Node | None,
        items: list[MemoryItem],
        options: TableOptions,
        *,
        is_whole: bool,
    ) -> None:
        entering = _entering(report, node)
        self.name = _name(line)
        self.shape = f"[{_map(line.output_shape)}]" if line.output_shape else ""
        shapes = [shape for shape in (line.output_shape, entering) if shape]
        self.memory, self.values = _memory(items, shapes, report.workload.batch, spaced=options.memory_items)
        if not is_whole:
            self.memory = part_words(self.memory) if self.values else UNKNOWN
        self.params = params_words(line, entering, node)
        self.weights = line.weights


def _name(line: Row) -> str:
    if line.kind == "conv":
        if len(line.output_shape) != 3 or not isinstance(line.kernel, int):
            return f"CONV{line.label.removeprefix('conv')}"
        return f"CONV{line.kernel}-{line.output_shape[0]}"
    if line.kind == "pool":
        return f"{'POOL' if line.label == 'maxpool' else 'AVGPOOL'}{line.kernel}"
    return NAMES.get(line.kind, line.label.upper() or line.kind.upper())


def _map(shape: Shape) -> str:
    """A map as the lecture writes it, a vector as a map of one pixel; what is neither as torch has it."""
    if len(shape) == 1:
        return f"1x1x{shape[0]}"
    return _product(shape).replace("*", "x")


def _product(shape: tuple[int, ...]) -> str:
    if len(shape) == 3:
        channels, height, width = shape
        return f"{height}*{width}*{channels}"
    return "*".join(map(str, shape))


def _memory(items: list[MemoryItem], shapes: list[Shape], batch: int, *, spaced: bool) -> tuple[str, int]:
    """The row's arithmetic under the accounting, and the values it comes to."""
    counted = [item.elements for item in items if item.elements]
    terms = [_term(count, shapes, batch) for count in counted]
    text = " + ".join(terms) if terms else "0"
    if text == str(sum(counted)):
        return text, sum(counted)
    return f"{text}{' = ' if spaced else '='}{lecture_short(sum(counted))}", sum(counted)


def _items_by_row(report: Report, accounting: Accounting) -> dict[str, list[MemoryItem]]:
    """The accounting's items of each row: its own, and those of what follows it."""
    owner, owners = "input", {"input": "input"}
    rows: dict[str, list[MemoryItem]] = {line.name: [] for line in report.rows}
    for node in report.graph.nodes:
        if node.is_row:
            owner = node.name
        owners[node.name] = owner
    for item in accounting.known_items(report.graph, report.workload):
        rows[owners.get(item.node, owner)].append(item)
    return rows


def _term(count: int, shapes: list[Shape], batch: int) -> str:
    """An item as a product of a map's axes where it is one of the row's maps."""
    for shape in shapes:
        if count == prod(shape) * batch:
            return _product(shape) if batch == 1 else f"{batch}*{_product(shape)}"
    return str(count)


def _entering(report: Report, node: Node | None) -> Shape | None:
    """The map that enters, before it was flattened."""
    if node is None:
        return None
    before = report.graph.nodes[node.index - 1] if node.index else None
    if before is not None and before.layer.stem == "flatten":
        return before.in_shapes[0]
    return node.in_shapes[0] if node.in_shapes else None


def params_words(line: Row, entering: Shape | None, node: Node | None = None) -> str:
    """The product that a row's weights are; ``(96/2)`` where a filter sees one group of the channels.

    Of tensors that another layer holds, whose they are; of several tensors their sum alone.
    """
    shape = line.weight_shape
    if node is not None and node.shared and not line.weights:
        return f"0, those of {node.shared[0].owner}"
    if shape is None or prod(shape) != line.weights:
        return grouped(line.weights)
    if len(shape) > 2:
        filters, channels, *kernel = shape
        groups = line.groups or 1
        seen = f"({channels * groups}/{groups})" if groups > 1 else f"{channels}"
        return f"({'*'.join(map(str, kernel))}*{seen})*{filters} = {grouped(line.weights)}"
    if len(shape) == 2:
        inputs = entering if entering and prod(entering) == shape[1] else (shape[1],)
        return f"{_product(inputs)}*{shape[0]} = {grouped(line.weights)}"
    return grouped(line.weights)


def _listings(report: Report, options: TableOptions, lines: list[_Line]) -> Listing:
    """The listing as the lecture has it.

    Where that is too wide, the total takes two lines; then the maps go, which the memory spells out.
    """
    shapes = max(len(line.shape) for line in lines) + 2
    total, remark = _memory_total(report, options, lines)
    broken = f"{total})\n({remark})" if remark else f"{total})"
    narrow = _listing(report, lines, shapes, broken).replace(narrow=_listing(report, lines, 0, broken))
    return _listing(report, lines, shapes, f"{total}; {remark})" if remark else broken).replace(narrow=narrow)


def _listing(report: Report, lines: list[_Line], shape_width: int, memory_total: str) -> Listing:
    """The listing with the maps in a column of that width, or without them where it has none."""
    name_width = max(len(line.name) for line in lines) + 2
    memory_width = max(len(line.memory) for line in lines) + 2
    pieces: list[str | tuple[str, str]] = []
    for number, line in enumerate(lines):
        shape = f"{line.shape:{shape_width}}" if shape_width else ""
        memory = f"memory: {line.memory:{memory_width}}"
        pieces += [f"{line.name + ':':{name_width}}{shape}", (memory, "memory")]
        pieces.append((f"params: {line.params}", "params"))
        if number == 0:
            taken = name_width + shape_width + len(memory) + len(f"params: {line.params}")
            blanks = min(21, max(2, WIDTH - taken - len(REMARK))) if shape_width else 2
            pieces.append(f"{' ' * blanks}{REMARK}")
        pieces.append("\n")
    pieces += [(memory_total, "memory"), "\n"]
    pieces += [(f"TOTAL params: {_millions(report.total.weights)} parameters", "params"), "\n"]
    return listing(pieces)


def _memory_total(report: Report, options: TableOptions, lines: list[_Line]) -> tuple[str, str]:
    """The total, its bracket still open, and what else the bracket says."""
    values = sum(line.values for line in lines)
    width = report.workload.dtype.width
    accounting = options.convention.memory
    found = report.memory_counted(accounting)
    size = found.known
    images = "image" if report.workload.batch == 1 else f"{report.workload.batch} images"
    # Indices and masks are not as wide as the maps: then no one width makes bytes of the values.
    values_in_bytes = f"{_millions(values, 1)} * {width} bytes ~= " if values * width == size else ""
    product = f"{values_in_bytes}{_megabytes(found)}"
    text = f"TOTAL memory: {product} / {images} ({PURPOSES.get(accounting.name, accounting.name)}"
    if accounting.name != "outputs":
        return text, ""
    saved = report.memory_counted(find_accounting("saved"))
    return text, f"training keeps {_megabytes(saved)} for the backward pass"


def _millions(count: int, digits: int = 0) -> str:
    return f"{mega(count, digits)}M" if count >= MEGA else grouped(count)


def _megabytes(found: Counted) -> str:
    """A size in MB; what is known of it, marked as a part, where not all of it is."""
    size = found.known
    text = f"{mega(size, 0 if size >= 10 * MEGA else 2)}MB"
    return text if found.total is not None else part_words(text) if size else UNKNOWN


def _table(report: Report, options: TableOptions, lines: list[_Line]) -> Table:
    """The listing as a table, its headings with the accounting where it is not the maps, each once."""
    accounting = options.convention.memory.name
    named, suffix = ("", "") if accounting == "outputs" else (f", {accounting}", f"_{accounting}")
    return Table(
        columns=(
            Column(key="layer", header="layer"),
            Column(key="shape", header="shape"),
            Column(key=f"memory{suffix}", header=f"memory (values{named})", role="memory"),
            Column(key=f"values{suffix}", header=f"values{named}", align="right", role="memory"),
            Column(key="params", header="params (no biases)", role="params"),
            Column(key="weights", header="weights", align="right", role="params"),
        ),
        rows=(
            *(
                row(line.name, line.shape, line.memory, line.values, line.params, line.weights)
                for line in lines
            ),
            total("TOTAL", "", "", _sum(report, options, lines), "", report.total.weights),
        ),
        name="cs231n",
        main=True,
    )


def _sum(report: Report, options: TableOptions, lines: list[_Line]) -> int | Named:
    """The values of all rows, as a part where not all is known."""
    values = sum(line.values for line in lines)
    whole = report.memory_counted(options.convention.memory).total is not None
    return total_or_part(values if whole else None, values)


def _notes(report: Report, options: TableOptions) -> tuple[str, ...]:
    accounting = options.convention.memory
    found = report.memory_counted(accounting)
    size = found.known
    whole = report.total
    lines = []
    if accounting.name == "outputs":
        lines.append(
            f"{grouped(whole.output_values)} values = {mega(size)} MB = {mebi(size)} MiB; "
            f"{grouped(whole.weights)} weights, {grouped(whole.params)} parameters with the biases."
        )
    else:
        sizes = f"{size_words(mega, found)} MB = {size_words(mebi, found)} MiB"
        lines.append(f"{accounting.name}: {sizes}: {accounting.definition}.")
    if is_lecture_case(report):
        lines += _lecture_lines(report, accounting)
    lines += graph_notes(report, f"memory:{accounting.name}", "memory:saved")
    return tuple(lines)


def _lecture_lines(report: Report, accounting: Accounting) -> list[str]:
    values = _millions(report.total.output_values, 1)
    if accounting.name == "outputs":
        return [
            f'The lecture prints "24M * 4 bytes ~= 96MB / image" under the same rows; they add up to {values}.',
            "Rows that do add up to 24M: --memory cs231n-total. Why the two differ: vggstat explain 96MB "
            + report.name,
        ]
    size = mega(report.total.output_bytes)
    return [
        f'The lecture prints "24M * 4 bytes ~= 96MB / image", older copies 93MB. Each map once: {size} MB.'
    ]
