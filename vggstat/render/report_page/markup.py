"""HTML as text: escaping, data inside a page, and tables of the page model."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

from vggstat.render.page import SIGN_ROLES, Alternative, Listing, Page, Row, Table, cell_value
from vggstat.render.width import json_escaped, quiet, visible

__all__ = ["embedded", "escaped", "page_parts", "script_hash", "table_html"]

QUIET_BLOCK = '<span class="quiet">block</span>'
"""The heading of the comparison's first column, which text leaves empty."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escaped(text: str) -> str:
    """The text for HTML, in elements and in attributes; control characters made visible."""
    return quiet(visible(text).translate(_ESCAPES), "&#%d;")


def escaped_lines(text: str) -> str:
    """As ``escaped``, with line breaks kept."""
    return "\n".join(escaped(line) for line in text.split("\n"))


def embedded(data: Any) -> str:
    """The data as JSON that can stand in a script element: nothing in it can end the element or open a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return json_escaped(text).replace("<", "\\u003c").replace(">", "\\u003e")


def script_hash(script: str) -> str:
    """The source expression that allows this script, and no other, to run."""
    return f"'sha256-{b64encode(sha256(script.encode('utf-8')).digest()).decode('ascii')}'"


def page_parts(page: Page) -> str:
    """A page's tables, sentences and notes."""
    pieces = []
    for shown in page.shown:
        part = shown.table if isinstance(shown, Alternative) else shown
        if isinstance(part, Listing):
            pieces.append(f"<pre>{escaped_lines(part.text)}</pre>")
        elif isinstance(part, Table):
            pieces.append(table_html(part))
        else:
            pieces += [
                _paragraph(line if isinstance(line, str) else f"{line[0]}: {line[1]}") for line in part.lines
            ]
    pieces += [_paragraph(note, "note") for note in page.notes]
    return "\n".join(pieces)


def _paragraph(text: str, name: str = "") -> str:
    return f'<p class="{name}">{escaped(text.strip())}</p>' if name else f"<p>{escaped(text.strip())}</p>"


def table_html(table: Table) -> str:
    """A table of the page model as it is, without switches."""
    title = escaped(table.title or table.name or "table")
    caption = f"<caption>{title}</caption>" if table.title else ""
    signed = table.signed
    head = '<th scope="col"><span class="quiet">sign</span></th>' if signed else ""
    head += "".join(
        f'<th scope="col"{_right(column.align)}>{escaped(column.heading) or QUIET_BLOCK}</th>'
        for column in table.columns
    )
    rows = "\n".join(_row(table, row, signed) for row in table.rows if row.kind != "rule")
    notes = "\n".join(_paragraph(note, "note") for note in table.notes if note.strip())
    return (
        f'<div class="wide" role="region" aria-label="{title}" tabindex="0"><table>{caption}'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>\n{notes}"
    )


def _row(table: Table, row: Row, signed: bool) -> str:
    texts, raw = table.texts(row), table.cells(row)
    role = SIGN_ROLES.get(row.sign, "")
    cells = [f"<td>{escaped(row.sign)}</td>"] if signed else []
    headed = False
    for at, taken in table.spans(row):
        column = table.columns[at]
        heads = not headed and isinstance(cell_value(raw[at]), str) and bool(texts[at])
        headed = headed or heads
        tag, scope = ("th", ' scope="row"') if heads else ("td", "")
        span = f' colspan="{taken}"' if taken > 1 else ""
        cells.append(
            f"<{tag}{scope}{span}{_right('' if taken > 1 else column.align)}>{escaped(texts[at])}</{tag}>"
        )
    return f'<tr class="{" ".join(filter(None, (row.kind, role)))}">{"".join(cells)}</tr>'


def _right(align: str) -> str:
    return ' class="n"' if align == "right" else ""
