"""HTML as tags and text, each character with its place; and pages as plain lines.

Nothing is validated: a page is read as it comes, tags left open are closed by what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html.entities import html5
from typing import Final, NamedTuple

from vggstat.lint.text import Flow, Line, fold, join

__all__ = ["Piece", "decoded", "pieces", "strip_tags"]

MAX_TAG_LINES: Final = 30
"""Lines that one tag may run over."""
MAX_TAG: Final = 4_000
_TAG: Final = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][A-Za-z0-9-]{0,20})(?P<attributes>[^<>]{0,3000})>")
_START: Final = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY: Final = re.compile(
    r"&(?:#(?P<number>\d{1,7})|#[xX](?P<hex>[0-9a-fA-F]{1,6})|(?P<name>[A-Za-z][A-Za-z0-9]{1,30}));?"
)
SILENT: Final = frozenset({"script", "style", "head", "svg", "template", "noscript"})
BLOCKS: Final = frozenset({
    "p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "section",
    "article", "dt", "dd", "blockquote", "caption", "hr", "main", "header", "footer", "title", "thead", "tbody",
})  # fmt: skip


class Piece(NamedTuple):
    """A tag or a stretch of text of one line. ``tag`` is empty for text; ``line`` is the index of its line."""

    tag: str
    close: bool
    attributes: str
    flow: Flow
    line: int


def decoded(flow: Flow) -> Flow:
    """The text with its entities decoded and folded, one character each, the place of each kept."""
    if "&" not in flow.text:
        return flow
    parts: list[Flow] = []
    at = 0
    for match in _ENTITY.finditer(flow.text):
        sign = _sign(match)
        if len(sign) == 1:
            line, index = flow.origin(match.start())
            parts += (flow.cut(at, match.start()), Flow(sign, (0,), ((line, index),)))
            at = match.end()
    return join([*parts, flow.cut(at)]) if parts else flow


def _sign(match: re.Match[str]) -> str:
    """The character of an entity, folded; empty for none."""
    if match["name"]:
        return fold(html5.get(match["name"] + ";", ""))
    code = int(match["number"]) if match["number"] else int(match["hex"], 16)
    return fold(chr(code)) if 8 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""


def pieces(lines: Sequence[Line]) -> Iterator[Piece]:
    """Tags and text from top to bottom. Comments, scripts and styles are left out."""
    silent = ""
    comment = False
    pending = ""
    for index, line in enumerate(lines):
        text = line.text
        at = 0
        if comment:
            end = text.find("-->")
            if end < 0:
                continue
            comment, at = False, end + 3
        if pending:
            end = text.find(">", at)
            lost = end < 0
            if lost and pending.count("\n") < MAX_TAG_LINES and len(pending) < MAX_TAG and "<" not in text:
                pending += "\n" + text
                continue
            match = None if lost else _TAG.match(pending + " " + text[at : end + 1])
            if match:
                yield Piece(
                    match["name"].lower(),
                    bool(match["close"]),
                    match["attributes"],
                    line.cut(at, end + 1),
                    index,
                )
                at = end + 1
            pending = ""
        while at < len(text):
            start = _START.search(text, at)
            stop = start.start() if start else len(text)
            if stop > at and not silent:
                yield Piece("", False, "", decoded(line.cut(at, stop)), index)
            if start is None:
                break
            if text.startswith("<!--", stop):
                end = text.find("-->", stop)
                comment = end < 0
                at = len(text) if comment else end + 3
                continue
            match = _TAG.match(text, stop)
            if match is None:
                if ">" not in text[stop : stop + MAX_TAG] and len(text) - stop < MAX_TAG:
                    pending = text[stop:]
                    break
                at = stop + 1
                continue
            name, close = match["name"].lower(), bool(match["close"])
            at = match.end()
            if silent:
                silent = "" if close and name == silent else silent
                continue
            if name in SILENT and not close and not match["attributes"].endswith("/"):
                silent = name
                continue
            yield Piece(name, close, match["attributes"], line.cut(match.start(), match.end()), index)
        if not silent and not comment and not pending:
            yield Piece("\n", False, "", line.cut(len(text), len(text)), index)


def strip_tags(lines: list[Line], tables: bool = True) -> list[Line]:
    """A page as plain lines: blocks and ``<br>`` begin a new one, cells stand two spaces apart.

    Without ``tables``, those of several columns are left out (the ``html`` dialect reads them).
    """
    made: list[Line] = []
    parts: list[Flow] = []
    skip = 0 if tables else -1
    ranges = [] if tables else _grids(lines)
    for piece in pieces(lines):
        if skip and _within(ranges, piece):
            continue
        if piece.tag == "":
            parts.append(piece.flow)
        elif piece.tag in ("td", "th") and not piece.close and parts:
            parts.append(Flow("  ", (0,), (piece.flow.origins[0],)))
        elif piece.tag == "\n" or piece.tag in BLOCKS:
            _flush(parts, made)
            if piece.tag == "\n" and (
                not made or (piece.line and made[-1].number < lines[piece.line].number)
            ):
                made.append(
                    Line("", lines[piece.line].number, 1, lines[piece.line].cell, lines[piece.line].output)
                )
        elif piece.tag == "sup" and not piece.close and parts:
            parts.append(Flow("^", (0,), (piece.flow.origins[0],)))
    _flush(parts, made)
    return made


def _flush(parts: list[Flow], made: list[Line]) -> None:
    """One line of the parts gathered, if they hold any text."""
    if any(part.text and not part.text.isspace() for part in parts):
        flow = parts[0] if len(parts) == 1 else join(parts)
        line = flow.origins[0][0]
        made.append(Line(flow.text, line.number, flow, line.cell, line.output))
    parts.clear()


def _grids(lines: Sequence[Line]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where the tables of several columns begin and end, as (line, offset)."""
    found: list[tuple[tuple[int, int], tuple[int, int]]] = []
    if not any("<t" in line.text or "<T" in line.text for line in lines):
        return found
    stack: list[tuple[tuple[int, int], list[int], bool]] = []
    for piece in pieces(lines):
        here = (piece.line, piece.flow.origins[0][1])
        if piece.tag == "table" and not piece.close:
            stack.append((here, [0, 0], False))
        elif not stack:
            continue
        elif piece.tag in ("tr", "td", "th") and not piece.close:
            stack[-1][1][piece.tag != "tr"] += 1
        elif piece.tag == "pre":
            stack[-1] = (*stack[-1][:2], True)
        elif piece.tag == "table":
            start, (rows, cells), code = stack.pop()
            if cells >= 2 * rows and rows > 1 and not code and not stack:
                found.append((start, here))
    return found


def _within(ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]], piece: Piece) -> bool:
    while ranges and ranges[0][1] < (piece.line, piece.flow.origins[0][1]):
        del ranges[0]  # type: ignore[attr-defined]
    return bool(ranges) and ranges[0][0] <= (piece.line, piece.flow.origins[0][1])
