"""Right documents of every dialect pass; changed ones are found out. The benchmark runs the same at length."""

from __future__ import annotations

import random

import pytest

from ..benchmarks.check_mutations import _near, findings, mutants
from .generate import RENDERERS, documents, plain
from .support import check

FLOORS = {"print(model)": 0.93, "prose": 0.85, "networks": 0.9}
"""``print(model)`` says nothing twice, so that a changed number of classes or a lost layer is another network; a
sentence whose number was replaced by one of another kind says something else."""
DIALECTS = (*RENDERERS, "prose", "networks")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_right_number_is_flagged(dialect: str) -> None:
    """A right document of any configuration, image and head has no finding, and something is recognised in it."""
    for case in documents(
        dialect, deep=dialect in ("cs231n", "keras 2", "torchsummary", "print(model)", "csv")
    ):
        result = check(plain(case.text), f"doc{case.suffix}")
        assert result.findings == (), case.name
        assert result.claims, case.name


@pytest.mark.parametrize("dialect", DIALECTS)
def test_slips_are_found_on_their_line(dialect: str) -> None:
    """Of slips of all kinds in the documents of a dialect at least 97 of 100 are found where they are."""
    chance = random.Random(2015)
    tried = hit = 0
    missed = []
    for case in documents(dialect, deep=False):
        changed = list(mutants(case, chance))
        for mutant in chance.sample(changed, min(12, len(changed))):
            tried += 1
            near = _near(mutant, plain(case.text).split("\n"))
            if any(line in near for line, *_ in findings(mutant.text, case.suffix)):
                hit += 1
            else:
                missed.append((case.name, mutant.kind, mutant.before, mutant.after))

    floor = FLOORS.get(dialect, 0.97)
    assert hit >= floor * tried - 1, missed
