"""``--style flow``: a compact strip from left to right, a frame a block, its layers under each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.render.draw.boxes import chip, kind_items
from vggstat.render.draw.branches import centred, laid_out, least_width, natural_width
from vggstat.render.draw.frame import (
    FIGURE_SIZE,
    MARGIN,
    NAME,
    Panel,
    assemble,
    heading_panel,
    stacked,
    text_panel,
)
from vggstat.render.draw.metrics import fitted, text_width
from vggstat.render.draw.rows import rows_of
from vggstat.render.draw.scene import Item, Rectangle, Scene, moved
from vggstat.render.draw.stages import Stage, closes_with_softmax, split_stages
from vggstat.render.draw.turns import Lane, arrow, turning
from vggstat.render.draw.units import Piece, branching_stages, pieces_of

__all__ = ["draw_flow"]

MOST_RUNS: Final = 6
MOST_PIECES_OF_BRANCHES: Final = 4
ALLEY: Final = 17.0
"""Between two frames: room for an arrow."""
PAD: Final = 5.0
GAP: Final = 4.0
"""Between two layers in a frame."""


class Frame(NamedTuple):
    """A stage laid out: name above, frame with its layers, map below."""

    width: float
    name: Panel
    body: Panel
    map: Panel


def draw_flow(reports: Sequence[Report], width: float) -> Scene:
    """The networks as strips, one under the other."""
    inner = width - 2 * MARGIN
    panels = []
    for report in reports:
        frames = [_frame(stage, report, inner) for stage in _stages(report)]
        rows = rows_of(frames, inner, ALLEY)
        strips = turning([_strip(row) for row in rows], gap=24)
        panels.append(stacked((heading_panel(report, inner), strips), gap=16))
    notes = [
        "Not to scale. Below a frame: the map that leaves it. Activations and dropout within a layer are not drawn."
    ]
    return assemble(reports, panels, [kind_items(reports)], notes, width, "Strip from left to right.")


def _stages(report: Report) -> tuple[Stage, ...]:
    """The blocks; long ones cut, between units where the network branches."""
    if report.graph.is_chain:
        return split_stages(report, lambda runs: len(runs) <= MOST_RUNS)
    return tuple(branching_stages(report, MOST_PIECES_OF_BRANCHES))


def _frame(stage: Stage, report: Report, limit: float) -> Frame:
    room = limit - 2 * PAD
    softmax = stage.total.rows[-1] is report.rows[-1] and closes_with_softmax(report)
    pieces: Sequence[Piece] = pieces_of(stage.total.rows) if stage.branches else stage.runs
    if max(map(least_width, pieces)) > room:
        raise UsageError(
            f"{stage.title} has units too deep in one another for a picture of this width: raise --width or use "
            "--style blocks"
        )
    name = fitted(stage.title, NAME, limit, bold=True)
    leaving = fitted(stage.runs[-1].map, FIGURE_SIZE, limit)
    least = max(
        text_width(name, NAME, bold=True),
        text_width(leaving, FIGURE_SIZE) if leaving else 0.0,
        text_width("soft-max", FIGURE_SIZE) + 12 if softmax else 0.0,
    )
    natural = max(natural_width(piece, stage.skips) for piece in pieces)
    content = max(min(room, natural), least - 2 * PAD)
    panels = [laid_out(piece, room, least=content, skips=stage.skips) for piece in pieces]
    if softmax:
        panels.append(
            chip(["soft-max"], "sheet", content, "soft-max: closes the network, no layer of the tables")
        )
    width = content + 2 * PAD
    stack = stacked([centred(panel, content) for panel in panels], gap=GAP)
    border = Rectangle(role="frame", x=0, y=0, width=width, height=stack.height + 2 * PAD, radius=8)
    body = Panel(width, border.height, (border, *(moved(item, PAD, PAD) for item in stack.items)))
    return Frame(
        width=width,
        name=text_panel([name], NAME, bold=True, align=width / 2),
        body=body,
        map=text_panel([leaving] if leaving else [], FIGURE_SIZE, role="muted", align=width / 2),
    )


def _strip(row: Sequence[Frame]) -> Lane:
    """A row of frames around one axis, with an arrow between two."""
    tallest = max(frame.body.height for frame in row)
    head = max(frame.name.height for frame in row)
    axis = head + 4 + tallest / 2
    items: list[Item] = []
    x = 0.0
    for number, frame in enumerate(row):
        top = axis - frame.body.height / 2
        if number:
            items += arrow((x - ALLEY + 2, axis), (x - 1, axis))
        items += [moved(item, x, top - frame.name.height - 4) for item in frame.name.items]
        items += [moved(item, x, top) for item in frame.body.items]
        items += [moved(item, x, top + frame.body.height + 3) for item in frame.map.items]
        x += frame.width + ALLEY
    foot = max(frame.map.height for frame in row)
    panel = Panel(x - ALLEY, axis + tallest / 2 + 3 + foot, tuple(items))
    return Lane(panel, axis, entry=-1.0, exit=panel.width + 2)
