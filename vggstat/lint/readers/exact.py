"""Exact counts that no other reader has read: ``143,667,240`` in a list, after a comment, in a sentence without its noun.

So many digits are rarely of anything but what they are of: it is enough to know which network the text is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.names import Name, find_names
from vggstat.lint.readers.headings import Headings
from vggstat.lint.text import Section

REACH: Final = 8
"""Lines above a number in which its network is named."""
MAX_LINE: Final = 2_000
MOST: Final = 2_000
"""Numbers of a text that are read so."""
_EXACT: Final = re.compile(
    r"(?<![\w.,'*/x^+-])(?:\d{1,3}(?:(?P<mark>[,.' ])\d{3})(?:(?P=mark)\d{3})+|\d{7,12})(?![\w*/x^%]|[.,']\d|\s?[*x=+]\s?\d)"
)


def read(section: Section) -> Iterator[ClaimTable]:
    """A table of facts for each line that holds such a number, where the text names a network."""
    above, only = Headings(section), cache(partial(_only_name, section))
    names_of = cache(partial(_names, section))
    found = 0
    for index in section.free():
        line = section.lines[index]
        matches = list(_EXACT.finditer(line.text[:MAX_LINE]))
        found += len(matches)
        if found > MOST:
            return
        if not matches:
            continue
        nearest = range(index, max(index - REACH, 0) - 1, -1)
        if names := next(filter(None, map(names_of, nearest)), ()):
            owner = names[-1].text if len({name.spec for name in names}) == 1 else ""
        else:
            owner = above.owner(index) or only()
        if owner:
            cells = tuple(
                Cell(quantity="figure", flow=line.flow.group(match), label="figure", alone=True)
                for match in matches
            )
            row = Row(kind="network", name=owner, flow=line.flow, cells=cells)
            yield ClaimTable(dialect="exact", form="facts", start=line.flow, rows=(row,))


def _names(section: Section, index: int) -> tuple[Name, ...]:
    """The networks that a line names."""
    return tuple(find_names(section.lines[index].text[:MAX_LINE]))


def _only_name(section: Section) -> str:
    """The one network that the whole text names; empty for none or several."""
    found = {name.spec: name.text for name in find_names(section.text)}
    return next(iter(found.values())) if len(found) == 1 else ""
