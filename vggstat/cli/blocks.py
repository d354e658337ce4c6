"""What a marked block's command prints: the same program, its output caught."""

from __future__ import annotations

import contextlib
import io
from typing import Final

from vggstat.errors import UsageError, VggstatError
from vggstat.sources.spec.access import access

__all__ = ["render_block"]

MOST: Final = 256
"""Blocks that are kept: those of one project repeat a few."""

_cache: dict[tuple[str | None, ...], str | VggstatError] = {}
"""What is printed, or why nothing is, by the folder that specs are read from and the words."""


def render_block(words: list[str]) -> str:
    """The output of ``vggstat`` with these words, 110 columns wide at most. Raises VggstatError where it fails."""
    key = (access().below, *words)
    if key not in _cache:
        if len(_cache) >= MOST:
            _cache.clear()
        try:
            _cache[key] = _run(words)
        except VggstatError as error:
            _cache[key] = error
    known = _cache[key]
    if isinstance(known, VggstatError):
        raise known
    return known


def _run(words: list[str]) -> str:
    from vggstat.cli.main import build_app

    caught = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    complaint = io.StringIO()
    code: object = 0
    try:
        with contextlib.redirect_stdout(caught), contextlib.redirect_stderr(complaint):
            build_app(words[:1])(list(words), prog_name="vggstat")
    except SystemExit as stop:
        code = stop.code
    if code not in (0, None):
        lines = [line.strip("│╭╮╰╯─ ") for line in complaint.getvalue().splitlines()]
        said = next((line for line in reversed(lines) if line), f"it ends with {code}")
        raise UsageError(f"vggstat {' '.join(words)}: {said}")
    caught.flush()
    buffer = caught.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")
