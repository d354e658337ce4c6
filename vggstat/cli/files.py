"""The one way in which files are written: a new text is complete before it takes the place of the old one."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from typing import Final, NamedTuple

from vggstat.cli.signals import signals_as
from vggstat.errors import OutputError

__all__ = ["append_file", "write_file"]

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_PROBE: Final = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0)
_HAS_ATTRIBUTES: Final = hasattr(os, "setxattr")


class _Old(NamedTuple):
    """What a file has beside its text, which the new text is to have as well."""

    status: os.stat_result
    attributes: dict[str, bytes]


def write_file(path: str, content: bytes | Iterable[bytes]) -> None:
    """Write a file, whole or piece by piece: it is complete, or it is as it was.

    The text goes to a new file of an unforeseeable name beside it, which then takes its place with its owner, mode and
    extended attributes. A link stays one. A device or a pipe is written to as it is. Raises OutputError where the file
    cannot be written, or would lose its owner, its mode, an attribute or one of its names.
    """
    pieces = (content,) if isinstance(content, bytes) else content
    try:
        old = _old(path)
        if old is not None and not stat.S_ISREG(old.status.st_mode):
            _write_special(path, pieces)
            return
        with signals_as(lambda number: SystemExit(128 + number)):
            _replace(os.path.realpath(path), pieces, old)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def append_file(path: str, text: str) -> None:
    """Add text to the end of a file, such as those that GitHub names for a step's summary. Raises OSError."""
    with open(path, "ab") as file:
        file.write(text.encode("utf-8", "replace"))


def _old(path: str) -> _Old | None:
    """What is there; None where nothing is. Raises OutputError for what must not be replaced, OSError for the rest."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise OutputError(f"cannot write {path}: it is a directory; give a file's name")
    if not stat.S_ISREG(status.st_mode):
        return _Old(status, {})
    # Whether a file may be written, and a link to it followed, is asked of the system, which knows more than its mode.
    descriptor = os.open(path, _PROBE)
    try:
        status, attributes = os.fstat(descriptor), _attributes(descriptor)
    finally:
        os.close(descriptor)
    if status.st_nlink > 1:
        raise OutputError(
            f"cannot write {path}: the file has {status.st_nlink} names (hard links), and the others would keep the old "
            "text; give it one of its own first: copy it, and move the copy over it"
        )
    return _Old(status, attributes)


def _attributes(descriptor: int) -> dict[str, bytes]:
    """The extended attributes of an open file, access lists among them; none where the system has none."""
    if not _HAS_ATTRIBUTES:
        return {}
    try:
        return {name: os.getxattr(descriptor, name) for name in os.listxattr(descriptor)}
    except OSError:  # a file system without any
        return {}


def _replace(target: str, pieces: Iterable[bytes], old: _Old | None) -> None:
    """Write the new text beside ``target``, and put it in its place. No temporary file is left, whatever happens."""
    temporary = os.path.join(os.path.dirname(target), f".vggstat-{os.urandom(8).hex()}.tmp")
    try:
        # until it has the mode of the old file, nobody else may read it
        descriptor = os.open(temporary, _NEW, 0o666 if old is None else 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(pieces)
            file.flush()
            if old is not None:
                _take_over(descriptor, target, old)
        os.replace(temporary, target)
    except FileExistsError:
        raise  # somebody else's
    except BaseException:
        _remove(temporary)
        raise


def _take_over(descriptor: int, target: str, old: _Old) -> None:
    """Give the new file what the old one has. Comes after the text: writing takes some modes and attributes away."""
    try:
        new = os.fstat(descriptor)
        if (new.st_uid, new.st_gid) != (old.status.st_uid, old.status.st_gid):
            os.fchown(descriptor, old.status.st_uid, old.status.st_gid)
        mode = stat.S_IMODE(old.status.st_mode)
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        present = _attributes(descriptor)
        for name in old.attributes.keys() | present.keys():
            if name not in old.attributes:
                os.removexattr(descriptor, name)
            elif old.attributes[name] != present.get(name):
                os.setxattr(descriptor, name, old.attributes[name])
    except OSError as error:
        why = error.strerror or error
        raise OutputError(
            f"cannot write {target}: it would lose its owner, its mode or an extended attribute ({why}); "
            "write to a new file, and move it there yourself"
        ) from None


def _write_special(path: str, pieces: Iterable[bytes]) -> None:
    """A device or a pipe (/dev/stdout) is written to as it is. Never waits for a reader that is not there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OutputError(
                f"cannot write {path}: nobody reads from this pipe; start its reader first"
            ) from None
        raise
    os.set_blocking(descriptor, True)
    with open(descriptor, "wb") as file:
        file.writelines(pieces)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
