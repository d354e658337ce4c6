"""``--style blocks``: a block of the network after the other, its maps as solids drawn to scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from vggstat.cost.report import Report, Row
from vggstat.render.draw.frame import (
    BODY,
    FIGURE_SIZE,
    MARGIN,
    NAME,
    LegendItem,
    Panel,
    assemble,
    heading_panel,
    stacked,
    text_panel,
)
from vggstat.render.draw.kinds import kinds_in, legend_words
from vggstat.render.draw.metrics import fitted
from vggstat.render.draw.rows import needed, rows_of
from vggstat.render.draw.scene import Group, Item, Rectangle, Scene, moved
from vggstat.render.draw.solid import SHEET, Scale, Solid, channels_of, make_scale, sides_of, solid_of
from vggstat.render.draw.stages import Run, Stage, closes_with_softmax, split_stages, tip
from vggstat.render.draw.turns import Lane, arrow, turning
from vggstat.render.draw.units import Piece, branching_stages, pieces_of
from vggstat.render.figures import UNKNOWN, map_text, part_words
from vggstat.units import grouped, short

__all__ = ["draw_blocks"]

MOST_RUNS: Final = 5
"""Runs of a stage: their labels stand under each other."""
MOST_DRAWN: Final = 4
"""Repetitions of a run that are drawn; of a longer one the label says so."""
MOST_SOLIDS: Final = 12
MOST_TIPS: Final = 120
"""Layers that a pointer is told about: with more of them the file would pass 100 kB."""
MANY_STAGES: Final = 16
GAP: Final = 4.0
"""Between two solids of a stage."""
ALLEY: Final = 13.0
"""Between two stages."""


class Column(NamedTuple):
    """A stage laid out: solids around the axis at y = 0, from ``x`` = 0, and its labels."""

    width: float
    reach: float
    entry: float
    """Where the axis meets its first solid."""
    exit: float
    """Where it is free of them again."""
    solids: tuple[Item, ...]
    labels: Panel


def draw_blocks(reports: Sequence[Report], width: float) -> Scene:
    """The networks as solids in perspective, one under the other, all to one scale."""
    inner = width - 2 * MARGIN
    scale, networks = _largest(reports, inner)
    panels = []
    for report, columns in zip(reports, networks, strict=True):
        rows = turning([_lane(row, inner) for row in rows_of(columns, inner, ALLEY)], gap=30)
        panels.append(stacked((heading_panel(report, inner), rows), gap=16))
    return assemble(
        reports, panels, _legends(reports, scale), _notes(reports, scale), width, "Blocks in perspective."
    )


def _largest(reports: Sequence[Report], limit: float) -> tuple[Scale, list[list[Column]]]:
    """The largest scale at which each network fits one row; if there is none, one that suits many rows or few."""
    full = make_scale(reports, limit)
    stages = [[(stage, _labels(stage, report, limit)) for stage in _stages(report)] for report in reports]
    several_rows = 100 if max(map(len, stages)) <= MANY_STAGES else 40
    for percent in (100, 90, 80, 70, 60, several_rows):
        scale = full.shrunk(percent / 100)
        networks = [
            [_column(stage, labels, scale, tells=len(report.rows) <= MOST_TIPS) for stage, labels in parts]
            for report, parts in zip(reports, stages, strict=True)
        ]
        if all(needed(columns, ALLEY) <= limit for columns in networks):
            break
    return scale, networks


def _stages(report: Report) -> tuple[Stage, ...]:
    if not report.graph.is_chain:
        return tuple(branching_stages(report, MOST_RUNS))
    return split_stages(report, _fits)


def _pieces(stage: Stage) -> Sequence[Piece]:
    return pieces_of(stage.total.rows) if stage.branches else stage.runs


def _drawn(piece: Piece) -> list[tuple[Row, str]]:
    """The rows that are drawn of a piece, and what a pointer on each is told: of a unit the map that it makes."""
    if isinstance(piece, Run):
        return [(row, tip(row)) for row in piece.rows[: MOST_DRAWN * piece.period]]
    words = f"{piece.words}: {piece.details} · {map_text(piece.last.output_shape)}"
    names = zip(piece.units, piece.names, strict=True)
    looks = [(rows[-1].replace(kind="conv"), f"{name} · {words}") for rows, name in names]
    return looks[:MOST_DRAWN]


def _fits(runs: list[Run]) -> bool:
    solids = sum(min(run.count, MOST_DRAWN) * run.period for run in runs)
    return len(runs) <= MOST_RUNS and solids <= MOST_SOLIDS


def _column(stage: Stage, labels: Panel, scale: Scale, *, tells: bool) -> Column:
    """The stage at a scale; ``tells`` whether a pointer is told about its layers."""
    placed: list[tuple[float, Solid, str]] = []
    x = 0.0
    for piece in _pieces(stage):
        for row, words in _drawn(piece):
            solid = solid_of(row, scale)
            placed.append((x, solid, words if tells else ""))
            x += solid.thickness + GAP
    left = min(at - solid.right / 2 for at, solid, _ in placed)
    right = max(at + solid.thickness + solid.right / 2 for at, solid, _ in placed)
    width = max(right - left, labels.width)
    start = (width - (right - left)) / 2 - left
    return Column(
        width=width,
        entry=start - placed[0][1].right / 2,
        exit=start + right + 2,
        reach=max(solid.reach for _, solid, _ in placed),
        solids=tuple(Group(tip=words, shapes=solid.shapes(start + at, 0.0)) for at, solid, words in placed),
        labels=Panel(width, labels.height, tuple(moved(label, width / 2, 0) for label in labels.items)),
    )


def _labels(stage: Stage, report: Report, limit: float) -> Panel:
    """Name, layers, maps and figures of a stage, under each other around x = 0."""
    parts = [_line(stage.title, limit, NAME, bold=True)]
    pieces = _pieces(stage)
    for number, piece in enumerate(pieces):
        if not isinstance(piece, Run) or piece.row.kind != "input":
            parts.append(_line(_words(piece), limit, BODY))
        if piece.details:
            parts.append(_line(piece.details, limit, FIGURE_SIZE))
        if piece.count > MOST_DRAWN:
            parts.append(_line(f"({MOST_DRAWN} of {piece.count} drawn)", limit, FIGURE_SIZE))
        following = pieces[number + 1].map if number + 1 < len(pieces) else ""
        if piece.map and piece.map != following:
            parts.append(_line(piece.map, limit, FIGURE_SIZE, role="muted"))
    total = stage.total
    last = total.rows[-1] is report.rows[-1]
    if last and closes_with_softmax(report):
        parts.append(_line("soft-max", limit, BODY))
    figures = [f"{short(total.params)} params"] if total.params else []
    if total.macs_not_counted:
        figures.append(f"{part_words(short(total.macs_known)) if total.macs_known else UNKNOWN} MACs")
    elif total.macs_known:
        figures.append(f"{short(total.macs_known)} MACs")
    below = [_line(figure, limit, FIGURE_SIZE) for figure in figures]
    return stacked((stacked(parts, gap=1.5), stacked(below, gap=1.5)), gap=7)


def _words(piece: Piece) -> str:
    if isinstance(piece, Run):
        return piece.text
    name = piece.words if piece.names[0].startswith("block") else piece.names[0]
    return name + (f" ×{piece.count}" if piece.count > 1 else "")


def _line(text: str, limit: float, size: float, *, bold: bool = False, role: str = "text") -> Panel:
    return text_panel([fitted(text, size, limit, bold=bold)], size, bold=bold, role=role, align=0.0)


def _lane(row: list[Column], limit: float) -> Lane:
    """A row of stages: solids on one axis, an arrow between two stages, labels below."""
    alley = ALLEY
    if len(row) > 1:
        alley += min(48.0, (limit - needed(row, ALLEY)) / (len(row) - 1))
    axis = max(column.reach for column in row)
    lane = 2 * axis + 8
    items: list[Item] = []
    x = leave = 0.0
    for number, column in enumerate(row):
        if number:
            items += arrow((leave, axis), (x + column.entry, axis))
        items += [moved(solid, x, axis) for solid in column.solids]
        items += [moved(label, x, lane) for label in column.labels.items]
        leave = x + column.exit
        x += column.width + alley
    height = lane + max(column.labels.height for column in row)
    return Lane(Panel(x - alley, height, tuple(items)), axis, row[0].entry, leave)


def _legends(reports: Sequence[Report], scale: Scale) -> tuple[list[LegendItem], ...]:
    """What the looks mean, and how long the lengths are."""
    kinds = [LegendItem(_swatch(kind), legend_words(kind, reports)) for kind in kinds_in(reports)]
    rows = [row for report in reports for row in report.rows]
    sides = {side for row in rows if len(row.output_shape) > 1 for side in sides_of(row.output_shape)}
    channels = {channels_of(row.output_shape) for row in rows if row.kind != "input"} or {
        channels_of(rows[0].output_shape)
    }
    lengths = [(scale.length(side), side) for side in _samples(sides)]
    widths = [(scale.thickness(count), count) for count in _samples(channels)]
    rulers = (_rulers("sides in px:", lengths) if lengths else [], _rulers("channels, features:", widths))
    return kinds, *rulers


def _rulers(title: str, lengths: list[tuple[float, int]]) -> list[LegendItem]:
    rulers = [LegendItem(_ruler(length), grouped(count)) for length, count in lengths]
    return [LegendItem(Panel(0, 0, ()), title), *rulers] if rulers else []


def _samples(numbers: set[int]) -> list[int]:
    """The smallest, the middle and the largest; nothing of nothing."""
    ordered = sorted(numbers)
    return sorted({ordered[0], ordered[len(ordered) // 2], ordered[-1]}) if ordered else []


def _swatch(kind: str) -> Panel:
    solid = Solid(kind, SHEET if kind == "sheet" else 10.0, 20.0, 10.0, 8.0)
    return Panel(solid.thickness + solid.right, 2 * solid.reach, solid.shapes(solid.right / 2, solid.reach))


def _ruler(length: float) -> Panel:
    return Panel(length, 10.0, (Rectangle(role="ruler", x=0, y=3, width=length, height=4),))


def _notes(reports: Sequence[Report], scale: Scale) -> list[str]:
    scaled = (
        "To scale: height and depth of a block are the square roots of the sides of its map in pixels, its "
        "thickness is the square root of the channels (features for FC); depth recedes at half its length."
    )
    if any(
        row.kind != "input" and scale.channel**2 * channels_of(row.output_shape) < 1
        for r in reports
        for row in r.rows
    ):
        scaled += " Nothing is drawn thinner than one unit."
    if any(len(row.output_shape) not in (1, 3) for report in reports for row in report.rows):
        scaled += " Of what is neither a map nor a vector the thickness is the first axis, height and depth the last ones."
    if any(len(row.scope) > 1 for report in reports for row in report.rows):
        scaled += " A unit is drawn as the map that it makes; under its name stand the convolutions of its longest branch."
    return [
        scaled,
        "K is a thousand, M a million, G 10^9. Activations and dropout within a layer are not drawn.",
    ]
