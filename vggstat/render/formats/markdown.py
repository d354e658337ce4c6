"""Markdown with pipe tables, as GitHub and most others read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from vggstat.render.formats._blocks import apart
from vggstat.render.page import (
    Alternative,
    Listing,
    Page,
    Part,
    Row,
    Table,
    Target,
    Text,
    cell_role,
    indentation,
)
from vggstat.render.width import character_references, cleaner, quiet_lines, visible, width

__all__ = ["pieces"]

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", **{mark: "\\" + mark for mark in "\\`|~$"}})
_STYLES = {"strong": "**{}**"}


def pieces(page: Page, target: Target) -> Iterator[str]:
    """The page as paragraphs, pipe tables, lists and fenced code."""
    blocks = chain(
        [_title(page)],
        (block for part in page.shown for block in _part(part, target.encoding)),
        map(_paragraph, page.notes),
    )
    return (character_references(quiet_lines(text), target.encoding) for text in apart(blocks))


def _escaped(text: str) -> str:
    """The text with what Markdown or HTML would read as markup made harmless, and nothing else touched."""
    text = " ".join(visible(text).split()).translate(_ESCAPES)
    for opening in ("](", "][", "]:"):
        text = text.replace(opening, "\\" + opening)
    text = text.replace("[^", "\\[^")
    if "_" not in text and "*" not in text:
        return text
    padded = f" {text} "
    return "".join(
        "\\" + mark if _emphasises(before, mark, after) else mark
        for before, mark, after in zip(padded, text, padded[2:], strict=False)
    )


def _emphasises(before: str, mark: str, after: str) -> bool:
    """Whether the character could begin or end emphasis: no star among blanks, no underscore in a word."""
    if mark == "*":
        return before != " " or after != " "
    return mark == "_" and not (before.isalnum() and after.isalnum())


def _paragraph(text: str) -> str:
    """One paragraph; what would begin a list, a heading or a quotation does not."""
    text = _escaped(text.strip(" "))
    head, _, _ = text.partition(" ")
    if head[:1] in ("#", ">", "-", "+", "=") or head == "*":
        return "\\" + text
    if head[:-1].isdigit() and head[-1] in ".)":
        return head[:-1] + "\\" + text[len(head) - 1 :]
    return text


def _title(page: Page) -> str:
    title = f"**{_escaped(page.title)}**" if page.title else ""
    return " · ".join(text for text in (title, _escaped(page.aside)) if text)


def _part(part: Part, encoding: str) -> Iterator[str]:
    if isinstance(part, Alternative):
        part = part.table
    if isinstance(part, Text):
        yield from _text(part)
    elif isinstance(part, Listing):
        yield _fenced(part, encoding)
    else:
        if part.title:
            yield f"**{_escaped(part.title)}**"
        yield "\n".join(_table(part))
        yield from map(_paragraph, part.notes)


def _text(part: Text) -> Iterator[str]:
    items: list[str] = []
    for line in part.lines:
        if isinstance(line, tuple):
            items.append(f"- **{_escaped(line[0])}**: {_escaped(line[1])}")
            continue
        if items:
            yield "\n".join(items)
            items = []
        yield _paragraph(line)
    yield "\n".join(items)


def _fenced(part: Listing, encoding: str) -> str:
    lines = ("".join(text for text, _ in line) for line in part.lines())
    text = "\n".join("\t".join(map(cleaner(encoding), line.split("\t"))) for line in lines)
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{part.language}\n{text}\n{fence}"


def _table(table: Table) -> Iterator[str]:
    signed = table.signed
    headings = [""] * signed + [_escaped(column.heading) for column in table.columns]
    aligns = ["center"] * signed + [column.align for column in table.columns]
    rows = [
        headings,
        *([_escaped(row.sign)] * signed + _cells(table, row) for row in table.rows if row.kind != "rule"),
    ]
    sizes = [max(3, *map(width, column)) for column in zip(*rows, strict=True)]
    yield _line(headings, aligns, sizes)
    yield "| " + " | ".join(map(_rule, aligns, sizes)) + " |"
    for cells in rows[1:]:
        yield _line(cells, aligns, sizes)


def _cells(table: Table, row: Row) -> list[str]:
    pairs = zip(table.columns, table.cells(row), _settled(table, row), strict=True)
    roles = [
        ("strong" if row.kind == "heading" else cell_role(column, cell), text) for column, cell, text in pairs
    ]
    return [
        "&nbsp;" * indentation(text) + _STYLES.get(role, "{}").format(_escaped(text)) if text else ""
        for role, text in roles
    ]


def _settled(table: Table, row: Row) -> list[str]:
    """The row's texts; one that runs over others stands in the first left-aligned column of those it runs over.

    Pipe tables cannot join cells: a sentence in a column of numbers would widen it.
    """
    texts = table.texts(row)
    for at, taken in table.spans(row):
        places = range(at, at + taken)
        place = next((place for place in places if table.columns[place].align == "left"), at)
        texts[at], texts[place] = texts[place], texts[at]
    return texts


def _rule(align: str, size: int) -> str:
    left = ":" if align == "center" else "-"
    return left + "-" * (size - 2) + ("-" if align == "left" else ":")


def _line(texts: Iterable[str], aligns: Iterable[str], sizes: Iterable[int]) -> str:
    cells = (
        " " * (size - width(text)) + text if align == "right" else text + " " * (size - width(text))
        for text, align, size in zip(texts, aligns, sizes, strict=True)
    )
    return "| " + " | ".join(cells) + " |"
