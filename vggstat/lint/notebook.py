"""Notebooks: cells and outputs as sections, each line with its place in the .ipynb file.

The JSON is read by ``json``; where each string stands is found by walking the result and the string tokens of the
text side by side. A file that is no JSON is read as what it holds between quotation marks.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from vggstat.lint.source import Document, page_text, split_lines
from vggstat.lint.text import Line, Section, fold

__all__ = ["MarkedCell", "SourceText", "decoded", "marked_cells", "notebook_sections"]

STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN: Final = {"n": "\n", "t": "\t", "r": "\r", "b": " ", "f": " ", '"': '"', "\\": "\\", "/": "/"}


class SourceText(str):
    """A string of the notebook with the offset at which it stands in the file (after its quotation mark)."""

    offset: int
    raw: str
    """As the file has it, with its escapes."""


class MarkedCell(NamedTuple):
    """The source of a cell that holds a marker of vggstat: its lines, and where each stands in the file."""

    kind: str
    lines: list[str]
    numbers: list[int]
    """0-based lines of the file."""
    pieces: list[SourceText]
    """The strings that the source is made of."""


def notebook_sections(document: Document) -> Iterator[Section]:
    """The cells in order, each with its outputs after it."""
    cells = _cells(document.text)
    if cells is None:
        yield _fragment(document)
        return
    starts = _line_starts(document.text)
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict):
            yield from _cell(cell, number, starts)


def _cells(text: str) -> list[Any] | None:
    """The cells, every string in them with its place; None where the text is no JSON."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError):
        return None
    located = _locate(tree, text)
    cells = located.get("cells") if isinstance(located, dict) else None
    if cells is None and isinstance(located, dict):  # nbformat 3
        sheets = located.get("worksheets")
        cells = (
            sheets[0].get("cells")
            if isinstance(sheets, list) and sheets and isinstance(sheets[0], dict)
            else None
        )
    return cells if isinstance(cells, list) else []


def _line_starts(text: str) -> list[int]:
    """The offset of each line, lines ended as ``split_lines`` ends them."""
    return [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text))]


def _source(cell: dict[str, Any]) -> tuple[str, Any]:
    """What a cell's source is, and the source: a string or a list of them."""
    kind = "markdown" if cell.get("cell_type") in ("markdown", "raw", "heading") else "code"
    return kind, cell.get("source", cell.get("input"))


def marked_cells(text: str) -> Iterator[MarkedCell]:
    """The cells in whose source vggstat is named, as they stand: nothing is folded."""
    starts = _line_starts(text)
    for cell in _cells(text) or []:
        kind, source = _source(cell) if isinstance(cell, dict) else ("", None)
        pieces = [piece for piece in (source if isinstance(source, list) else [source])
                  if isinstance(piece, SourceText)]  # fmt: skip
        whole = "".join(pieces)
        if "vggstat" not in whole:
            continue
        yield MarkedCell(kind, whole.split("\n"), _rows(pieces, starts), pieces)


def _rows(pieces: list[SourceText], starts: list[int]) -> list[int]:
    """The 0-based line of the file on which each line of a source begins."""
    rows: list[int] = []
    begins = True
    for piece in filter(None, pieces):
        row = bisect_right(starts, piece.offset) - 1
        rows.extend([row] * (begins + piece.count("\n", 0, -1)))
        begins = piece.endswith("\n")
    return [*rows, *rows[-1:]] if begins else rows


def _locate(tree: Any, text: str) -> Any:
    """The tree with every string replaced by one that knows its place."""
    tokens = STRING.finditer(text)

    def take() -> SourceText:
        token = next(tokens)
        raw = token[1]
        made = SourceText(raw if "\\" not in raw else "".join(char for char, _ in decoded(raw)))
        made.offset, made.raw = token.start(1), raw
        return made

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            found = {}
            for key, value in node.items():
                take()
                found[key] = walk(value)
            return found
        if isinstance(node, list):
            return [walk(item) for item in node]
        return take() if isinstance(node, str) else node

    try:
        return walk(tree)
    except (StopIteration, RecursionError, RuntimeError):
        return {}


