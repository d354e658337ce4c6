"""``check --fix`` and ``check --diff``: files mended on their way through."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from vggstat.claims.config import Settings
from vggstat.claims.engine import FileResult, check_text
from vggstat.claims.markers import Render
from vggstat.claims.mend import mend_text
from vggstat.claims.source import open_document

__all__ = ["Mender"]


class Mender:
    """Mends each file and passes on what is wrong after it. ``pending``: whether a diff was printed."""

    def __init__(self, settings: Settings, render: Render, *, unsafe: bool, write: bool) -> None:
        self.settings, self.render, self.unsafe, self.write = settings, render, unsafe, write
        self.pending = 0

    def mended(self, results: Iterable[FileResult]) -> Iterator[FileResult]:
        """The result of each file as mended."""
        for result in results:
            yield self._mend(result)

    def _mend(self, result: FileResult) -> FileResult:
        if result.path == "-":
            return result
        with open(result.path, "rb") as file:
            data = file.read()
        document = open_document(result.path, data)
        text = mend_text(document, result, self.render, unsafe=self.unsafe)
        if text == document.text:
            return result
        try:
            fresh = text.encode(document.encoding)
        except UnicodeEncodeError:
            fresh = text.encode("utf-8")
        if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not fresh.startswith((b"\xff\xfe", b"\xfe\xff")):
            fresh = data[:2] + fresh
        if self.write:
            from vggstat.cli.common import write_file

            write_file(result.path, fresh)
        else:
            self.pending += 1
            _print_diff(result.path, document.text, text)
        return check_text(result.path, fresh, self.settings, self.render)


def _print_diff(path: str, before: str, after: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(
        before.replace("\r\n", "\n").split("\n"),
        after.replace("\r\n", "\n").split("\n"),
        f"a/{path}",
        f"b/{path}",
        lineterm="",
    )
    for line in lines:
        sys.stdout.write(line + "\n")
