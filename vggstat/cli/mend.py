"""``check --fix`` and ``check --diff``: files fixed on their way through."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator

from vggstat.cli.files import write_file
from vggstat.errors import OutputError, VggstatError
from vggstat.lint.config import Settings
from vggstat.lint.engine import Fault, FileResult, check_document, check_text
from vggstat.lint.files import Reach, read_file
from vggstat.lint.markers import Render
from vggstat.lint.mend import may_be_written, mend_text
from vggstat.lint.number_fixes import CERTAIN, Fixed, fix_numbers
from vggstat.lint.source import Document, encode, open_document
from vggstat.render.findings.data import relative_path
from vggstat.render.width import quiet, visible

__all__ = ["Mender", "patch"]


class Mender:
    """Mends each file and passes on what is wrong after it.

    ``reach``: what may be written to. ``show`` takes a patch instead of the file; ``complain`` takes what keeps a file
    from being mended, ``fault`` a fault of our own. ``pending``: how many files a patch was shown for.
    """

    def __init__(
        self, settings: Settings, render: Render, reach: Reach, complain: Callable[[VggstatError], None], fault: Fault,
        show: Callable[[str], None] | None = None,
    ) -> None:  # fmt: skip
        self.settings, self.render, self.reach = settings, render, reach
        self.complain, self.fault, self.show = complain, fault, show
        self.pending = 0

    def mended(self, results: Iterable[FileResult]) -> Iterator[FileResult]:
        """The result of each file as mended; as it is where it cannot be."""
        for result in results:
            try:
                mended = self._mend(result) if result.path != "-" else result
            except VggstatError as error:
                self.complain(error)
                mended = result
            except Exception as error:
                self.fault(result.path, "fixes", error)
                mended = result
            yield mended

    def _mend(self, result: FileResult) -> FileResult:
        path = result.path
        data = read_file(path)
        document = open_document(path, data)
        text = mend_text(document, self.render)
        text, numbers = self._fix_numbers(document._replace(text=text), result)
        if text == document.text:
            return result
        fresh = _bytes(document, data, text)
        target = self.reach.target(path)
        if target is None:
            raise OutputError(
                f"{path}: not fixed: a link leads from here to {os.path.realpath(path)}, which is not among the paths "
                "that are given; give that path itself to fix it"
            )
        if self.show is not None:
            self.pending += 1
            self.show(patch(path, document.text, text))
        else:
            write_file(target, fresh)
        return check_text(path, fresh, self.settings, self.render, self.fault).replace(fixed=numbers)

    def _fix_numbers(self, document: Document, result: FileResult) -> Fixed:
        """The document's text with the numbers rewritten that are certain, and how many they are."""
        if not may_be_written(document) or not any(
            finding.confidence >= CERTAIN for finding in result.findings
        ):
            return Fixed(document.text, 0)
        everything = self.settings.replace(select=(), ignore=(), per_file_ignores=(), min_confidence=0.0)

        def check(text: str) -> FileResult:
            return check_document(document._replace(text=text), everything, self.render, self.fault)

        findings = check_document(document, self.settings, self.render, self.fault).findings
        return fix_numbers(document, findings, check)


def _bytes(document: Document, data: bytes, text: str) -> bytes:
    """What is to be written. Raises OutputError where anything else of the file would change with it."""
    name = document.encoding.upper()
    if encode(document, document.text) != data:
        raise OutputError(
            f"{document.path}: not fixed: some of its bytes are not {name}; save it as UTF-8 first"
        )
    try:
        return encode(document, text)
    except UnicodeEncodeError as error:
        sign = error.object[error.start]
        raise OutputError(
            f"{document.path}: not fixed: it is in {name}, which has no {sign!r}; save it as UTF-8 first"
        ) from None


def patch(path: str, before: str, after: str) -> str:
    """The change as a patch that ``git apply`` takes.

    Where it holds control characters, or lines that the log of a CI takes for commands, they are written out: such a
    patch is for reading, and a line above it says so.
    """
    from difflib import unified_diff

    name = relative_path(path)
    lines = list(unified_diff(_lines(before), _lines(after), _quoted(f"a/{name}"), _quoted(f"b/{name}")))
    shown = [_shown(line) for line in lines]
    warning = "" if shown == lines else "# control characters are written out: this patch cannot be applied\n"
    return warning + "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in shown
    )


def _shown(line: str) -> str:
    """A line of a patch that does nothing to a terminal or a log; its tabs and its end stay."""
    end = "\r\n" if line.endswith("\r\n") else "\n" if line.endswith("\n") else ""
    return quiet("\t".join(map(visible, line.removesuffix(end).split("\t")))) + end


def _quoted(name: str) -> str:
    """A name in a patch: as git writes one that holds anything but plain characters."""
    if name.isprintable() and not set(name) & set('"\\'):
        return name
    return '"' + "".join(map(_octal, os.fsencode(name))) + '"'


def _octal(byte: int) -> str:
    if chr(byte) in '"\\':
        return f"\\{chr(byte)}"
    return chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)
