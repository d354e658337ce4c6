"""Numbers of a document that look like figures of networks and that no reader has taken: how much is unread, and why.

What is looked for is form, not meaning: a number of four digits and more, one with a unit, or a product, near words of parameters,
operations or memory, or in a column under such words. Nothing is said of whether it is right.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from vggstat.lint.judge import Judgement
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.place import Place
from vggstat.lint.text import Flow, Section, join

__all__ = [
    "Stretches",
    "Unread",
    "find_unread",
    "plain_lines",
    "separator",
    "speaks_of_figures",
    "speaks_of_networks",
    "split",
]

NEAR: Final = 80
"""Characters between a number and the words that make it a figure, in a sentence."""
FACTORS: Final = 4
"""Factors of a product that stands without its value."""
DIGITS: Final = range(4, 16)
YEARS: Final = range(1900, 2100)
MAX_LINE: Final = 20_000
"""Characters of a line that are looked at; a longer one is data."""
_WORD: Final = re.compile(
    r"(?<![a-z])[kmgt]?(?:params?|parameters?|flops?|macs|madds|mult-adds|multiply-adds|multiply-accumulates)(?![a-z])"
    r"|(?<![a-z])(?:activations?|memory|model size|weights)(?![a-z])"
    r"|参数|计算量|运算量|内存|显存|パラメータ|計算量|メモリ|파라미터|매개변수|연산량|메모리"
    r"|parámetros|parâmetros|paramètres|параметр|speicher|mémoire|memoria|память",
    re.IGNORECASE,
)
_UNIT: Final = r"(?:[KMGT]i?B|[KMGTB]|(?:million|billion|Mio|mln)\b|百万|[万萬亿億만억])"
_FACTOR: Final = r"[(\[]{0,2}\d{1,7}(?:,\d{3}){0,3}(?:\.\d{1,4})?[)\]]{0,2}"
_SIGN: Final = r"\s?(?:[x*+]|\\times|\\cdot)\s?"
_VALUE: Final = r"(?:\d{1,3}(?: \d{3}){2,4}|\d{1,3}(?:\{,\}\d{3}){1,4}|\d(?:[\d,.'_]{0,40}\d)?)"
_NUMBER: Final = re.compile(
    rf"(?<![A-Za-z0-9_.#])(?:(?P<product>{_FACTOR}(?:{_SIGN}{_FACTOR}){{1,12}})(?:\s?~?=\s?~?(?P<value>{_VALUE}))?"
    rf"|(?P<digits>{_VALUE}))"
    rf"(?:\s?(?P<unit>{_UNIT})(?![A-Za-z])|(?P<letter>[KMGT])(?=flop|mac|param|op))?"
    r"(?P<rest>\s?%|[a-z0-9_]|[-/:]\d| \w{1,30}\.\w{1,4}:\d)?",
    re.IGNORECASE,
)
"""A product with its value, or a number, with its unit. ``rest`` is what makes it something else: a percentage,
a name, a date, the number of a process in a log."""
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:(?:\.|'|_| |\{,\})\d{3})+")
_HEADER_UNIT: Final = re.compile(
    rf"(?<![A-Za-z0-9]){_UNIT}(?![A-Za-z])|(?<![a-z])[kmgt](?=flop|mac|param)", re.IGNORECASE
)
_RULE: Final = re.compile(r"[\s\-=+|:_*~]*\S?")
_GAP: Final = re.compile(r" {2,}")


class Unread(NamedTuple):
    """A number that was not read: where it stands, how it is printed, and why nobody read it."""

    place: Place
    text: str
    reason: str


class _Header(NamedTuple):
    """The line above a table: what parts its cells, how many there are, and which columns are of figures."""

    separator: str
    cells: int
    columns: dict[int, bool]
    """Those whose words are of figures, and whether the words give a unit."""


def speaks_of_figures(text: str) -> bool:
    """Whether a word of parameters, operations or memory is in a text."""
    return _WORD.search(text) is not None


def find_unread(sections: Iterable[Section], judgements: Sequence[Judgement]) -> tuple[Unread, ...]:
    """The figures that none of the tables holds, in the order of the document."""
    found: dict[Place, Unread] = {}
    read: Stretches | None = None
    for section in sections:
        if not speaks_of_figures(section.text):
            continue
        read = read or Stretches(
            stretch
            for judgement in judgements
            for cell in _cells(judgement.table)
            for stretch in _stretches(cell.flow)
        )
        for figure, in_column in _figures(section):
            place = figure.place()
            if not read.cover(place):
                found[place] = Unread(place, figure.text, _reason(read, place, in_column))
    return tuple(sorted(found.values(), key=lambda unread: unread.place[:2]))


_SPEAKS: Final = re.compile(
    r"(?<![a-z])[kmgt]?(?:macs?|m?ops?)(?![a-z])|gewichte|(?<![a-z])poids(?![a-z])|(?<![a-z])pesos(?![a-z])|веса|权重|重み|가중치"
    r"|speicher|receptive|感受野|受容野|conv(?:olution|\d|_)|vgg",
    re.IGNORECASE,
)
"""Words of a text whose numbers may be of networks, beside those that make one a figure."""


def speaks_of_networks(text: str) -> bool:
    """Whether a word of figures, of convolutions or of operations is in a text, whatever its numbers are of."""
    return speaks_of_figures(text) or _SPEAKS.search(text) is not None


class Stretches:
    """Stretches of a file's lines, each with its first column and the one after its last."""

    def __init__(self, stretches: Iterable[tuple[int, int, int]]) -> None:
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, start, end in stretches:
            spans[number].append((start, end))
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, list[int]] = {}
        for number, line in spans.items():
            line.sort()
            self._starts[number] = [start for start, _ in line]
            self._ends[number] = list(accumulate((end for _, end in line), max))

    def reach(self, line: int) -> bool:
        """Whether some of a line is in one."""
        return line in self._starts

    def cover(self, place: Place) -> bool:
        """Whether some of a place is in one."""
        starts = self._starts.get(place.line)
        if starts is None:
            return False
        before = bisect_left(starts, place.end_column)
        return before > 0 and self._ends[place.line][before - 1] > place.column


