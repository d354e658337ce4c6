"""Running the program inside the test process."""

from __future__ import annotations

import io
import sys
from typing import NamedTuple

import pytest

from vggstat.cli.main import main


class Outcome(NamedTuple):
    """What a run printed, and its exit code."""

    out: str
    err: str
    code: int


def run(
    monkeypatch: pytest.MonkeyPatch,
    *arguments: str,
    stdin: bytes = b"",
    encoding: str = "utf-8",
) -> Outcome:
    """The program with these arguments, its output piped."""
    out, err = io.BytesIO(), io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out, encoding=encoding, write_through=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(err, encoding=encoding, write_through=True))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
    code = 0
    try:
        main(arguments)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return Outcome(out.getvalue().decode(encoding), err.getvalue().decode(encoding), code)
