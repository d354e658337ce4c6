"""What may be read as a spec: whatever the user names, and much less of what a file or a document names.

A command line is the user's own: it may name any file, and a pipe (``table <(command)``). What stands in a file of
somebody else is not: ``extends``, a setting and a document's marker reach regular files only, each below a folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = ["Access", "access", "granted", "is_below"]


class Access(Record):
    """What may be read while it holds."""

    pipes: bool = True
    """Whether standard input and pipes may be read, besides regular files."""
    below: str | None = None
    """The folder that every file lies in or below; None for anywhere. Shipped specs may always be read."""
    outside: bool = False
    """Whether ``extends`` may name a file that does not lie in or below the folder of the file that names it."""

    @property
    def code(self) -> bool:
        """Whether a name may stand for a model whose code is run: on the user's own command line alone."""
        return self.pipes and self.below is None

    def check(self, path: str) -> None:
        """Raises UsageError for a path out of bounds, before anything of it is looked at."""
        if self.below is not None and not is_below(path, self.below):
            raise UsageError(
                f"{path}: outside of the document's own tree, from which alone a block may read files"
            )


_access: Final = ContextVar("access", default=Access())  # noqa: B039 - it never changes


def access() -> Access:
    """What may be read now."""
    return _access.get()


@contextmanager
def granted(allowed: Access) -> Iterator[None]:
    """For a while, ``allowed`` says what may be read."""
    token = _access.set(allowed)
    try:
        yield
    finally:
        _access.reset(token)


def is_below(path: str, folder: str) -> bool:
    """Whether a file lies in or below a folder, wherever links lead."""
    if "\0" in path:
        return False  # no name of a file
    whole, top = os.path.realpath(path), os.path.realpath(folder or os.curdir)
    return whole == top or whole.startswith(top.rstrip(os.sep) + os.sep)
