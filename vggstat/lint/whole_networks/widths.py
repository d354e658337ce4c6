"""Widths of layers that a sentence lists: ``conv3-64, conv3-128, conv3-521``."""

from __future__ import annotations

from typing import Final

from vggstat.lint.model import Row
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

STEP: Final = 8
"""What people make widths multiples of."""
USUAL: Final = (64, 128, 256, 512, 4096)


def judge_widths(row: Row, verdicts: Verdicts) -> None:
    """A width that no other looks like, and that one slip leads to from one of the others or a usual one, is that slip."""
    widths = [int(cell.flow.text) for cell in row.cells]
    round_ = {width for width in widths if width % STEP == 0}
    told: set[int] = set()
    for cell, width in zip(row.cells, widths, strict=True):
        if width % STEP == 0:
            verdicts.passed(cell, "a width like the others")
            continue
        meant = [other for other in sorted(round_ | set(USUAL)) if digit_slip(str(width), str(other))]
        if len(meant) != 1 or len(round_) < 2:
            verdicts.skip(cell, "a width of its own")
            continue
        if widths.count(width) > 1:
            if width not in told:
                told.add(width)
                verdicts.fail(
                    "V705",
                    cell.flow,
                    f"{cell.label} stands here {widths.count(width)} times: is {meant[0]:,} meant?",
                    severity="warning",
                    quantity="channels",
                )
            continue
        verdicts.fail(
            "V103",
            cell.flow,
            f"{cell.label} has a width that none of the others looks like: {meant[0]} is meant",
            expected=str(meant[0]),
            quantity="channels",
            notes=(digit_slip(str(width), str(meant[0])),),
        )
