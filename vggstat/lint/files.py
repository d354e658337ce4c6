"""Which files are read: what paths, folders and patterns name, and what of it may be written to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Final

from vggstat.errors import InputError
from vggstat.files import read_bytes
from vggstat.lint.config import Settings
from vggstat.lint.source import KINDS

__all__ = ["Complain", "Reach", "find_files", "raise_error", "read_file", "with_patterns"]

SKIPPED: Final = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "__pycache__",
        "node_modules",
        ".venv",
        "venv",
        ".tox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".ipynb_checkpoints",
        "site-packages",
        ".eggs",
        "dist",
        "build",
    }
)
MAX_BYTES: Final = 200_000_000
Complain = Callable[[InputError], None]
"""What is done about a file or folder that cannot be read, so that the others are read all the same."""


def raise_error(error: InputError) -> None:
    """The ``Complain`` of those who have none: raises the error."""
    raise error


def find_files(
    arguments: Iterable[str], settings: Settings, complain: Complain | None = None
) -> Iterator[str]:
    """The files that the arguments name: a file as it is, a folder's files of known endings, in order.

    A pattern (``docs/**/*.md``) that no shell has replaced stands for what it matches. A path that does not exist,
    or a folder that cannot be read, goes to ``complain``; without it, InputError is raised.
    """
    complain = complain or raise_error
    for path in with_patterns(arguments, complain):
        if path != "-" and os.path.isdir(path):
            if os.path.realpath(path) == os.path.realpath(os.sep):
                complain(InputError(f"{path}: this is the root of the file system: name a folder in it"))
                continue
            yield from _walk(path, settings, complain)
        else:
            yield path


def with_patterns(arguments: Iterable[str], complain: Complain) -> Iterator[str]:
    """The arguments, each pattern replaced by the paths that it fits. What is not there goes to ``complain``."""
    for argument in arguments:
        if argument == "-" or os.path.lexists(argument):
            yield argument
        elif not _is_pattern(argument):
            complain(InputError(f"{argument}: there is no such file or folder"))
        else:
            matches = _matching(argument, complain)
            if not matches:
                complain(InputError(f"{argument}: no file matches this pattern"))
            yield from matches


def _is_pattern(argument: str) -> bool:
    return any(sign in argument for sign in "*?[")


def _matching(pattern: str, complain: Complain) -> list[str]:
    """The paths that a pattern fits, sorted. As in a shell, no wildcard stands for a name that begins with a dot."""
    drive, rest = os.path.splitdrive(pattern.replace(os.sep, "/"))
    root = "/" if rest.startswith("/") else ""
    parts = [part for part, _ in groupby(part for part in rest.split("/") if part)]
    if parts[-1] == "**":
        parts.append("*")
    return sorted(set(_fitting(drive + root, parts, complain)))


def _fitting(folder: str, parts: list[str], complain: Complain) -> Iterator[str]:
    """The paths in a folder that the parts of a pattern fit. No wildcard stands for a link to a folder."""
    if not parts:
        yield folder
        return
    part, *rest = parts
    if not _is_pattern(part):
        path = os.path.join(folder, part)
        if os.path.lexists(path):
            yield from _fitting(path, rest, complain)
        return
    from fnmatch import fnmatch

    if part == "**":
        yield from _fitting(folder, rest, complain)
    for entry in _entries(folder or ".", complain):
        path = os.path.join(folder, entry.name)
        if entry.name.startswith(".") and not part.startswith("."):
            continue
        if part == "**":
            if _is_folder(entry):
                yield from _fitting(path, parts, complain)
        elif fnmatch(entry.name, part) and (_is_folder(entry) or not (rest or os.path.isdir(path))):
            yield from _fitting(path, rest, complain)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder itself: a link to one leads out of the tree, or round in it."""
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _entries(folder: str, complain: Complain) -> list[os.DirEntry[str]]:
    """What a folder holds, in order; nothing, and a complaint, where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        complain(InputError(f"{folder}: {error.strerror or error}"))
        return []


def _walk(folder: str, settings: Settings, complain: Complain) -> Iterator[str]:
    """Files below a folder. No link to a folder is followed."""
    waiting = [iter(_entries(folder, complain))]
    folders = [folder]
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
            folders.pop()
            continue
        path = os.path.join(folders[-1], entry.name) if folders[-1] != "." else entry.name
        if settings.excludes(path):
            continue
        if _is_folder(entry):
            if entry.name not in SKIPPED:
                waiting.append(iter(_entries(path, complain)))
                folders.append(path)
        elif os.path.splitext(entry.name)[1].lower() in KINDS and os.path.isfile(path):
            yield path


def read_file(path: str) -> bytes:
    """The bytes of a file, of standard input for ``-``. Raises InputError where it cannot be read, or is too large."""
    if path == "-":
        import sys

        return sys.stdin.buffer.read()
    # A pipe among the files of a folder is nobody's wish, one of the command line (/dev/fd/63, /dev/stdin) is.
    return read_bytes(path, what="a document", limit=MAX_BYTES, pipes=path.startswith("/dev/"))


class Reach:
    """What may be written to: the files that are given, and what lies below the folders that are given.

    A link that leads anywhere else may not, be it given itself: whoever gives it may not know that it is one.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._roots = {_place(path) for path in paths}

    def target(self, path: str) -> str | None:
        """The file that a path leads to by its links, where it may be written to; else None."""
        target = os.path.realpath(path)
        above = target
        while above not in self._roots:
            above, before = os.path.dirname(above), above
            if above == before:
                return None
        return target


def _place(path: str) -> str:
    """Where a path itself stands: links on the way to it followed, but not the link that it may be."""
    folder, name = os.path.split(path)
    if name in ("", os.curdir, os.pardir):
        return os.path.realpath(path)
    return os.path.join(os.path.realpath(folder or os.curdir), name)
