"""Trainable and other parameters: they add up to the total, and are those of some of the layers."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.lint.listings.whole import Whole
from vggstat.lint.model import Cell
from vggstat.lint.numbers import format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.tool_sizes import FLOAT32
from vggstat.lint.verdicts import Verdicts


def judge_parts_of(whole: Whole) -> None:
    """The parts of a known network's total, and their sizes."""
    cells: dict[str, Cell] = {cell.quantity: cell for cell in whole.table.totals}
    if whole.is_part:
        judge_parts(cells, None, (), whole.verdicts)
        return
    judge_parts(cells, whole.params, _learned_parts(whole), whole.verdicts)
    for size, count in (("trainable_bytes", "trainable_params"), ("frozen_bytes", "frozen_params")):
        exact = _whole(cells.get(count))
        if exact is not None and size in cells and cells[size].numbers:
            whole.expect(cells[size], cells[size].numbers[0], FLOAT32 * exact, "V211", "bytes")


def _whole(cell: Cell | None) -> int | None:
    return cell.whole if cell is not None else None


def _learned_parts(whole: Whole) -> tuple[int, ...]:
    """What may be trainable: all, or the layers from some layer on."""
    left = sum(target.params for target in whole.targets)
    sums = []
    for target in whole.targets:
        sums.append(left)
        left -= target.params
    return (*dict.fromkeys(sums), 0, whole.params)


def judge_parts(
    cells: dict[str, Cell], total: int | None, learned: Sequence[int], verdicts: Verdicts
) -> None:
    """``Trainable params`` and ``Non-trainable params`` against the total (the printed one, if None).

    ``learned``: what may be trainable; empty where nobody knows."""
    trainable, frozen = cells.get("trainable_params"), cells.get("frozen_params")
    a, b = _whole(trainable), _whole(frozen)
    printed = _whole(cells.get("params"))
    goal = printed if total is None else total
    if goal is None or (a is None and b is None):
        for cell in (trainable, frozen):
            if cell is not None:
                verdicts.skip(cell, "there is no total to compare it with")
    elif a is None or b is None:
        _judge_one(trainable, frozen, goal, learned, verdicts)
    elif a + b == goal:
        _pass(trainable, verdicts)
        _pass(frozen, verdicts)
    elif total is None:
        _blame_by_sum(trainable, frozen, goal, learned, verdicts)
    else:
        _blame_by_layers(trainable, frozen, goal, learned, verdicts)


def _judge_one(
    trainable: Cell | None, frozen: Cell | None, goal: int, learned: Sequence[int], verdicts: Verdicts
) -> None:
    """One of the parts is no whole number: it is wrong, or there is none and the other one is judged alone."""
    a, b = _whole(trainable), _whole(frozen)
    if a is not None and frozen is not None:
        _blame(frozen, goal - a, verdicts)
    elif b is not None and trainable is not None:
        _blame(trainable, goal - b, verdicts)
    elif a is not None:
        if not learned or a in learned:
            _pass(trainable, verdicts)
        else:
            _blame(trainable, min(learned, key=lambda count: abs(count - a)), verdicts)
    elif b is not None:
        if not learned or goal - b in learned:
            _pass(frozen, verdicts)
        else:
            _blame(frozen, goal - min(learned, key=lambda count: abs(count - (goal - b))), verdicts)


def _blame_by_sum(
    trainable: Cell | None, frozen: Cell | None, goal: int, learned: Sequence[int], verdicts: Verdicts
) -> None:
    """Two parts that do not add up to the printed total of a network that nobody knows."""
    a, b = _whole(trainable) or 0, _whole(frozen) or 0
    if (goal - b in learned and a not in learned) or a > goal:
        _blame(trainable, goal - b, verdicts)
    else:
        _blame(frozen, goal - a, verdicts)


def _blame_by_layers(
    trainable: Cell | None, frozen: Cell | None, goal: int, learned: Sequence[int], verdicts: Verdicts
) -> None:
    """Two parts that do not add up, of which one may be that of some of the layers."""
    a, b = _whole(trainable) or 0, _whole(frozen) or 0
    if a in learned and goal - b not in learned:
        _pass(trainable, verdicts)
        _blame(frozen, goal - a, verdicts)
    elif goal - b in learned and a not in learned:
        _blame(trainable, goal - b, verdicts)
        _pass(frozen, verdicts)
    else:
        _blame(trainable, min(learned, key=lambda count: abs(count - a)), verdicts)


def _pass(cell: Cell | None, verdicts: Verdicts) -> None:
    if cell is not None:
        verdicts.passed(cell, "parameters")


def _blame(cell: Cell | None, exact: int, verdicts: Verdicts) -> None:
    number = cell.number if cell is not None else None
    if cell is None or number is None:
        return
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
