"""Text that knows where each of its characters stands in a file.

Readers work on ``Flow``: text in which look-alikes are folded to ASCII (full-width digits, ``×``, box-drawing
borders, Swiss apostrophes) one character for one, and which may be cut, joined and substituted without losing
the place of anything. What is printed of a document is always taken from the file, never from a ``Flow``.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from vggstat.lint.place import Place

__all__ = ["FOLD", "Flow", "Line", "Section", "fold", "join"]

_LOOK_ALIKES: Final = {
    "×✕✖⨯╳Ⅹ": "x",
    "∗⋅∙·＊﹡✱•": "*",
    "−–—‐‑‒―－": "-",
    "’‘ʼ′＇": "'",
    "“”″＂": '"',
    "≈∼～≃≅〜": "~",
    "：∶﹕": ":",
    "＝": "=",
    "，﹐、": ",",
    "；": ";",
    "．": ".",
    "（﹙": "(",
    "）﹚": ")",
    "［【": "[",
    "］】": "]",
    "＋": "+",
    "／": "/",
    "％": "%",
    "＃": "#",
    "│┃║▏▕｜┆┇┊┋╎╏": "|",
    "─┄┈╌┅╴╶╼╾": "-",
    "━═┉╍╸╺": "=",
    "┌┐└┘├┤┬┴┼╭╮╰╯╔╗╚╝╠╣╦╩╬┏┓┗┛┣┫┳┻╋┡┩╇╈╞╡╪╒╕╘╛╟╢╥╨╫╓╖╙╜┝┥┿┠┨╂┯┷": "+",
    "\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t\v\f\r\x00": " ",
    "\u200b\u200c\u200d\ufeff\u2060": " ",
}

FOLD: Final[dict[int, str]] = {
    **{ord(sign): to for signs, to in _LOOK_ALIKES.items() for sign in signs},
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{0xFF21 + letter: chr(65 + letter) for letter in range(26)},
    **{0xFF41 + letter: chr(97 + letter) for letter in range(26)},
}
"""One character for one, so that columns stay what they are. ``\\t`` becomes one space."""


def fold(text: str) -> str:
    """``text`` with look-alikes folded; as long as before."""
    return text if text.isascii() and "\t" not in text and "\x00" not in text else text.translate(FOLD)


_WHOLE: Final = (0,)
"""The ``starts`` of a flow of one piece."""


class Line:
    """One line of a file, or of a string inside one (a notebook's cell): its text, folded, and its place.

    ``columns`` is the 1-based column of each character in the file's line, or the column of the first one
    where the rest follow it without a gap, or the flow that the line was made of.
    """

    __slots__ = ("cell", "columns", "number", "output", "text")

    def __init__(
        self,
        text: str,
        number: int,
        columns: int | Sequence[int] | Flow = 1,
        cell: int | None = None,
        output: int | None = None,
    ) -> None:
        self.text = text
        self.number = number
        self.columns = columns
        self.cell = cell
        self.output = output

    def column(self, index: int) -> int:
        """The 1-based column of the character at ``index`` (which may be the line's end)."""
        if isinstance(self.columns, int):
            return self.columns + index
        if isinstance(self.columns, Flow):
            line, at = self.columns.origin(index)
            return line.column(at)
        if index < len(self.columns):
            return self.columns[index]
        return self.columns[-1] + 1 if self.columns else 1

    @property
    def flow(self) -> Flow:
        return Flow(self.text, _WHOLE, ((self, 0),))

    def cut(self, start: int, end: int) -> Flow:
        """The characters from ``start`` to ``end``."""
        return Flow(self.text[start:end], _WHOLE, ((self, start),))


class Flow:
    """A piece of text, possibly of several lines, with the place of each character.

    ``starts`` are the offsets at which a new piece begins, ``origins`` the line and the index in it that each
    piece was taken from.
    """

    __slots__ = ("origins", "starts", "text")

    def __init__(self, text: str, starts: tuple[int, ...], origins: tuple[tuple[Line, int], ...]) -> None:
        self.text = text
        self.starts = starts
        self.origins = origins

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        return f"Flow({self.text!r})"

    def cut(self, start: int, end: int | None = None) -> Flow:
        """The part from ``start`` to ``end``."""
        stop = len(self.text) if end is None else end
        begins = self.starts
        if len(begins) == 1:
            line, index = self.origins[0]
            return Flow(self.text[start:stop], _WHOLE, ((line, index + start),))
        after = bisect_right(begins, start) or 1
        line, index = self.origins[after - 1]
        origin = (line, index + start - begins[after - 1])
        if after == len(begins) or begins[after] >= stop:
            return Flow(self.text[start:stop], _WHOLE, (origin,))
        last = bisect_left(begins, stop, after)
        starts = (0, *(begin - start for begin in begins[after:last]))
        return Flow(self.text[start:stop], starts, (origin, *self.origins[after:last]))

    def strip(self, chars: str = " ") -> Flow:
        """Without ``chars`` at either end."""
        text = self.text
        if not text or (text[0] not in chars and text[-1] not in chars):
            return self
        start = len(self.text) - len(self.text.lstrip(chars))
        end = len(self.text.rstrip(chars))
        return self if (start, end) == (0, len(self.text)) else self.cut(start, max(start, end))

    def split(self, pattern: str) -> list[Flow]:
        """The parts between the matches of a regular expression."""
        parts, start = [], 0
        for match in re.finditer(pattern, self.text):
            parts.append(self.cut(start, match.start()))
            start = match.end()
        return [*parts, self.cut(start)]

    def group(self, match: re.Match[str], name: str | int = 0) -> Flow:
        """The text of a match's group; the match must be one of this flow's ``text``."""
        return self.cut(*match.span(name))

    def sub(self, pattern: str, replacement: str) -> Flow:
        """With each match replaced by a constant text (``\\1`` is not understood); places are kept."""
        if not re.search(pattern, self.text):
            return self
        parts, start = [], 0
        for match in re.finditer(pattern, self.text):
            parts.append(self.cut(start, match.start()))
            line, index = self.origin(match.start())
            parts.append(Flow(replacement, _WHOLE, ((line, index),)))
            start = match.end()
        return join([*parts, self.cut(start)])

    def origin(self, offset: int) -> tuple[Line, int]:
        """The line that the character at ``offset`` was taken from, and its index in it."""
        piece = max(bisect_right(self.starts, offset) - 1, 0)
        line, index = self.origins[piece]
        return line, index + offset - self.starts[piece]

    def place(self, start: int = 0, end: int | None = None) -> Place:
        """Where the characters from ``start`` to ``end`` stand; the end is cut at the end of the first line."""
        stop = len(self.text) if end is None else end
        line, index = self.origin(start)
        last, last_index = self.origin(max(stop - 1, start))
        end_column = (
            line.column(last_index) + 1 if last is line else line.column(max(len(line.text) - 1, 0)) + 1
        )
        column = line.column(index)
        return Place(line.number, column, max(end_column, column + 1), line.cell, line.output)


def join(flows: Iterable[Flow], separator: str = "") -> Flow:
    """One flow of several, with ``separator`` between them."""
    texts: list[str] = []
    starts: list[int] = []
    origins: list[tuple[Line, int]] = []
    length = 0
    for flow in flows:
        if texts and separator:
            texts.append(separator)
            starts.append(length)
            origins.append(origins[-1])
            length += len(separator)
        if not flow.text and starts:
            continue
        starts.extend(length + start for start in flow.starts)
        origins.extend(flow.origins)
        texts.append(flow.text)
        length += len(flow.text)
    return Flow("".join(texts), tuple(starts), tuple(origins))


class Section:
    """A stretch of lines of one kind: a text file, a notebook cell, the text of a page without its tags.

    A reader marks the lines that it has read as ``taken``, so that no number is judged twice.
    """

    __slots__ = ("_indexes", "_left", "kind", "lines", "taken", "text", "title")

    def __init__(self, kind: str, lines: list[Line], title: str = "") -> None:
        self.kind = kind
        """``text``, ``markdown``, ``html``, ``latex``, ``csv``, ``tsv``, ``code``, or ``output`` (of a cell)."""
        self.lines = lines
        self.title = title
        """What the whole section is called: the file's name."""
        self.taken: set[int] = set()
        self.text = "\n".join(line.text for line in lines)
        self._indexes: dict[int, int] = {}
        self._left = (0, self.text)

    def free(self) -> Iterator[int]:
        """Indexes of the lines that nobody has read."""
        return (index for index in range(len(self.lines)) if index not in self.taken)

    def take(self, start: int, end: int) -> None:
        """Mark the lines from ``start`` up to and without ``end`` as read."""
        self.taken.update(range(start, end))

    @property
    def left(self) -> str:
        """The text of the lines that nobody has read yet."""
        count, text = self._left
        if count != len(self.taken):
            text = "\n".join(self.lines[index].text for index in self.free())
            self._left = (len(self.taken), text)
        return text

    def index_of(self, flow: Flow) -> int:
        """The index of the line that a flow begins in; 0 where it is of no line of this section."""
        if not self._indexes:
            self._indexes = {id(line): index for index, line in enumerate(self.lines)}
        return self._indexes.get(id(flow.origins[0][0]), 0)

    def words_before(self, index: int, count: int = 6) -> str:
        """The text of up to ``count`` lines before a line that nobody has read: headings, captions."""
        near = range(max(0, index - count), index)
        return "\n".join(self.lines[i].text for i in near if i not in self.taken)
