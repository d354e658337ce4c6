"""One HTML page that needs nothing else: captions and scoped headings, light and dark, no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vggstat.render.page import (
    SIGN_ROLES,
    Alternative,
    Listing,
    Page,
    Part,
    Row,
    Table,
    Target,
    Text,
    cell_role,
    cell_value,
    indentation,
)
from vggstat.render.width import character_references, quiet, visible

__all__ = ["pieces"]

STYLE = """\
:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem }
h1 { font-size: 1.4rem; margin-bottom: 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1.5rem 0 .5rem }
caption { text-align: left; font-weight: bold }
th, td { padding: .15rem .45rem; text-align: left; vertical-align: baseline; white-space: nowrap }
thead th { border-bottom: 1px solid; vertical-align: bottom; white-space: normal }
tbody th { font-weight: normal }
.right { text-align: right }
.center { text-align: center }
.ruled th, .ruled td { border-top: 1px solid }
.total th, .total td, .heading th, .strong { font-weight: bold }
.memory { color: light-dark(#b00020, #ff8a80) }
.params { color: light-dark(#0b57d0, #8ab4f8) }
.added, .good { color: light-dark(#0a7d33, #7fd99a) }
.removed, .bad { color: light-dark(#b00020, #ff8a80) }
.changed, .unsure { color: light-dark(#8a5a00, #f5c451) }
.note { color: light-dark(#555, #aaa); margin: .2rem 0 }
pre { overflow-x: auto }
dl { display: grid; grid-template-columns: max-content auto; gap: 0 1rem }
dt { font-weight: bold }
dd { margin: 0 }"""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def pieces(page: Page, target: Target) -> Iterator[str]:
    """The page as a complete HTML document, which is well-formed XML too."""
    return (character_references(quiet(text, "&#%d;"), target.encoding) + "\n" for text in _document(page))


def _escaped(text: str) -> str:
    return " ".join(visible(text).split()).translate(_ESCAPES)


def _document(page: Page) -> Iterator[str]:
    title = _escaped(page.title)
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
    yield f"<title>{title or 'vggstat'}</title>\n<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>"
    if title:
        yield f"<h1>{title}</h1>"
    if page.aside:
        yield f"<p>{_escaped(page.aside)}</p>"
    for part in page.shown:
        yield from _part(part)
    yield from _notes(page.notes)
    yield "</main>\n</body>\n</html>"


def _notes(notes: Iterable[str]) -> Iterator[str]:
    return (f'<p class="note">{_escaped(note.strip(" "))}</p>' for note in notes if note.strip(" "))


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Alternative):
        part = part.table
    if isinstance(part, Text):
        yield from _text(part)
    elif isinstance(part, Listing):
        lines = ("".join(_span(text, role) for text, role in line) for line in part.lines())
        yield "<pre>" + "\n".join(lines) + "</pre>"
    else:
        yield from _table(part)
        yield from _notes(part.notes)


def _span(text: str, role: str) -> str:
    words = "\t".join(visible(piece).translate(_ESCAPES) for piece in text.split("\t"))
    return f'<span class="{_escaped(role)}">{words}</span>' if role else words


def _text(part: Text) -> Iterator[str]:
    labelled = False
    for line in part.lines:
        if isinstance(line, tuple) != labelled:
            yield "</dl>" if labelled else "<dl>"
            labelled = not labelled
        if isinstance(line, tuple):
            yield f"<dt>{_escaped(line[0])}</dt><dd>{_escaped(line[1])}</dd>"
        elif line.strip(" "):
            yield f"<p>{_escaped(line.strip(' '))}</p>"
    if labelled:
        yield "</dl>"


def _table(table: Table) -> Iterator[str]:
    label = _escaped(table.title or table.name or "table")
    identity = f' id="{_escaped(table.name)}"' if table.name else ""
    yield f'<div class="wide" role="region" aria-label="{label}" tabindex="0">\n<table{identity}>'
    yield f"<caption>{label}</caption>"
    yield "<thead>\n<tr>" + "".join(_headings(table)) + "</tr>\n</thead>\n<tbody>"
    signed = table.signed
    ruled = False
    started = False
    for row in table.rows:
        if row.kind == "rule":
            ruled = started
            continue
        yield _row(table, row, signed, ruled)
        started, ruled = True, False
    yield "</tbody>\n</table>\n</div>"


def _headings(table: Table) -> Iterator[str]:
    if table.signed:
        yield '<th scope="col" aria-label="sign"></th>'
    for column in table.columns:
        label = "" if column.heading else f' aria-label="{_escaped(column.key)}"'
        yield f'<th scope="col"{_class(_align(column.align))}{label}>{_escaped(column.heading)}</th>'


def _row(table: Table, row: Row, signed: bool, ruled: bool) -> str:
    sign = SIGN_ROLES.get(row.sign, "")
    look = [row.kind if row.kind != "body" else "", sign, "ruled" if ruled else ""]
    cells = [f"<td>{_escaped(row.sign)}</td>"] if signed else []
    raw, texts = table.cells(row), table.texts(row)
    named = False
    for at, taken in table.spans(row):
        column = table.columns[at]
        align = "" if taken > 1 else _align(column.align)
        heads = not named and isinstance(cell_value(raw[at]), str) and bool(texts[at])
        named = named or heads
        tag, scope = ("th", ' scope="row"') if heads else ("td", "")
        span = f' colspan="{taken}"' if taken > 1 else ""
        style = _class(align, cell_role(column, raw[at]))
        cells.append(
            f"<{tag}{scope}{span}{style}>{'&nbsp;' * indentation(texts[at])}{_escaped(texts[at])}</{tag}>"
        )
    return f"<tr{_class(*look)}>{''.join(cells)}</tr>"


def _align(align: str) -> str:
    return "" if align == "left" else align


def _class(*names: str) -> str:
    joined = " ".join(name for name in names if name)
    return f' class="{_escaped(joined)}"' if joined else ""
