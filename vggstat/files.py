"""Files that are read whole: regular ones, and pipes where the user named them; never for longer than there is a writer."""

from __future__ import annotations

import os
import stat
import time
from typing import Final

from vggstat.errors import InputError

__all__ = ["read_bytes"]

PATIENCE: Final = 1.0
"""Seconds in which the first writer of a pipe has to be there."""


def read_bytes(path: str, *, what: str, limit: int, pipes: bool = True) -> bytes:
    """The bytes of a regular file, or of a pipe where ``pipes`` says so. Never waits for a writer that is not there.

    ``what`` is what the file should be (``a spec file``), and ``limit`` the most bytes that it may have. Raises
    InputError, in words, where it cannot be read, is too large, or is a device.
    """
    try:
        handle = _open(path, what, pipes=pipes)
        try:
            if stat.S_ISFIFO(os.fstat(handle).st_mode):
                data = _read_pipe(handle, path, limit)
            else:
                with open(handle, "rb", closefd=False) as file:
                    data = file.read(limit + 1)
        finally:
            os.close(handle)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not a file's"
        raise InputError(f"{path!r}: cannot be read ({reason})") from None
    if len(data) > limit:
        raise InputError(f"{path}: larger than {limit // 1_000_000} MB: this is not {what}")
    return data


def _open(path: str, what: str, *, pipes: bool) -> int:
    """A descriptor of what may be read, opened so that nothing waits. Raises InputError for what may not."""
    _refuse_kind(os.stat(path).st_mode, path, what, pipes=pipes)  # opening a device can do things
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _refuse_kind(os.fstat(handle).st_mode, path, what, pipes=pipes)  # it may be another file by now
    except InputError:
        os.close(handle)
        raise
    return handle


def _refuse_kind(mode: int, path: str, what: str, *, pipes: bool) -> None:
    if stat.S_ISREG(mode) or (pipes and stat.S_ISFIFO(mode)):
        return
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: this is a directory, not {what}")
    if stat.S_ISFIFO(mode):
        raise InputError(f"{path}: this is a pipe, and only regular files are read here")
    raise InputError(f"{path}: this is a device or a terminal, not {what}: give a file, or a pipe")


def _read_pipe(handle: int, path: str, limit: int) -> bytes:
    """What a pipe gives until its writer ends, up to the limit. Raises InputError where nobody writes into it."""
    import select

    data = bytearray()
    end = time.monotonic() + PATIENCE
    while len(data) <= limit:
        try:
            piece = os.read(handle, 1 << 16)
        except BlockingIOError:
            select.select([handle], [], [])  # there is a writer: its command takes as long as it takes
            continue
        data += piece
        if piece:
            continue
        if data:
            break
        if time.monotonic() > end:
            raise InputError(
                f"{path}: nothing came out of this pipe: its writer has ended, or there is none; start it first, or "
                "write <(command) in its place"
            )
        time.sleep(0.01)  # the writer of a named pipe may be about to open it
    return bytes(data)
