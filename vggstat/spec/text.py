"""Bytes to text: what is no text in UTF-8 is refused with its place, before a parser sees it."""

from __future__ import annotations

import codecs
import os
import re
import sys
from typing import Final

from vggstat.errors import InputError
from vggstat.spec.problems import Problems

__all__ = ["MAX_BYTES", "decode", "read_bytes", "read_stdin"]

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


def read_bytes(path: str) -> bytes:
    """The bytes of a file. Raises InputError, in words, where it cannot be read or is too large."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: this is a directory, not a spec file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not a file's"
        if os.path.isdir(path):
            reason = "this is a directory, not a spec file"
        raise InputError(f"{path!r}: cannot be read ({reason})") from None
    return _limited(data, path)


def read_stdin() -> bytes:
    """The bytes of standard input. Raises InputError where they are too many."""
    return _limited(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>")


def _limited(data: bytes, name: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: larger than {MAX_BYTES // 1_000_000} MB: this is not a spec")
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
