"""What ``check`` says about documents in the forms of people who do not know it, each labelled by hand with its wrong numbers.

The documents of ``working`` were rewritten from public ones, in other words and numbers and in the same form; the labels are by
somebody who had not seen the linter. An error of ``check`` is true where a label stands on its line; a finding on a line with a
label of a doubtful number (``warnings``) counts neither way.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.check.support import check

FOLDER = Path(__file__).parent / "working"


class Counts(NamedTuple):
    """Of a corpus: errors that are true and false, wrong numbers that are found and missed, with their places."""

    true: int
    false: tuple[str, ...]
    found: int
    missed: tuple[str, ...]


@cache
def measured(folder: Path) -> Counts:
    """The counts of a folder with its ``labels.yaml``."""
    true = found = 0
    false: list[str] = []
    missed: list[str] = []
    for label in yaml.safe_load((folder / "labels.yaml").read_text(encoding="utf-8")):
        name = label["file"]
        wrong = {entry["line"] for entry in label["errors"]}
        doubtful = {entry["line"] for entry in label.get("warnings") or ()}
        findings = check((folder / name).read_bytes(), name).findings
        errors = {finding.place.line for finding in findings if finding.severity == "error"}
        true += len(errors & wrong)
        false += [f"{name}:{line}" for line in sorted(errors - wrong - doubtful)]
        told = wrong & {finding.place.line for finding in findings}
        found += len(told)
        missed += [f"{name}:{line}" for line in sorted(wrong - told)]
    return Counts(true, tuple(false), found, tuple(missed))


def test_every_document_is_labelled() -> None:
    """And every label's text stands on its line."""
    labels = yaml.safe_load((FOLDER / "labels.yaml").read_text(encoding="utf-8"))
    names = {path.name for path in FOLDER.iterdir()} - {"labels.yaml"}

    assert {label["file"] for label in labels} == names
    for label in labels:
        lines = (FOLDER / label["file"]).read_text(encoding="utf-8").split("\n")
        for entry in (*label["errors"], *(label.get("warnings") or ())):
            assert str(entry["text"]) in lines[entry["line"] - 1], (label["file"], entry)


def test_what_is_called_an_error_is_one() -> None:
    """At least 98 of 100."""
    counts = measured(FOLDER)

    assert len(counts.false) <= 0.02 * (counts.true + len(counts.false)), counts.false


def test_wrong_numbers_are_found() -> None:
    """More than half of them; the others are in forms that are not read, or wrong in ways that nothing shows."""
    counts = measured(FOLDER)

    assert counts.found >= 0.55 * (counts.found + len(counts.missed)), counts.missed
