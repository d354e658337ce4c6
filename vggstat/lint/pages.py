"""The lines and tables of a section as those see it who know no form of document: each is made once, when first asked for."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import Final

from vggstat.lint.raw_tables import RawTable, raw_tables
from vggstat.lint.text import Flow, Section
from vggstat.lint.unread import plain_lines

__all__ = ["Page"]

MOST_LINES: Final = 1_500
"""Lines of a section that are looked at: a text of more is data, of which all reads like something by chance."""


class Page:
    """A section as plain lines."""

    def __init__(self, section: Section) -> None:
        self._section = section
        self.kind = section.kind
        self.text = section.text

    @cached_property
    def lines(self) -> list[Flow]:
        """The lines; each row of a table in markup is one, its cells parted by tabs."""
        return list(islice(plain_lines(self._section), MOST_LINES))

    @cached_property
    def tables(self) -> list[RawTable]:
        return list(raw_tables(self.lines, self.kind))
