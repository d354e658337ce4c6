"""Summaries of networks that are mostly no VGGs, in the forms of torchsummary, torchinfo and Keras: all right.

Each was made from a model that was run in torch, so every number in ``summaries/`` is right: strided and unpadded first
layers, pools that are functions and have no row, dropout before the FC layers without a flatten, global and adaptive
pools, encoders with decoders, branches, one channel, frozen layers.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from .support import check

FOLDER = Path(__file__).parent / "summaries"
FILES = sorted(path.name for path in FOLDER.glob("*.txt"))
SEED = 20
SAMPLE = 240
LEAST = 0.95
"""The part of the slips that has to be found on its line. The rest are shapes that another network would have."""


@pytest.mark.parametrize("name", FILES)
def test_a_right_summary_has_no_finding(name: str) -> None:
    """No number that a tool printed of a real model is flagged."""
    result = check((FOLDER / name).read_bytes(), name)

    assert [f"{finding.place.line}: {finding.message}" for finding in result.findings] == []


def test_one_digit_is_found_on_its_line() -> None:
    """A digit changed in a number that was judged right is found, on the line where it stands."""
    slips = random.Random(SEED).sample(list(_judged_right()), SAMPLE)
    found = sum(_is_found(*slip) for slip in slips)

    assert found >= LEAST * SAMPLE


def _judged_right() -> list[tuple[str, int, int, str]]:
    """File, line, column and digit of every digit of a number that is judged right."""
    places: list[tuple[str, int, int, str]] = []
    for name in FILES:
        text = (FOLDER / name).read_text()
        lines = text.split("\n")
        for judgement in check(text.encode(), name).judgements:
            for place, _, _ in judgement.passes:
                claim = range(place.column - 1, place.end_column - 1)
                digits = [at for at in claim if lines[place.line - 1][at].isdigit()]
                places.extend((name, place.line, at, lines[place.line - 1][at]) for at in digits)
    return places


def _is_found(name: str, line: int, at: int, digit: str) -> bool:
    """Whether another digit in that place is a finding on that line."""
    lines = (FOLDER / name).read_text().split("\n")
    other = str((int(digit) + 3) % 9 + 1) if digit != "0" else "4"
    text = lines[line - 1]
    lines[line - 1] = text[:at] + other + text[at + 1 :]
    result = check("\n".join(lines).encode(), name)
    return any(finding.place.line == line for finding in result.findings)
