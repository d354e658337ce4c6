"""``--style columns``: networks side by side as stacks of boxes, as in the paper's Table 1, changes marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from vggstat.cost.report import Report
from vggstat.cost.snapshot import snapshot_of
from vggstat.errors import UsageError
from vggstat.render.captions import workloads_words
from vggstat.render.draw.boxes import chip, kind_items, marked
from vggstat.render.draw.frame import (
    BODY,
    FIGURE_SIZE,
    MARGIN,
    NAME,
    NARROWEST,
    LegendItem,
    Panel,
    assemble,
    heading_panel,
    macs_words,
    stacked,
    text_panel,
    title_panel,
    title_words,
    weight_layers,
)
from vggstat.render.draw.lines import Line, change, lines_of
from vggstat.render.draw.metrics import fitted, text_width, wrapped
from vggstat.render.draw.rows import rows_of
from vggstat.render.draw.scene import Group, Item, Rectangle, Scene, line, moved
from vggstat.render.draw.stages import refuse_many
from vggstat.render.views.compare import network_names
from vggstat.units import grouped

__all__ = ["draw_columns"]

GAP: Final = 6.0
"""Between two columns, and between two boxes."""
BETWEEN_BLOCKS: Final = 8.0
BESIDE: Final = 30.0
"""Between two stacks."""
MOST_LINES: Final = 44
"""Lines of a stack at most; what is longer goes on beside it or below it."""
GOOD_LINES: Final = 22
"""Lines of a stack where there is room for another beside it."""
NEAR: Final = 4
SIGNS: Final = {"added": "+ ", "changed": "~ ", "removed": "− ", "same": ""}
CHANGES: Final = (
    ("added", "+ added to the column at its left"),
    ("changed", "~ another layer in the same place"),
    ("removed", "− not in this column"),
)


class Layout(NamedTuple):
    """What all stacks of a picture share: the gutters' and the columns' widths."""

    names: tuple[str, ...]
    left: float
    column: float
    right: float
    """0 where the columns have different maps, which then stand in the boxes."""


def draw_columns(reports: Sequence[Report], width: float) -> Scene:
    """The networks as columns of boxes, each held against the one at its left. Raises UsageError for one that branches."""
    branching = next((report.name for report in reports if not report.graph.is_chain), None)
    if branching is not None:
        raise UsageError(
            f"columns stand for networks of one layer after another, and {branching} branches: use --style flow"
        )
    inner = width - 2 * MARGIN
    names = network_names(tuple(map(snapshot_of, reports)))
    lines = lines_of(reports)
    refuse_many(len(lines))
    layout = _layout(names, lines, reports, inner)
    across = max(1, int((inner - layout.left - layout.right + GAP) // (layout.column + GAP)))
    stacks = [
        _stack(part, reports, range(first, min(first + across, len(reports))), layout, last=part is parts[-1])
        for first in range(0, len(reports), across)
        for parts in [_parts(lines, _sections(len(lines), layout, min(across, len(reports)), inner))]
        for part in parts
    ]
    body = stacked((_beside(row) for row in rows_of(stacks, inner, BESIDE)), gap=26)
    legends = (kind_items(reports), _changes(lines))
    panels = (_heading(reports, names, min(inner, max(body.width, NARROWEST))), body)
    return assemble(reports, panels, legends, _notes(lines), width, "Columns of layers.")


def _heading(reports: Sequence[Report], names: tuple[str, ...], limit: float) -> Panel:
    """What is shown; of one network alone, its figures too."""
    if len(reports) == 1:
        return heading_panel(reports[0], limit)
    titles = wrapped([title_words(report) for report in reports], BODY, limit, joint=" | ")
    lines = wrapped(workloads_words(reports, names), BODY, limit, joint=" | ")
    title = title_panel(f"{', '.join(names)} side by side", limit)
    return stacked((title, text_panel(titles, BODY), text_panel(lines, BODY, role="muted")), gap=3)


def _layout(names: tuple[str, ...], lines: Sequence[Line], reports: Sequence[Report], limit: float) -> Layout:
    shared = all(line.map is not None for line in lines)
    blocks = max(text_width(line.block, FIGURE_SIZE, bold=True) for line in lines)
    left = min(limit / 4, max(blocks, text_width("params", FIGURE_SIZE)) + 8)
    right = max(text_width(line.map or "", FIGURE_SIZE) for line in lines) + 8 if shared else 0.0
    right = min(limit * 0.4, right)
    widest = max(
        *(text_width(name, NAME, bold=True) for name in names),
        *(text_width(text, FIGURE_SIZE) for report in reports for text in _figures(report)),
        *(
            text_width(text, FIGURE_SIZE, bold=True) + 13
            for line in lines
            for column in range(len(names))
            for text in _texts(line, column, shared=shared)
        ),
    )
    return Layout(names, left, min(widest, limit - left - right), right)


def _texts(line: Line, column: int, *, shared: bool) -> list[str]:
    """What stands in a box: sign and layer, what is unusual about it, and its map where no gutter shows it."""
    kind, cell = change(line, column)
    if cell is None:
        return []
    times = f" ×{line.times}" if line.times > 1 else ""
    texts = [f"{SIGNS[kind]}{cell.text}{times}"]
    if kind != "removed":
        texts += [text for text in (cell.details, "" if shared else cell.map) if text]
    return texts


def _figures(report: Report) -> tuple[str, str, str]:
    return (
        weight_layers(report),
        grouped(report.total.params),
        macs_words(report),
    )


def _sections(lines: int, layout: Layout, columns: int, limit: float) -> int:
    """In how many stacks a long one is cut: two or more if they fit side by side, or where it is too long."""
    width = layout.left + (layout.column + GAP) * columns - GAP + layout.right
    beside = int((limit + BESIDE) // (width + BESIDE))
    return max(-(-lines // MOST_LINES), min(beside, -(-lines // GOOD_LINES)))


def _parts(lines: Sequence[Line], count: int) -> list[Sequence[Line]]:
    """The lines in about equal parts, cut between two blocks where one begins near by."""
    starts = [at for at in range(1, len(lines)) if lines[at].block != lines[at - 1].block]
    cuts = [0]
    for number in range(1, count):
        wanted = len(lines) * number // count
        near = min(starts, key=_distance_to(wanted), default=wanted)
        cut = near if abs(near - wanted) <= NEAR else wanted
        if cut > cuts[-1]:
            cuts.append(cut)
    return [lines[start:end] for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True)]


def _distance_to(wanted: int) -> Callable[[int], int]:
    return lambda at: abs(at - wanted)


def _stack(
    lines: Sequence[Line], reports: Sequence[Report], columns: range, layout: Layout, *, last: bool
) -> Panel:
    """Some lines of some columns, with heads above, figures below, and gutters at both sides."""
    items: list[Item] = []
    centres = {
        column: layout.left + (layout.column + GAP) * number + layout.column / 2
        for number, column in enumerate(columns)
    }
    end = layout.left + (layout.column + GAP) * len(columns) - GAP
    y = 0.0
    for column, x in centres.items():
        name = fitted(layout.names[column], NAME, layout.column, bold=True)
        head = text_panel([name], NAME, bold=True, align=x)
        items += head.items
        y = head.height + 3
        layers = text_panel(
            [fitted(_figures(reports[column])[0], FIGURE_SIZE, layout.column)], FIGURE_SIZE, align=x
        )
        items += [moved(item, 0, y) for item in layers.items]
        y += layers.height + 6
    block = shown = ""
    for entry in lines:
        if entry.block != block and block:
            items.append(
                line("frame", (0, y + (BETWEEN_BLOCKS - GAP) / 2), (end, y + (BETWEEN_BLOCKS - GAP) / 2))
            )
            y += BETWEEN_BLOCKS
        rows = max((len(_texts(entry, column, shared=layout.right > 0)) for column in centres), default=0)
        if not rows:
            continue
        boxes = [(x, box) for column, x in centres.items() if (box := _box(entry, column, layout, rows))]
        height = boxes[0][1].height
        items += [moved(item, x - layout.column / 2, y) for x, box in boxes for item in box.items]
        if entry.block != block:
            items += _at_side(entry.block, 0, y, layout.left - 8, bold=True)
            block, shown = entry.block, ""
        if layout.right and entry.map and entry.map != shown:
            items += _at_side(entry.map, end + 8, y, layout.right - 8)
            shown = entry.map
        y += height + GAP
    if last:
        for label, position in (("params", 1), ("MACs", 2)):
            texts = [(x, _figures(reports[column])[position]) for column, x in centres.items()]
            foot = [
                text_panel([fitted(text, FIGURE_SIZE, layout.column)], FIGURE_SIZE, align=x)
                for x, text in texts
            ]
            items += [moved(item, 0, y) for panel in foot for item in panel.items]
            side = text_panel([fitted(label, FIGURE_SIZE, layout.left - 8)], FIGURE_SIZE, role="muted")
            items += [moved(item, 0, y) for item in side.items]
            y += side.height + 2
    return Panel(end + layout.right, y, tuple(items))


def _beside(stacks: Sequence[Panel]) -> Panel:
    items: list[Item] = []
    x = 0.0
    for stack in stacks:
        items += [moved(item, x, 0) for item in stack.items]
        x += stack.width + BESIDE
    return Panel(x - BESIDE, max(stack.height for stack in stacks), tuple(items))


def _at_side(text: str, x: float, y: float, limit: float, *, bold: bool = False) -> list[Item]:
    panel = text_panel(
        [fitted(text, FIGURE_SIZE, limit, bold=bold)],
        FIGURE_SIZE,
        bold=bold,
        role="text" if bold else "muted",
    )
    return [moved(item, x, y + 3.8) for item in panel.items]


def _box(entry: Line, column: int, layout: Layout, rows: int) -> Panel | None:
    """The box of a column in a line, with room for so many rows of text; None where there is nothing to say."""
    kind, cell = change(entry, column)
    if cell is None:
        return None
    texts = _texts(entry, column, shared=layout.right > 0)
    if kind == "same":
        return chip(texts, cell.kind, layout.column, cell.tip, rows=rows)
    gone = kind == "removed"
    look, role = (None, "removed") if gone else (cell.kind, "text")
    box = chip(texts, look, layout.column, cell.tip, rows=rows, bold=not gone, role=role)
    border = Rectangle(role=f"{kind}-box", x=0, y=0, width=box.width, height=box.height)
    mark = Group(tip=f"{kind}: {cell.tip}", shapes=(border,))
    boxes = [item for item in box.items if isinstance(item, Group)]
    texts_of = [item for item in box.items if not isinstance(item, Group)]
    return Panel(box.width, box.height, (*boxes, mark, *texts_of))


def _changes(lines: Sequence[Line]) -> list[LegendItem]:
    """The legend of the marks that occur."""
    count = len(lines[0].cells) if lines else 0
    found = {change(line, column)[0] for line in lines for column in range(count)}
    items = []
    for kind, text in CHANGES:
        if kind in found:
            shapes = marked("conv", 26, 16) if kind != "removed" else ()
            border = Rectangle(role=f"{kind}-box", x=0, y=0, width=26, height=16)
            items.append(LegendItem(Panel(26, 16, (Group(tip=text, shapes=(*shapes, border)),)), text))
    return items


def _notes(lines: Sequence[Line]) -> list[str]:
    notes = ["conv<kernel>-<channels>, FC-<features>. Activations and dropout within a layer are not shown."]
    if any(entry.times > 1 for entry in lines):
        notes[0] += " ×n: n such layers in a row."
    shared = all(entry.map is not None for entry in lines)
    notes.append(
        f"{'At the right' if shared else 'In a box'}: the map that leaves, height × width × channels."
    )
    return notes