def decoded(raw: str) -> Iterator[tuple[str, int]]:
    """Each character of a JSON string with its offset in the raw text."""
    start = 0
    for match in ESCAPE.finditer(raw):
        yield from ((raw[i], i) for i in range(start, match.start()))
        word = match[0][1:]
        yield (
            (chr(int(word[1:], 16)) if word[0] == "u" and len(word) == 5 else _PLAIN.get(word, word)),
            match.start(),
        )
        start = match.end()
    yield from ((raw[i], i) for i in range(start, len(raw)))


def _cell(cell: dict[str, Any], number: int, starts: list[int]) -> Iterator[Section]:
    kind, source = _source(cell)
    lines = _lines(source, number, None, starts)
    if lines:
        yield Section(kind, lines, "")
    outputs = cell.get("outputs")
    for index, output in enumerate(outputs if isinstance(outputs, list) else [], start=1):
        if isinstance(output, dict):
            yield from _output(output, number, index, starts)


def _output(output: dict[str, Any], cell: int, index: int, starts: list[int]) -> Iterator[Section]:
    """The text of an output; HTML only where there is no text, since both show the same."""
    data = output.get("data") if isinstance(output.get("data"), dict) else output
    assert isinstance(data, dict)
    text = _lines(output.get("text", data.get("text/plain")), cell, index, starts)
    html = _lines(data.get("text/html", output.get("html")), cell, index, starts)
    shown = "\n".join(line.text for line in text)
    says_nothing = (
        not re.search(r"\d", shown)
        or re.fullmatch(r"\s*<[\w. ]+(?: at 0x\w+| object)?.*>\s*", shown) is not None
    )
    if html and (not text or says_nothing):
        page = Section("html", html, "")
        yield page
        yield from page_text(page)
    elif text:
        yield Section("output", text, "")


def _lines(value: Any, cell: int, output: int | None, starts: list[int]) -> list[Line]:
    pieces = value if isinstance(value, list) else [value]
    lines: list[Line] = []
    chars: list[str] = []
    columns: list[int] = []
    number = 0

    def flush() -> None:
        lines.append(Line(fold("".join(chars)), number, tuple(columns), cell, output))
        chars.clear()
        columns.clear()

    for piece in pieces:
        if not isinstance(piece, SourceText):
            continue
        row = bisect_right(starts, piece.offset) - 1
        base = piece.offset - starts[row] + 1
        if chars and number != row + 1:
            flush()  # a line that goes on in the next string stands on two lines of the file
        number = row + 1
        raw = piece.raw
        body = raw.removesuffix("\\n")
        if "\\" not in body and not chars:
            lines.append(Line(fold(body), number, base, cell, output))
            continue
        for char, offset in decoded(raw):
            if char == "\n":
                flush()
                continue
            chars.append(char)
            columns.append(base + offset)
    if chars:
        flush()
    return lines


def _fragment(document: Document) -> Section:
    """What stands between quotation marks, line by line; the line itself where it has none."""
    made: list[Line] = []
    for number, text in enumerate(split_lines(document.text), start=1):
        match = STRING.search(text[:100_000])
        if match is None:
            made.append(Line(fold(text[:100_000]), number))
            continue
        for token in STRING.finditer(text[:100_000]):
            chars: list[str] = []
            columns: list[int] = []
            for char, offset in decoded(token[1]):
                if char == "\n":
                    made.append(Line(fold("".join(chars)), number, tuple(columns)))
                    chars, columns = [], []
                    continue
                chars.append(char)
                columns.append(token.start(1) + offset + 1)
            if chars:
                made.append(Line(fold("".join(chars)), number, tuple(columns)))
    return Section("output", made, document.path)