def _reason(read: Stretches, place: Place, in_column: bool) -> str:
    """Why a number was not read, as far as that can be seen from outside."""
    near = read.reach(place.line)
    if in_column:
        return "this column is not read" if near else "no reader knows this table"
    return "this part of the line is not read" if near else "no reader knows this line"


def _cells(table: ClaimTable) -> Iterator[Cell]:
    for row in table.rows:
        yield from row.cells
    yield from table.totals
    for group in table.groups:
        yield group.cell


def _stretches(flow: Flow) -> Iterator[tuple[int, int, int]]:
    """The file's lines that a flow is taken from, each with its first column and the one after its last."""
    for begin, stop, (line, index) in zip(
        flow.starts, (*flow.starts[1:], len(flow)), flow.origins, strict=True
    ):
        if stop > begin:
            yield line.number, line.column(index), line.column(index + stop - begin - 1) + 1


def _figures(section: Section) -> Iterator[tuple[Flow, bool]]:
    """Every number that looks like a figure, and whether it is the header of its column that makes it one."""
    header: _Header | None = None
    for line in plain_lines(section):  # a line of the text, or a row of a table in markup
        text = line.text[:MAX_LINE]
        words = [match.start() for match in _WORD.finditer(text)]
        if words:
            made = _header(text, section.kind)
            if made is not None:
                header = made
                continue
            for start, end in _numbers(text, 0, len(text), any_number=False):
                if _is_near(words, start, end):
                    yield line.cut(start, end), False
        elif header is not None:
            cells = split(text, header.separator)
            if len(cells) == header.cells:
                for column, has_unit in header.columns.items():
                    for start, end in _numbers(text, *cells[column], any_number=has_unit):
                        yield line.cut(start, end), True
            elif not text.strip():
                header = None


def _is_near(words: Sequence[int], start: int, end: int) -> bool:
    after = bisect_right(words, start)
    return (after > 0 and start - words[after - 1] <= NEAR) or (
        after < len(words) and words[after] - end <= NEAR
    )


def _header(text: str, kind: str) -> _Header | None:
    """What a line says as the header of a table; None where it is none: it has no cells, or holds figures itself."""
    sign = separator(text, kind)
    cells = split(text, sign) if sign else []
    if len(cells) < 2 or any(True for _ in _numbers(text, 0, len(text), any_number=False)):
        return None
    columns = {
        index: _HEADER_UNIT.search(text, start, end) is not None
        for index, (start, end) in enumerate(cells)
        if _WORD.search(text, start, end)
    }
    return _Header(sign, len(cells), columns)


