"""Bytes to text: what is no text in UTF-8 is refused with its place, before a parser sees it."""

from __future__ import annotations

import codecs
import re
import sys
from typing import Final

from vggstat.errors import InputError
from vggstat.sources.spec.problems import Problems

__all__ = ["A_SPEC", "MAX_BYTES", "decode", "read_stdin"]

A_SPEC: Final = "a spec file"
MAX_BYTES: Final = 4_000_000
"""The largest spec: 10,000 layers in the short form are 0.1 MB."""

# The order matters: the mark of UTF-16 is the beginning of that of UTF-32.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

# Everything that YAML does not allow in a file, and byte order marks after the first character.
_FORBIDDEN: Final = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"

_LINE_END: Final = "\r\n|[\n\r\x85\u2028\u2029]"


def read_stdin() -> bytes:
    """The bytes of standard input. Raises InputError where they are too many, or would have to be typed."""
    if sys.stdin is None:
        raise InputError("standard input is closed: give a file in place of -")
    if sys.stdin.isatty():
        raise InputError(
            "standard input is a terminal: pipe a spec into it (command | vggstat ...), or give a file"
        )
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InputError(f"<stdin>: larger than {MAX_BYTES // 1_000_000} MB: this is not {A_SPEC}")
    return data


def decode(data: bytes, problems: Problems) -> str:
    """The text of ``data``, without a byte order mark. Raises SpecError where it is no plain UTF-8 text."""
    for mark, name in _MARKS:
        if data.startswith(mark):
            problems.stop(1, 1, "", f"the file is encoded in {name}: save it as UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data[:4] and len(data) > 1:
        problems.stop(1, 1, "", "a NUL character: the file is binary, or UTF-16: save it as UTF-8 text")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].decode())
        problems.stop(
            line, column, "", f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8 text"
        )
    # Plain ASCII without control characters, the usual file, needs no search.
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    forbidden = re.search(_FORBIDDEN, text)
    if forbidden:
        line, column = _place(text[: forbidden.start()])
        problems.stop(line, column, "", f"{_name(forbidden.group())}: a spec is plain text")
    return text


def _name(character: str) -> str:
    if character == "\0":
        return "a NUL character"
    return f"the control character U+{ord(character):04X}"


def _place(before: str) -> tuple[int, int]:
    """1-based line and column of what follows the text ``before``."""
    lines = re.split(_LINE_END, before)
    return len(lines), len(lines[-1]) + 1
