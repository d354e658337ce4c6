"""The standard streams, whatever stands behind them: a full disk, nothing at all, an encoding of few signs.

Everything that is printed goes through here. What cannot be printed ends in an OutputError, and what is wrong with
stderr itself, where nobody could read it, in nothing.
"""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, TextIO

from vggstat.errors import InputError, OutputError
from vggstat.render.width import FALLBACKS, harmless

__all__ = [
    "PLEASE",
    "finish",
    "give_up",
    "named",
    "prepare",
    "put",
    "put_bytes",
    "put_pieces",
    "say",
    "say_exactly",
    "show_progress",
]

_SUBSTITUTE: Final = "vggstat-substitute"
"""The name under which codecs know ``_substitute``."""


PLEASE: Final = "Set VGGSTAT_DEBUG=1 to see where, and please report it."
"""What is said about a fault of our own."""


def named(error: Exception) -> str:
    """An unexpected exception in words."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def prepare() -> None:
    """Make the streams fit for use; called once, before anything is read or printed."""
    codecs.register_error(_SUBSTITUTE, _substitute)
    for number in range(3):
        _occupy(number)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(_NoInput()))
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_SUBSTITUTE)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """What is printed for signs that the encoding lacks: one that says the same, or a question mark."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(FALLBACKS.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def _occupy(number: int) -> None:
    """Put something in the place of a closed descriptor, which the next file that is opened would get else.

    Writing to that of stdout fails, so that what is lost is noticed; what is said to a closed stderr is lost.
    """
    try:
        os.fstat(number)
    except OSError:
        descriptor = os.open(os.devnull, os.O_WRONLY if number == 2 else os.O_RDONLY)
        if descriptor != number:
            os.dup2(descriptor, number)
            os.close(descriptor)


class _NoInput(io.RawIOBase):
    """Standard input where there is none."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise InputError("standard input (-) is closed: there is nothing to read")


def put(text: str) -> bool:
    """Print text, and say whether anybody reads it. Raises OutputError.

    Where whoever read the output has gone (``| head``) the program goes on: its exit code is a verdict all the same.
    """
    return put_pieces((text,))


def put_pieces(pieces: Iterable[str]) -> bool:
    """Print text piece by piece, and say whether anybody reads it.

    All pieces are taken before OutputError is raised, since taking them may do more than print.
    """
    failed: OSError | None = None
    for piece in pieces:
        failed = failed or _failure(partial(sys.stdout.write, piece))
    failed = failed or _failure(sys.stdout.flush)
    if failed is None or isinstance(failed, BrokenPipeError):
        return failed is None
    raise OutputError(f"cannot write to standard output: {failed.strerror or failed}")


def put_bytes(pieces: Iterable[bytes]) -> None:
    """Print what is no text, as ``put`` does; the first piece that nobody reads is the last one taken."""
    for piece in pieces:
        failed = _failure(partial(sys.stdout.buffer.write, piece))
        if isinstance(failed, BrokenPipeError):
            return
        if failed is not None:
            raise OutputError(f"cannot write to standard output: {failed.strerror or failed}")


def _failure(task: Callable[[], object]) -> OSError | None:
    """What keeps stdout from being written to; what it still holds is given up then."""
    try:
        task()
    except OSError as error:
        give_up()
        return error
    return None


def give_up() -> None:
    """Send what stdout still holds, and gets, nowhere: it would be tried again, in vain, when the program ends."""
    _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
    except (OSError, ValueError):  # no file behind it
        return


def say(text: str) -> None:
    """Print lines on stderr, made harmless. Where that fails there is nobody to tell."""
    say_exactly("".join(f"{harmless(line)}\n" for line in text.split("\n")))


def show_progress(text: str) -> None:
    """Write over the last line of a terminal on stderr; with nothing, clear it."""
    say_exactly(f"\r\x1b[K{harmless(text)}")


def say_exactly(text: str) -> None:
    """Print a text on stderr that is harmless already."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def finish() -> None:
    """Flush stdout, which prints what libraries left there. Raises OutputError."""
    put_pieces(())
