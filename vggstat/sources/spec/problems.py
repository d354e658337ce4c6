"""Gathering everything that is wrong with a spec, so that its author sees it at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NoReturn

from vggstat.errors import Problem, SpecError

__all__ = ["MAX_SHOWN", "Problems", "nearest", "quote", "suggestion"]

MAX_SHOWN: Final = 20
"""Problems that an error's text lists; it counts the others."""

MAX_FOUND: Final = 500
"""Problems after which reading stops: a file with more is not a spec, and looking on costs time."""

MAX_QUOTED: Final = 40


class Problems:
    """The problems of a file and of what it extends: ``add`` notes one, ``check`` raises if there are any."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.found: list[Problem] = []

    def add(self, line: int, column: int, path: str, message: str) -> None:
        """Note a problem. Raises SpecError where there are too many already."""
        self.found.append(Problem(self.source, line, column, path, message))
        if len(self.found) >= MAX_FOUND:
            raise refusal(self.found, complete=False)

    def stop(self, line: int, column: int, path: str, message: str) -> NoReturn:
        """Raise SpecError at once, with this problem and those before it."""
        self.found.append(Problem(self.source, line, column, path, message))
        raise refusal(self.found)

    def check(self) -> None:
        """Raise SpecError if anything is wrong."""
        if self.found:
            raise refusal(self.found)


def refusal(found: list[Problem], *, complete: bool = True) -> SpecError:
    """The error for these problems: all of them in ``problems``, the first of them in its text.

    In the order of the files, and of places in them. What an alias repeats is said once, where it stands.
    """
    once: dict[tuple[object, ...], Problem] = {}
    files: dict[str, int] = {}
    for problem in found:
        once.setdefault((*problem[:3], problem.message), problem)
        files.setdefault(problem.source, len(files))
    ordered = sorted(once.values(), key=lambda problem: (files[problem.source], *problem[1:3]))
    error = SpecError(ordered)
    error.problems = tuple(ordered)
    lines = [str(problem) for problem in ordered[:MAX_SHOWN]]
    rest = len(ordered) - MAX_SHOWN
    if rest > 0:
        lines.append(f"and {rest} more" if complete else f"and {rest} more, where reading stopped")
    error.args = ("\n".join(lines),)
    return error


def quote(text: str) -> str:
    """``text`` as a message shows it: quoted, on one line, shortened."""
    if len(text) <= MAX_QUOTED:
        return repr(text)
    return f"{text[: MAX_QUOTED - 10]!r}... ({len(text)} characters)"


def nearest(word: str, known: Iterable[str], count: int = 1) -> list[str]:
    """Up to ``count`` of the known words that are most like ``word``, without regard to case."""
    # difflib takes 1 ms to import, and only a mistake needs it.
    from difflib import get_close_matches

    by_folded = {name.lower(): name for name in known}
    # 80: longer words are nobody's typing error, and comparing them takes quadratic time.
    close = get_close_matches(word.lower()[:80], by_folded, n=count, cutoff=0.55)
    return [by_folded[name] for name in close]


def suggestion(word: str, known: Iterable[str]) -> str:
    """``: did you mean 'conv'?``, or which words there are where none is near."""
    words = list(known)
    close = nearest(word, words)
    if close:
        return f": did you mean {close[0]!r}?"
    return f": it is one of {', '.join(words)}" if words else ""
