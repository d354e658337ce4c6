"""Trainable and other parameters: they add up to the total, and are those of some of the layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

from vggstat.lint.conventions import FLOAT32
from vggstat.lint.listings.whole import Whole
from vggstat.lint.model import Cell, Quantity
from vggstat.lint.numbers import format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

PARAMS: Final[tuple[Quantity, ...]] = ("trainable_params", "frozen_params")
BYTES: Final[tuple[Quantity, ...]] = ("trainable_bytes", "frozen_bytes")


def judge_parts_of(whole: Whole) -> None:
    """The parts of a known network's total, and their sizes."""
    cells: dict[Quantity, Cell] = {cell.quantity: cell for cell in whole.table.totals}
    if whole.is_part:
        judge_parts(cells, None, (), whole.verdicts)
        return
    judge_parts(cells, whole.params, _learned_parts(whole), whole.verdicts)
    for size, count in zip(BYTES, PARAMS, strict=True):
        exact = cells[count].whole if count in cells else None
        if exact is not None and size in cells and cells[size].numbers:
            whole.expect(cells[size], cells[size].numbers[0], FLOAT32 * exact, "V211", "bytes")


def _learned_parts(whole: Whole) -> tuple[int, ...]:
    """What may be trainable: all, or the layers from some layer on."""
    ends = accumulate(target.params for target in reversed(whole.targets))
    return (*reversed(list(dict.fromkeys(ends))), 0, whole.params)


def judge_parts(
    cells: Mapping[Quantity, Cell], total: int | None, learned: Sequence[int], verdicts: Verdicts
) -> None:
    """``Trainable params`` and ``Non-trainable params`` against the total (the printed one, if None).

    ``learned``: what may be trainable; empty where nobody knows."""
    parts = {name: cells[name] for name in PARAMS if name in cells}
    goal = total
    if goal is None and "params" in cells:
        goal = cells["params"].whole
    said = {name: whole for name, cell in parts.items() if (whole := cell.whole) is not None}
    if goal is None or not said:
        for cell in parts.values():
            verdicts.skip(cell, "there is no total to compare it with")
        return
    trainable = _trainable(said, goal, learned, by_layers=total is not None)
    exact = {name: trainable if name == "trainable_params" else goal - trainable for name in parts}
    # what the other one is told by is no sign of its own being right
    proven = total is not None or all(cell.whole == exact[name] for name, cell in parts.items())
    for name, cell in parts.items():
        if cell.whole != exact[name]:
            _fail(cell, exact[name], verdicts)
        elif proven:
            verdicts.passed(cell, "parameters")


def _trainable(said: Mapping[Quantity, int], goal: int, learned: Sequence[int], *, by_layers: bool) -> int:
    """How many of the ``goal`` parameters are trainable, as either part says; where neither is that of some of the
    layers, what comes nearest to it."""
    told = [count if name == "trainable_params" else goal - count for name, count in said.items()]
    possible = [count for count in told if count <= goal] or [goal]
    fitting = [count for count in possible if not learned or count in learned]
    if fitting:
        return max(fitting)
    if by_layers or len(said) == 1:
        return min(learned, key=lambda count: abs(count - told[0]))
    return possible[0]


def _fail(cell: Cell, exact: int, verdicts: Verdicts) -> None:
    number = cell.number
    if number is not None:
        verdicts.wrong_part(
            "V501",
            cell,
            number,
            f"{cell.label}: {exact:,}, not {number.text}",
            expected=format_like(number, exact),
            notes=(
                digit_slip(number.digits, str(exact)),
                "trainable and other parameters add up to the total",
            ),
        )
