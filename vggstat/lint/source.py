"""A file as text: decoding, line ends, bounds; and the sections that readers get of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from vggstat.lint.model import Finding
from vggstat.lint.place import Place
from vggstat.lint.text import Section

__all__ = [
    "Document",
    "decode",
    "encode",
    "join_lines",
    "open_document",
    "page_text",
    "split_ends",
    "split_lines",
]

MAX_LINE: Final = 100_000
"""Characters of a line that are read; nobody writes a table in more."""
MAX_LINES: Final = 50_000
"""Lines of a file that are read; what is longer is data."""
KINDS: Final = {
    ".md": "markdown", ".markdown": "markdown", ".rst": "text", ".txt": "text", ".html": "html", ".htm": "html",
    ".tex": "latex", ".csv": "csv", ".tsv": "tsv", ".ipynb": "notebook", ".py": "code",
}  # fmt: skip
"""Endings that are read in a folder, and what such a file is."""
MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_END: Final = re.compile("(\r\n|\r|\n)")


class Document(NamedTuple):
    """A file's text with its encoding, the mark before it (BOM), and what is wrong with the file itself."""

    path: str
    text: str
    encoding: str
    kind: str
    problems: tuple[Finding, ...]
    mark: bytes = b""


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding: UTF-8 or UTF-16 by its mark or its zeros; else one byte a character."""
    mark, encoding = _mark(data)
    if mark:
        return data[len(mark) :].decode(encoding, "replace"), encoding
    if b"\x00" in data[:2000]:
        even, odd = data[0:2000:2].count(0), data[1:2000:2].count(0)
        if odd > 3 * even + 4:
            return data.decode("utf-16-le", "replace"), "utf-16-le"
        if even > 3 * odd + 4:
            return data.decode("utf-16-be", "replace"), "utf-16-be"
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("gb18030"), "gb18030"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"


def _mark(data: bytes) -> tuple[bytes, str]:
    """The byte order mark at the beginning, and the encoding that it stands for; nothing where there is none."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return mark, encoding
    return b"", ""


def encode(document: Document, text: str) -> bytes:
    """The bytes of a text in the file's own encoding, with its mark. Raises UnicodeEncodeError."""
    return document.mark + text.encode(document.encoding)


def open_document(path: str, data: bytes) -> Document:
    """The document of a file's bytes. Never fails: what is wrong with the file is in ``problems``."""
    text, encoding = decode(data)
    mark, _ = _mark(data)
    problems: list[Finding] = []
    if encoding == "latin-1":
        problems.append(_problem("V902", "the text is not UTF-8: it is read one byte a character", "warning"))
    elif "�" in text and mark + text.encode(encoding, "replace") != data:
        what = f"some bytes are not {encoding.upper()}: they are read as �"
        problems.append(_problem("V902", what, "warning", text.count("\n", 0, text.index("�")) + 1))
    if text.count("\x00", 0, 100_000) > 8:
        problems.append(_problem("V901", "the file holds zero bytes: it is not read as text", "error"))
        text = ""
    kind = KINDS.get(os.path.splitext(path)[1].lower(), "text")
    if kind == "notebook" and text:
        problems.extend(_notebook_problem(text))
    elif text.count("\n") > MAX_LINES:
        problems.append(
            _problem("V903", f"only the first {MAX_LINES:,} lines are read", "warning", MAX_LINES)
        )
    return Document(path, text, encoding, kind, tuple(problems), mark)


def _notebook_problem(text: str) -> Iterator[Finding]:
    """Why a notebook cannot be read as one."""
    from json import JSONDecodeError, loads

    rest = "only what stands between its quotation marks is read"
    try:
        loads(text)
    except JSONDecodeError as error:
        line = split_lines(text[: error.pos])
        place = f"line {len(line)}, column {len(line[-1]) + 1}"
        yield _problem(
            "V904", f"the notebook is not valid JSON ({place}: {error.msg}): {rest}", "warning", len(line)
        )
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).split(";")[0]
        yield _problem("V904", f"the notebook cannot be read as JSON ({why}): {rest}", "warning")


def _problem(code: str, message: str, severity: str, line: int = 1) -> Finding:
    return Finding(code=code, severity=severity, place=Place(line), text="", message=message)  # type: ignore[arg-type]


def split_lines(text: str) -> list[str]:
    """Lines as an editor counts them: ended by LF, CRLF or CR."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def split_ends(text: str) -> tuple[list[str], list[str]]:
    """The same lines, and what ends each of them: LF, CRLF, CR, nothing after the last."""
    parts = _END.split(text)
    return parts[::2], [*parts[1::2], ""]


def join_lines(lines: list[str], ends: list[str]) -> str:
    """The text that ``split_ends`` took apart."""
    return "".join(part for pair in zip(lines, ends, strict=True) for part in pair)


def page_text(page: Section) -> Iterator[Section]:
    """The words of a page, once the tables and listings in its markup are read: ``<pre>``, paragraphs, lists."""
    from vggstat.lint.readers.markup import strip_tags

    # a generator: what is taken is known only when the page itself has been read
    taken = {page.lines[index].number for index in page.taken if index < len(page.lines)}
    lines = strip_tags(page.lines, tables=False)
    text = Section("output", lines, page.title)  # like a cell's output: what was a heading is not known
    text.taken.update(index for index, line in enumerate(lines) if line.number in taken)
    yield text