def separator(text: str, kind: str) -> str:
    """What parts the cells of a line; empty where nothing does."""
    if kind == "csv":
        return ";" if text.count(";") > text.count(",") else ","
    if kind == "latex":
        return "&" if "&" in text else ""
    return next((sign for sign in ("\t", "|", ";") if sign in text), "  " if "  " in text.strip() else "")


def split(text: str, separator: str) -> list[tuple[int, int]]:
    """Where each cell begins and ends."""
    if separator == "  ":
        start, end = len(text) - len(text.lstrip()), len(text.rstrip())
        gaps = [match.span() for match in _GAP.finditer(text, start, end)]
    elif separator == ",":
        start, end = 0, len(text)
        gaps = _commas(text)
    else:
        start, end = 0, len(text)
        gaps = [match.span() for match in re.finditer(re.escape(separator), text)]
    edges = [start, *(edge for gap in gaps for edge in gap), end]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _commas(text: str) -> list[tuple[int, int]]:
    """The commas of a line that stand outside of quotation marks."""
    quoted = False
    found = []
    for at, sign in enumerate(text):
        quoted ^= sign == '"'
        if sign == "," and not quoted:
            found.append((at, at + 1))
    return found


def _numbers(text: str, start: int, end: int, *, any_number: bool) -> Iterator[tuple[int, int]]:
    """Where numbers of the form of a figure stand. ``any_number``: the header has the unit, so that any may be one."""
    for match in _NUMBER.finditer(text, start, end):
        if match["rest"] or (match["digits"] and _is_joined(text, match.start())):
            continue
        stop = max(
            match.end("value"),
            match.end("product"),
            match.end("digits"),
            match.end("unit"),
            match.end("letter"),
        )
        shown = text[match.start() : stop].rstrip(",.'_ ")
        if _is_figure(match) or (any_number and len(shown) > 1 and re.search("[1-9]", shown)):
            yield match.start(), match.start() + len(shown)


def _is_joined(text: str, start: int) -> bool:
    """Whether a number is the end of a name, a range, a date or a time: ``VGG-16``, ``12/2014``, ``14:11:04,190``."""
    return start > 1 and (
        (text[start - 1] in "-/" and text[start - 2].isalnum())
        or (text[start - 1] == ":" and text[start - 2].isdigit())
    )


def _is_figure(match: re.Match[str]) -> bool:
    """Whether it has the form of a figure: a product with its value, a unit, separators, or four digits and no year."""
    if match["product"]:
        # a shape is written with x alone
        is_shape = not set(match["product"]) & set("*+([")
        return match["value"] is not None or (
            not is_shape and len(re.findall(r"\d+", match["product"])) >= FACTORS
        )
    digits = match["digits"].rstrip(",.'_ ")
    if match["unit"] or match["letter"] or _GROUPED.fullmatch(digits):
        return True
    return len(digits) in DIGITS and digits.isdigit() and int(digits) not in YEARS


def plain_lines(section: Section) -> Iterable[Flow]:
    """The lines of a section; those of markup as text, each row of a table in one, its cells parted by tabs."""
    if section.kind == "html" or "<td" in section.text or "<TD" in section.text:
        return _rows_of_markup(section)
    return (line.flow for line in section.lines)


def _rows_of_markup(section: Section) -> Iterator[Flow]:
    from vggstat.lint.readers.markup import BLOCKS, pieces

    parts: list[Flow] = []
    in_row = False
    for piece in pieces(section.lines):
        if piece.tag == "":
            parts.append(piece.flow)
        elif piece.tag in ("td", "th"):
            if not piece.close and in_row and parts:
                parts.append(Flow("\t", (0,), (piece.flow.origins[0],)))
        elif piece.tag == "tr" or (not in_row and (piece.tag == "\n" or piece.tag in BLOCKS)):
            in_row = piece.tag == "tr" and not piece.close
            if parts:
                yield join(parts)
            parts = [Flow(" ", (0,), (piece.flow.origins[0],))] if in_row else []
    if parts:
        yield join(parts)
