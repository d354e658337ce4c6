"""What a run of ``check`` over many files says on stderr, and the exit code that it ends in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from vggstat.cli.main import FAULT
from vggstat.cli.streams import PLEASE, named, say
from vggstat.errors import InputError, VggstatError

__all__ = ["Complaints", "render"]


class Complaints:
    """Says what could not be read, written or judged; the run goes on, and ends in an exit code of its own.

    ``tell`` takes each text; a process that checks files for another one keeps them for that one's stderr.
    """

    def __init__(self, tell: Callable[[str], None] = say) -> None:
        self.code = 0
        self._tell = tell

    def __call__(self, error: VggstatError) -> None:
        self.pass_on((f"vggstat: error: {error}",), error.exit_code)

    def pass_on(self, texts: Iterable[str], code: int) -> None:
        """Takes what another process has to say, and the exit code that it would end in."""
        self.code = max(self.code, code)
        for text in texts:
            self._tell(text)

    def fault(self, path: str, part: str, error: Exception) -> None:
        """Takes what our own fault has kept from being judged."""
        if isinstance(error, RecursionError):
            self(InputError(f"{path}: it is nested too deeply"))
            return
        if os.environ.get("VGGSTAT_DEBUG"):
            from traceback import format_exception

            self._tell("".join(format_exception(error)).rstrip("\n"))
        self._unchecked(path, f"{f' in its {part}' if part else ''}: {named(error)}")

    def crash(self, path: str) -> None:
        """Takes that the process ended in which a file was checked."""
        self._unchecked(path, ": the process that checked it has ended")

    def _unchecked(self, path: str, why: str) -> None:
        said = f"vggstat: error: {path}: not all of it was checked, by a fault of vggstat's own{why}"
        self.pass_on((said, PLEASE), FAULT)


def render(words: list[str]) -> str:
    """What a marked block's command prints."""
    from vggstat.cli.blocks import render_block

    return render_block(words)
