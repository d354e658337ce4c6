"""LaTeX: booktabs tables and paragraphs, to be pasted into a document."""

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
from vggstat.render.width import encodable, quiet, visible

__all__ = ["pieces"]

_BLOCKS = dict(zip("▏▎▍▌▋▊▉█", range(1, 9), strict=True))
_ESCAPES = str.maketrans(
    {
        "\\": "\\textbackslash{}",
        **{mark: "\\" + mark for mark in "&%$#_{}"},
        "~": "\\textasciitilde{}",
        "^": "\\textasciicircum{}",
        "<": "\\textless{}",
        ">": "\\textgreater{}",
        "|": "\\textbar{}",
        "`": "\\textasciigrave{}",
        "[": "{[}",
        "]": "{]}",
        "–": "\\textendash{}",
        "—": "\\textemdash{}",
        "−": "$-$",
        "×": "$\\times$",
        "·": "$\\cdot$",
        "≈": "$\\approx$",
        "±": "$\\pm$",
        "≤": "$\\leq$",
        "≥": "$\\geq$",
        "≠": "$\\neq$",
        "→": "$\\rightarrow$",
        "∞": "$\\infty$",
        "√": "$\\surd$",
        "²": "$^2$",
        "³": "$^3$",
        "°": "$^\\circ$",
        "µ": "$\\mu$",
        "μ": "$\\mu$",
        "Δ": "$\\Delta$",
        "✓": "$\\surd$",
        "✗": "$\\times$",
        "…": "\\ldots{}",
        "\u00a0": "~",
        "\u2009": "\\,",
        "\u202f": "\\,",
        **{block: f"\\rule{{0.{eighths}ex}}{{1.4ex}}" for block, eighths in _BLOCKS.items()},
    }
)


def pieces(page: Page, target: Target) -> Iterator[str]:
    r"""The page as a fragment for a document's body; the comment on top says which package it needs."""
    blocks = chain(
        ["% In the preamble: \\usepackage{booktabs}", _title(page)],
        (block for part in page.shown for block in _part(part)),
        map(_paragraph, page.notes),
    )
    return (encodable(text, target.encoding) for text in apart(blocks))


def _escaped(text: str) -> str:
    escaped = " ".join(visible(text).split()).translate(_ESCAPES)
    while "--" in escaped:
        escaped = escaped.replace("--", "-{}-")
    return escaped


def _paragraph(text: str) -> str:
    text = text.strip(" ")
    return f"\\noindent {_escaped(text)}" if text else ""


def _title(page: Page) -> str:
    title = f"\\textbf{{{_escaped(page.title)}}}" if page.title else ""
    texts = [text for text in (title, _guarded(_escaped(page.aside))) if text]
    return "\\noindent " + " \\\\\n".join(texts) if texts else ""


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Alternative):
        part = part.table
    if isinstance(part, Text):
        yield from map(_line, part.lines)
    elif isinstance(part, Listing):
        yield _verbatim(part)
    else:
        if part.title:
            yield f"\\noindent \\textbf{{{_escaped(part.title)}}}"
        yield "\n".join(_table(part))
        yield from map(_paragraph, part.notes)


def _line(line: str | tuple[str, str]) -> str:
    if isinstance(line, str):
        return _paragraph(line)
    return f"\\noindent \\textbf{{{_escaped(line[0])}}} {_escaped(line[1])}"


def _verbatim(part: Listing) -> str:
    """The listing in ASCII, as pdfTeX's typewriter fonts have little else."""
    lines = "\n".join(
        quiet("".join(visible(text).replace("\\t", "    ") for text, _ in line)) for line in part.lines()
    )
    text = encodable(lines, "ascii").replace("\\end{verbatim}", "\\end {verbatim}")
    return f"\\begin{{verbatim}}\n{text}\n\\end{{verbatim}}"


def _table(table: Table) -> Iterator[str]:
    signed = table.signed
    letters = "c" * signed + "".join(column.align[0] for column in table.columns)
    yield f"\\noindent\\begin{{tabular}}{{@{{}}{letters}@{{}}}}\n\\toprule"
    headings = [""] * signed + [_escaped(column.heading) for column in table.columns]
    if any(headings):
        yield _joined(headings) + "\n\\midrule"
    started = False
    pending = False
    for row in table.rows:
        if row.kind == "rule":
            pending = started
            continue
        if pending:
            yield "\\midrule"
        yield _joined(_cells(table, row, signed))
        started, pending = True, False
    yield "\\bottomrule\n\\end{tabular}"


def _cells(table: Table, row: Row, signed: bool) -> Iterator[str]:
    if signed:
        yield "$-$" if row.sign == "-" else _escaped(row.sign)
    raw, texts = table.cells(row), table.texts(row)
    for at, taken in table.spans(row):
        strong = row.kind == "heading" or cell_role(table.columns[at], raw[at]) == "strong"
        text = f"\\textbf{{{_escaped(texts[at])}}}" if strong and texts[at] else _escaped(texts[at])
        text = "~" * indentation(texts[at]) + text
        left = "l" if at or signed else "@{}l"
        yield f"\\multicolumn{{{taken}}}{{{left}}}{{{text}}}" if taken > 1 else text


def _joined(cells: Iterable[str]) -> str:
    return _guarded(" & ".join(cells) + " \\\\")


def _guarded(line: str) -> str:
    r"""The line kept apart from what it could be a command to: ``\\*`` to LaTeX, ``::`` to the log of a CI."""
    return "{}" + line if line.startswith(("*", "::")) else line
