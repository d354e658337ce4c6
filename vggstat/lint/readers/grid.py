"""Tables of any format as rows of cells, and what they claim.

Markdown, HTML, LaTeX, CSV and aligned columns are all put into a ``Grid``; ``interpret`` finds out what it is: the
layers of one network, networks side by side, the paper's configurations as columns, or nothing of ours.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from vggstat.lint.names import find_names
from vggstat.lint.readers.headers import Header
from vggstat.lint.text import Flow, join
from vggstat.records import Record

__all__ = ["Grid", "Sheet", "bare", "names_network"]

MAX_COLUMNS: Final = 400
MAX_ROWS: Final = 5_000
MAX_CELL: Final = 400


class Grid(Record):
    """A table as it stands: rows of cells, merged cells filled in."""

    rows: tuple[tuple[Flow, ...], ...]
    start: Flow
    headers: int | None = None
    """How many rows are headers, where the format says so."""
    caption: str = ""
    """The table's own words: its caption, or the line before it."""
    gaps: bool = False
    """Whether the text ends in the middle of it."""
    owner: str = ""
    """The one network that the headings above it name, for a table that could be of facts."""


class Sheet(Record):
    """A grid with its headers read: what the readers of layers and of networks work on."""

    headers: tuple[Header, ...]
    body: tuple[tuple[Flow, ...], ...]
    start: Flow
    caption: str = ""
    gaps: bool = False

    def column(self, index: int) -> list[Flow]:
        """The cells of a column; rows that are too short have none there."""
        return [row[index] for row in self.body if index < len(row)]


_ENCLOSED: Final = re.compile(
    r"\s*(?:(?P<mark>\*{1,3}|_{1,2}|`{1,2}|~~)(?P<inside>[^`]*?)(?P=mark)"
    r"|\\(?:textbf|textit|emph|mathbf|texttt|text|underline|bm|bf)\{(?P<tex>[^{}]*)\})\s*"
)


_LINK: Final = re.compile(r"\[([^\[\]]{1,200})\](?:\([^()]{0,300}\)|\[[^\[\]]{0,60}\])\s*")


def bare(flow: Flow) -> Flow:
    """The cell without markup that encloses it whole, and without spaces around."""
    flow = flow.strip(" \n")
    if not flow.text or flow.text[0] not in "*_`~\\[":
        return flow
    link = _LINK.fullmatch(flow.text) if len(flow) <= MAX_CELL else None
    flow = flow.group(link, 1).strip() if link else flow
    for _ in range(4):
        match = _ENCLOSED.fullmatch(flow.text) if len(flow) <= MAX_CELL else None
        if match is None:
            break
        inside = "inside" if match["inside"] is not None else "tex"
        if inside == "inside" and match["mark"] in match[inside]:
            break
        flow = flow.group(match, inside).strip(" \n")
    return flow


_SINGLE: Final = re.compile(
    r"\W*(?:A-LRN|A,\s?A-LRN|[A-E](?:-(?:LRN|BN))?)(?:\s*[\[(]?\d\d (?:weight )?layers[\])]?)?\W*"
)
_NOT_ONE: Final = re.compile(
    r"^\W*[A-E](?:-\w+)? [-/] [A-E]\b|\bvs\b|\bratio\b|\bdiff|\bdelta|Δ|差|\s/\s", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def names_network(text: str) -> bool:
    """Whether a cell names a network: one of ours, or a known other."""
    text = text[:120]
    if not text or not re.search(r"[A-Za-z]", text) or _NOT_ONE.search(text):
        return False
    return _SINGLE.fullmatch(text) is not None or any(True for _ in find_names(text))


def merged(cells: list[Flow]) -> Flow:
    """Cells side by side as one text."""
    return join((cell for cell in cells if cell.text), " ")
