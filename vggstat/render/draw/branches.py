"""Units side by side: branches as columns of boxes between a fork and a join, a shortcut as a line beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from vggstat.render.draw.boxes import chip
from vggstat.render.draw.frame import FIGURE_SIZE, Panel, stacked, text_panel
from vggstat.render.draw.kinds import kind_of
from vggstat.render.draw.metrics import fitted, text_width
from vggstat.render.draw.scene import Item, line, moved
from vggstat.render.draw.stages import Run, layer_words, tip
from vggstat.render.draw.units import Piece, Unit
from vggstat.render.parts import JOINS

__all__ = ["centred", "laid_out", "least_width", "natural_width"]

GAP: Final = 4.0
"""Between two boxes of a column."""
ALLEY: Final = 10.0
"""Between two columns."""
FORK: Final = 9.0
"""Height of the lines that lead into the columns, and out of them."""
LINE: Final = 16.0
"""Width of a column that is the value itself."""
PAD: Final = 12.0
"""What a box is wider than its text, both sides together; a join twice as much."""


NO_SKIPS: Final[Mapping[str, str]] = {}


def natural_width(piece: Piece, skips: Mapping[str, str] = NO_SKIPS) -> float:
    """How wide the piece is where nothing limits it; found without laying it out, which a piece is once."""
    if isinstance(piece, Run):
        return text_width(_run_text(piece, skips), FIGURE_SIZE) + PAD
    columns = [_natural_column(column, skips) for column in piece.columns]
    widths = [sum(columns) + ALLEY * (len(columns) - 1)]
    if piece.join is not None:
        widths.append(text_width(piece.join.kind, FIGURE_SIZE) + 2 * PAD)
    title = _title(piece)
    if title:
        widths.append(text_width(title, FIGURE_SIZE))
    return max(widths)


def _natural_column(pieces: Sequence[Piece], skips: Mapping[str, str]) -> float:
    return max((natural_width(piece, skips) for piece in pieces), default=LINE)


def least_width(piece: Piece) -> float:
    """What the piece cannot be narrower than, however its texts are cut."""
    if isinstance(piece, Run):
        return LINE
    return sum(map(_least_column, piece.columns)) + ALLEY * (len(piece.columns) - 1)


def _least_column(pieces: Sequence[Piece]) -> float:
    return max(map(least_width, pieces), default=LINE)


def laid_out(piece: Piece, limit: float, *, least: float = 0.0, skips: Mapping[str, str] = NO_SKIPS) -> Panel:
    """The piece in at most ``limit``; a single box is at least ``least`` wide, and says which value from further back it
    reads."""
    if isinstance(piece, Run):
        width = min(limit, max(least, natural_width(piece, skips)))
        return chip([_run_text(piece, skips)], kind_of(piece.row), width, "; ".join(map(tip, piece.pattern)))
    return _unit(piece, limit, skips)


def centred(panel: Panel, width: float) -> Panel:
    """The panel in the middle of a width that is not less than its own."""
    room = max(0.0, (width - panel.width) / 2)
    return Panel(max(width, panel.width), panel.height, tuple(moved(item, room, 0) for item in panel.items))


def _run_text(run: Run, skips: Mapping[str, str]) -> str:
    text = f"{run.text}, {run.details}" if run.details else run.text
    if run.row.name in skips:
        words = f" {'with' if run.row.kind in JOINS else 'of'} {skips[run.row.name]}"
        first = layer_words(run.row) if run.count == 1 < run.period else text
        text = text.replace(first, first + words, 1)
    return text


def _title(unit: Unit) -> str:
    """What stands above a unit that has a name of its own or stands for several; nothing above another."""
    if not unit.names[0].startswith("block"):
        return unit.title
    return f"{unit.words} ×{unit.count}" if unit.count > 1 else ""


def _unit(unit: Unit, limit: float, skips: Mapping[str, str]) -> Panel:
    """Its columns between fork and join, under its name where it has one of its own or stands for several."""
    body = _joined(unit, limit, skips)
    title = _title(unit)
    if not title:
        return body
    words = fitted(title, FIGURE_SIZE, limit)
    width = max(body.width, text_width(words, FIGURE_SIZE))
    head = text_panel([words], FIGURE_SIZE, role="muted", align=width / 2)
    return stacked((head, centred(body, width)), gap=2)


def _joined(unit: Unit, limit: float, skips: Mapping[str, str]) -> Panel:
    columns = _columns(unit.columns, limit, skips)
    if unit.join is None:
        return columns[0]
    width = sum(column.width for column in columns) + ALLEY * (len(columns) - 1)
    tallest = max(column.height for column in columns)
    bottom = FORK + max(tallest, FORK) + FORK
    items: list[Item] = []
    centres = []
    x = 0.0
    for column in columns:
        centre = x + column.width / 2
        centres.append(centre)
        items.append(line("axis", (centre, 0), (centre, FORK)))
        items += [moved(item, x, FORK) for item in column.items]
        items.append(line("axis", (centre, FORK + column.height), (centre, bottom)))
        x += column.width + ALLEY
    items.append(line("axis", (centres[0], 0), (centres[-1], 0)))
    items.append(line("axis", (centres[0], bottom), (centres[-1], bottom)))
    join = unit.join
    text = join.kind
    box = chip(
        [text],
        kind_of(join),
        min(limit, text_width(text, FIGURE_SIZE) + 2 * PAD),
        tip(join),
    )
    left = (width - box.width) / 2
    items.append(line("axis", (width / 2, bottom), (width / 2, bottom + GAP)))
    items += [moved(item, left, bottom + GAP) for item in box.items]
    shift = max(0.0, -left)
    return Panel(
        max(width, box.width), bottom + GAP + box.height, tuple(moved(item, shift, 0) for item in items)
    )


def _columns(columns: Sequence[Sequence[Piece]], limit: float, skips: Mapping[str, str]) -> list[Panel]:
    """The columns side by side in at most ``limit``, the wider ones cut where they have to be."""
    natural = [_natural_column(column, skips) for column in columns]
    room = limit - ALLEY * (len(columns) - 1)
    if sum(natural) <= room:
        return [_column(column, limit, skips) for column in columns]
    least = [_least_column(column) for column in columns]
    wanted = sum(natural) - sum(least)
    share = max(0.0, room - sum(least)) / wanted if wanted else 0.0
    return [
        _column(column, low + (high - low) * share, skips)
        for column, low, high in zip(columns, least, natural, strict=True)
    ]


def _column(pieces: Sequence[Piece], limit: float, skips: Mapping[str, str]) -> Panel:
    if not pieces:
        return Panel(LINE, 0.0, ())
    least = min(limit, _natural_column(pieces, skips))
    panels = [laid_out(piece, limit, least=least, skips=skips) for piece in pieces]
    width = max(panel.width for panel in panels)
    return stacked([centred(panel, width) for panel in panels], gap=GAP)
