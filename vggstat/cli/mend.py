"""``check --fix`` and ``check --diff``: files mended on their way through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from vggstat.claims.config import Settings
from vggstat.claims.engine import FileResult, check_text
from vggstat.claims.markers import Render
from vggstat.claims.mend import mend_text
from vggstat.claims.source import Document, encode, open_document
from vggstat.errors import InputError, OutputError, VggstatError
from vggstat.present.findings.data import relative_path

__all__ = ["Mender", "patch"]


class Mender:
    """Mends each file and passes on what is wrong after it.

    ``show`` takes a patch instead of the file; ``complain`` takes what keeps a file from being mended.
    ``pending``: how many files a patch was shown for.
    """

    def __init__(
        self, settings: Settings, render: Render, complain: Callable[[VggstatError], None], *,
        unsafe: bool, show: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.render, self.complain = settings, render, complain
        self.unsafe, self.show = unsafe, show
        self.pending = 0

    def mended(self, results: Iterable[FileResult]) -> Iterator[FileResult]:
        """The result of each file as mended; as it is where it cannot be."""
        for result in results:
            try:
                yield self._mend(result) if result.path != "-" else result
            except VggstatError as error:
                self.complain(error)
                yield result

    def _mend(self, result: FileResult) -> FileResult:
        try:
            with open(result.path, "rb") as file:
                data = file.read()
        except OSError as error:
            raise InputError(f"{result.path}: {error.strerror or error}") from None
        document = open_document(result.path, data)
        text = mend_text(document, result, self.render, unsafe=self.unsafe)
        if text == document.text:
            return result
        fresh = _bytes(document, data, text)
        if self.show is not None:
            self.pending += 1
            self.show(patch(result.path, document.text, text))
        else:
            from vggstat.cli.common import write_file

            write_file(result.path, fresh)
        return check_text(result.path, fresh, self.settings, self.render)


def _bytes(document: Document, data: bytes, text: str) -> bytes:
    """What is to be written. Raises OutputError where anything else of the file would change with it."""
    name = document.encoding.upper()
    if encode(document, document.text) != data:
        raise OutputError(
            f"{document.path}: not mended: some of its bytes are not {name}; save it as UTF-8 first"
        )
    try:
        return encode(document, text)
    except UnicodeEncodeError as error:
        sign = error.object[error.start]
        raise OutputError(
            f"{document.path}: not mended: it is in {name}, which has no {sign!r}; save it as UTF-8 first"
        ) from None


def patch(path: str, before: str, after: str) -> str:
    """The change as a patch that ``git apply`` takes."""
    from difflib import unified_diff

    name = relative_path(path)
    lines = unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
