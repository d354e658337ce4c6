"""One line a finding: ``path:line:column: CODE message``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vggstat.lint.engine import FileResult
from vggstat.lint.model import Finding
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.data import left_out, shown_path
from vggstat.render.findings.summary import summary_line
from vggstat.render.width import harmless

__all__ = ["headline", "write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """The findings of each file, and a line that counts them."""
    for result in results:
        tally.add(result)
        for finding in result.findings:
            yield harmless(headline(result.path, finding)) + "\n"
        for left in left_out(result) if style.show_unchecked else ():
            place = f"{shown_path(result.path)}:{left.place.line}:{left.place.column}"
            yield harmless(f"{place}: {left.words}") + "\n"
    yield summary_line(tally) + "\n"


def headline(path: str, finding: Finding) -> str:
    """``notes.md:14:77: V201 error: ...``; a notebook's cell and output stand before the message. Nothing is escaped."""
    place = finding.place
    cell = ""
    if place.cell is not None:
        cell = f" (cell {place.cell}" + (f", output {place.output})" if place.output is not None else ")")
    return f"{shown_path(path)}:{place.line}:{place.column}: {finding.code} {finding.severity}:{cell} {finding.message}"
