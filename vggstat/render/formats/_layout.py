"""Where everything stands at a width: lines of ``(text, role)``; ``text`` prints and ``rich`` colours them.

A number never wraps. A line is too long only where its words are too wide; how tables fit is ``_grid``'s matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from vggstat.render.formats._grid import Grid, Line, bands
from vggstat.render.page import Alternative, Listing, Page, Part, Table, Target, Text
from vggstat.render.width import cleaner, quiet, width, wrap

__all__ = ["Line", "lines"]

MEASURE = 107
"""The least width of rules and of the title line, where the place is wide enough."""
UNLIMITED = 1 << 30


def lines(page: Page, target: Target) -> Iterator[Line]:
    """The page as lines of ``(text, role)``."""
    margin = 0 if page.bare else 1
    available = UNLIMITED if target.width is None else max(1, target.width - margin)
    parts = [part.listing if isinstance(part, Alternative) else part for part in page.shown]
    clean = cleaner(target.encoding)
    grids = {at: bands(part, available, clean) for at, part in enumerate(parts) if isinstance(part, Table)}
    measure = min(available, max([MEASURE, *(grid.used for band in grids.values() for grid in band)]))
    limit = min(available, max(measure, MEASURE + 2))

    blocks: list[tuple[bool, Iterable[Line]]] = []
    if not page.bare and (page.title or page.aside):
        blocks.append((False, _title(clean(page.title), clean(page.aside), measure, limit)))
    for at, part in enumerate(parts):
        blocks.append((part.close, _part(part, grids.get(at, []), measure, limit, clean)))
    if page.notes:
        blocks.append((False, _notes(page.notes, limit, clean)))

    pad = [(" " * margin, "")] if margin else []
    first = True
    for close, block in blocks:
        if not first and not close:
            yield []
        for line in block:
            yield _quiet(pad + line) if line else line
        first = False


def _quiet(line: Line) -> Line:
    """The line, in one piece where the log of a CI would take it for a command and something had to be changed."""
    text = "".join(piece for piece, _ in line)
    return line if quiet(text) == text else [(quiet(text), "")]


def _title(title: str, aside: str, measure: int, limit: int) -> Iterator[Line]:
    taken = width(title) + width(aside)
    if title and aside and taken + 3 <= limit:
        yield [(title, "title"), (" " * max(3, measure - taken), ""), (aside, "aside")]
        return
    for text, role in ((title, "title"), (aside, "aside")):
        yield from ([(line, role)] for line in wrap(text, limit) if line)


def _notes(notes: Iterable[str], limit: int, clean: Callable[[str], str]) -> Iterator[Line]:
    for text in notes:
        yield from ([(line, "note")] if line else [] for line in wrap(clean(text), limit))


def _part(
    part: Part, grids: list[Grid], measure: int, limit: int, clean: Callable[[str], str]
) -> Iterator[Line]:
    if isinstance(part, Text):
        yield from _text(part, limit, clean)
    elif isinstance(part, Listing):
        part = part.fitting(limit)
        pad = [(" " * part.indent, "")] if part.indent else []
        yield from (pad + [_listed(piece, clean) for piece in line] if line else [] for line in part.lines())
    for number, grid in enumerate(grids):
        if number:
            yield []
        yield from grid.lines(measure, limit)
        yield from _notes(grid.table.notes, limit, clean)


def _listed(piece: tuple[str, str], clean: Callable[[str], str]) -> tuple[str, str]:
    text, role = piece
    return "\t".join(map(clean, text.split("\t"))), role


def _text(part: Text, limit: int, clean: Callable[[str], str]) -> Iterator[Line]:
    labels = [width(clean(line[0])) + 2 for line in part.lines if isinstance(line, tuple)]
    hang = part.indent + max([part.label_width, *labels])
    for line in part.lines:
        if isinstance(line, str):
            yield from (
                [(text, "")] if text.strip() else [] for text in wrap(" " * part.indent + clean(line), limit)
            )
            continue
        label, sentence = map(clean, line)
        first, *others = wrap(" " * hang + sentence, limit, hang)
        start = " " * part.indent + label
        yield [(start, "label"), (" " * (hang - width(start)) + first[hang:], "")]
        yield from ([(other, "")] for other in others)
