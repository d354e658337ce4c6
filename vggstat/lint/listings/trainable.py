"""Trainable and other parameters: they add up to the total, and are those of some of the layers."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.lint.ledger import Ledger
from vggstat.lint.listings.whole import Whole, numbers_of, whole_of
from vggstat.lint.model import Cell
from vggstat.lint.numbers import clean, format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.tool_sizes import FLOAT32


def judge_parts_of(whole: Whole) -> None:
    """The parts of a known network's total, and their sizes."""
    cells: dict[str, Cell] = {cell.quantity: cell for cell in whole.table.totals}
    if whole.is_part:
        judge_parts(cells, None, (), whole.ledger)
        return
    judge_parts(cells, whole.params, _learned_parts(whole), whole.ledger)
    for size, count in (("trainable_bytes", "trainable_params"), ("frozen_bytes", "frozen_params")):
        exact = whole_of(cells.get(count))
        numbers = numbers_of(cells[size]) if size in cells else []
        if exact is not None and numbers:
            whole.expect(cells[size], numbers[0], FLOAT32 * exact, "V211", "bytes")


def _learned_parts(whole: Whole) -> tuple[int, ...]:
    """What may be trainable: all, or the layers from some layer on."""
    left = sum(target.params for target in whole.targets)
    sums = []
    for target in whole.targets:
        sums.append(left)
        left -= target.params
    return (*dict.fromkeys(sums), 0, whole.params)


def judge_parts(cells: dict[str, Cell], total: int | None, learned: Sequence[int], ledger: Ledger) -> None:
    """``Trainable params`` and ``Non-trainable params`` against the total (the printed one, if None).

    ``learned``: what may be trainable; empty where nobody knows."""
    trainable, frozen = cells.get("trainable_params"), cells.get("frozen_params")
    a, b = whole_of(trainable), whole_of(frozen)
    printed = whole_of(cells.get("params"))
    goal = printed if total is None else total
    if goal is None or (a is None and b is None):
        for cell in (trainable, frozen):
            if cell is not None:
                ledger.skip(cell, "there is no total to compare it with")
    elif a is None or b is None:
        _judge_one(trainable, frozen, goal, learned, ledger)
    elif a + b == goal:
        _pass(trainable, ledger)
        _pass(frozen, ledger)
    elif total is None:
        _blame_by_sum(trainable, frozen, goal, learned, ledger)
    else:
        _blame_by_layers(trainable, frozen, goal, learned, ledger)


def _judge_one(
    trainable: Cell | None, frozen: Cell | None, goal: int, learned: Sequence[int], ledger: Ledger
) -> None:
    """One of the parts is no whole number: it is wrong, or there is none and the other one is judged alone."""
    a, b = whole_of(trainable), whole_of(frozen)
    if a is not None and frozen is not None:
        _blame(frozen, goal - a, ledger)
    elif b is not None and trainable is not None:
        _blame(trainable, goal - b, ledger)
    elif a is not None:
        if not learned or a in learned:
            _pass(trainable, ledger)
        else:
            _blame(trainable, min(learned, key=lambda count: abs(count - a)), ledger)
    elif b is not None:
        if not learned or goal - b in learned:
            _pass(frozen, ledger)
        else:
            _blame(frozen, goal - min(learned, key=lambda count: abs(count - (goal - b))), ledger)


def _blame_by_sum(
    trainable: Cell | None, frozen: Cell | None, goal: int, learned: Sequence[int], ledger: Ledger
) -> None:
    """Two parts that do not add up to the printed total of a network that nobody knows."""
    a, b = whole_of(trainable) or 0, whole_of(frozen) or 0
    if (goal - b in learned and a not in learned) or a > goal:
        _blame(trainable, goal - b, ledger)
    else:
        _blame(frozen, goal - a, ledger)


def _blame_by_layers(
    trainable: Cell | None, frozen: Cell | None, goal: int, learned: Sequence[int], ledger: Ledger
) -> None:
    """Two parts that do not add up, of which one may be that of some of the layers."""
    a, b = whole_of(trainable) or 0, whole_of(frozen) or 0
    if a in learned and goal - b not in learned:
        _pass(trainable, ledger)
        _blame(frozen, goal - a, ledger)
    elif goal - b in learned and a not in learned:
        _blame(trainable, goal - b, ledger)
        _pass(frozen, ledger)
    else:
        _blame(trainable, min(learned, key=lambda count: abs(count - a)), ledger)


def _pass(cell: Cell | None, ledger: Ledger) -> None:
    if cell is not None:
        ledger.passed(cell, "parameters")


def _blame(cell: Cell | None, exact: int, ledger: Ledger) -> None:
    numbers = numbers_of(cell) if cell is not None else []
    if cell is None or not numbers:
        return
    number = numbers[-1]
    ledger.fail(
        "V501",
        clean(cell.flow),
        f"{cell.label}: {exact:,}, not {number.text}",
        span=(number.start, number.end),
        expected=format_like(number, exact),
        quantity=cell.quantity,
        notes=(
            digit_slip(number.digits, str(exact)),
            "trainable and other parameters add up to the total",
        ),
    )
