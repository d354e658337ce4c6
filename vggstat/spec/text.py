"""Bytes to text: what is no text in UTF-8 is refused with its place, before a parser sees it."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
import time
from typing import Final

from vggstat.errors import InputError
from vggstat.spec.problems import Problems

__all__ = ["MAX_BYTES", "decode", "read_bytes", "read_stdin"]

MAX_BYTES: Final = 4_000_000
"""The largest spec: 10,000 layers in the short form are 0.1 MB."""

PATIENCE: Final = 1.0
"""Seconds in which the first writer of a pipe has to be there."""

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


def read_bytes(path: str, *, pipes: bool = True) -> bytes:
    """The bytes of a regular file, or of a pipe where ``pipes`` says so. Never waits for a writer that is not there.

    Raises InputError, in words, where it cannot be read, is too large, or is a device.
    """
    try:
        handle = _open(path, pipes=pipes)
        try:
            if stat.S_ISFIFO(os.fstat(handle).st_mode):
                return _limited(_read_pipe(handle, path), path)
            with open(handle, "rb", closefd=False) as file:
                return _limited(file.read(MAX_BYTES + 1), path)
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not a file's"
        raise InputError(f"{path!r}: cannot be read ({reason})") from None


def _open(path: str, *, pipes: bool) -> int:
    """A descriptor of what may be read, opened so that nothing waits. Raises InputError for what may not."""
    _refuse_kind(os.stat(path).st_mode, path, pipes=pipes)  # opening a device can do things
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _refuse_kind(os.fstat(handle).st_mode, path, pipes=pipes)  # it may be another file by now
    except InputError:
        os.close(handle)
        raise
    return handle


def _refuse_kind(mode: int, path: str, *, pipes: bool) -> None:
    if stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode)):
        return
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: this is a directory, not a spec file")
    if stat.S_ISFIFO(mode):
        raise InputError(f"{path}: this is a pipe, and only regular files are read here")
    raise InputError(f"{path}: this is a device or a terminal: give a file, or pipe the spec into -")


def _read_pipe(handle: int, path: str) -> bytes:
    """What a pipe gives until its writer ends, up to the limit. Raises InputError where nobody writes into it."""
    import select

    data = bytearray()
    end = time.monotonic() + PATIENCE
    while len(data) <= MAX_BYTES:
        try:
            piece = os.read(handle, 1 << 16)
        except BlockingIOError:
            select.select([handle], [], [])  # there is a writer: its command takes as long as it takes
            continue
        data += piece
        if piece:
            continue
        if data:
            return bytes(data)
        if time.monotonic() > end:
            raise InputError(
                f"{path}: nothing came out of this pipe: its writer has ended, or there is none; start it first, or "
                "write <(command) or - in its place"
            )
        time.sleep(0.01)  # the writer of a named pipe may be about to open it
    return bytes(data)


def read_stdin() -> bytes:
    """The bytes of standard input. Raises InputError where they are too many, or would have to be typed."""
    if sys.stdin is None:
        raise InputError("standard input is closed: give a file in place of -")
    if sys.stdin.isatty():
        raise InputError(
            "standard input is a terminal: pipe a spec into it (command | vggstat ...), or give a file"
        )
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
