"""The Python examples of the README: each runs, and prints what stands there."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import vggstat

README = Path(__file__).parent.parent / "README.md"

BLOCKS = re.findall(r"```pycon\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
"""The sessions of the README, in order; each stands for itself."""


def test_every_public_name_has_an_example() -> None:
    """Each public name of the package is used in an example."""
    used = set(re.findall(r"vggstat\.(\w+)", "\n".join(BLOCKS)))

    assert set(vggstat.__all__) - {"__version__"} <= used


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_an_example_is_true(number: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the README shows after each ``>>>`` is what Python prints."""
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(
        BLOCKS[number], {}, f"README, session {number + 1}", None, None
    )
    report: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append).failed

    assert not failed, "".join(report)
