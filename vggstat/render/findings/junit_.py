"""JUnit's XML: a test case a file, a failure a finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from vggstat.lint.engine import FileResult
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.concise_ import headline
from vggstat.render.findings.data import left_out, shown_path
from vggstat.render.width import harmless

__all__ = ["write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """One suite; warnings are failures only under --strict, and output of the case otherwise."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="vggstat check">\n<testsuite name="vggstat check">\n'
    for result in results:
        tally.add(result)
        yield f'<testcase classname="vggstat" name="{_text(shown_path(result.path))}">\n'
        told: list[str] = []
        for finding in result.findings:
            line = _text(headline(result.path, finding))
            if finding.severity == "error" or style.strict:
                yield f'<failure type="{finding.code}" message="{_text(finding.message)}">{line}</failure>\n'
            else:
                told.append(line)
        for left in left_out(result) if style.show_unchecked else ():
            told.append(
                _text(f"{shown_path(result.path)}:{left.place.line}:{left.place.column}: {left.words}")
            )
        if told:  # after the failures, once: readers are strict about both
            yield "<system-out>{}</system-out>\n".format("\n".join(told))
        yield "</testcase>\n"
    yield "</testsuite>\n</testsuites>\n"


def _text(text: str) -> str:
    """The text as XML has it, in which control characters cannot stand even escaped: they are written out."""
    return escape(harmless(text), quote=True)
