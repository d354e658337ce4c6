"""One JSON document for machines, version 1 of its schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vggstat.lint.engine import FileResult
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.data import SCHEMA, file_data, json_text

__all__ = ["write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """The document, file by file; the summary closes it."""
    yield f'{{"schema": {SCHEMA}, "files": ['
    separator = "\n"
    for result in results:
        tally.add(result)
        data = file_data(result, passes=style.show_passes, unchecked=style.show_unchecked)
        yield separator + json_text(data, ascii_only=style.ascii_only)
        separator = ",\n"
    yield f'\n], "summary": {json_text(tally.as_dict(), ascii_only=True)}}}\n'
