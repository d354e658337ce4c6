"""Whether the totals of a saved report are the sums of its rows: a file that somebody has edited is no baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from vggstat.errors import InputError
from vggstat.net.ops.base import CONVOLUTIONS
from vggstat.units import grouped

__all__ = ["check_sums"]

Total = int | None


class SummedRow(Protocol):
    """What is added up of a row."""

    @property
    def kind(self) -> str: ...
    @property
    def number(self) -> Total: ...
    @property
    def weights(self) -> int: ...
    @property
    def biases(self) -> int: ...
    @property
    def macs(self) -> Total: ...
    @property
    def output_values(self) -> Total: ...
    @property
    def output_bytes(self) -> Total: ...


class Sum(NamedTuple):
    """What a total has to be."""

    of: Callable[[Sequence[SummedRow]], Total]
    per: int = 1
    """A factor: two FLOPs per multiply-accumulate."""
    may_be_unknown: bool = False
    """Whether the total can be null though every row has a figure: maps of two widths, or a run that torch refuses."""


def _macs(rows: Sequence[SummedRow]) -> Total:
    return _whole([row.macs for row in rows])


def _whole(figures: Sequence[Total]) -> Total:
    """Their sum; None where one is not known."""
    known = [figure for figure in figures if figure is not None]
    return sum(known) if len(known) == len(figures) else None


def _params(rows: Sequence[SummedRow]) -> int:
    return sum(row.weights + row.biases for row in rows)


SUMS: Final[Mapping[str, Sum]] = {
    "weight_layers": Sum(lambda rows: sum(row.number is not None for row in rows)),
    "conv_layers": Sum(lambda rows: sum(row.number is not None and row.kind in CONVOLUTIONS for row in rows)),
    "weights": Sum(lambda rows: sum(row.weights for row in rows)),
    "biases": Sum(lambda rows: sum(row.biases for row in rows)),
    "params": Sum(_params),
    "macs": Sum(_macs),
    "flops": Sum(_macs, per=2),
    "output_values": Sum(lambda rows: _whole([row.output_values for row in rows]), may_be_unknown=True),
    "output_bytes": Sum(lambda rows: _whole([row.output_bytes for row in rows]), may_be_unknown=True),
}
"""The totals that rows add up to, by their keys in a file."""

TWICE: Final = {
    "tools.operations.macs": "macs",
    "tools.operations.flops": "flops",
    "memory.outputs": "output_bytes",
}
"""Figures that a file holds a second time, and the totals that they are."""

AGAIN: Final = "the file was changed after vggstat wrote it, so save it again: vggstat table SOURCE --format json -o {source}"


def check_sums(rows: Sequence[SummedRow], figures: Mapping[str, Total], width: int, source: str) -> None:
    """Raises InputError for a total that is not the sum of its rows: its key, what was found, and what they add up to.

    ``figures`` are by their place in the file (``totals.params``); ``width`` is a parameter's bytes.
    """
    for key, total in SUMS.items():
        added = total.of(rows)
        expected = None if added is None else total.per * added
        twice = [place for place, name in TWICE.items() if name == key]
        for place in (f"totals.{key}", *twice):
            if not (total.may_be_unknown and figures[f"totals.{key}"] is None):
                _check(place, figures, expected, f"its rows add up to {_words(expected)}", source)
            else:
                _check(place, figures, None, f"totals.{key} is null", source)
    size = width * _params(rows)
    _check("totals.param_bytes", figures, size, f"its rows' parameters have {_words(size)} bytes", source)
    _check_training(figures, source)


def _check_training(figures: Mapping[str, Total], source: str) -> None:
    forward, backward = figures["totals.flops"], figures["totals.backward_flops"]
    step = None if forward is None or backward is None else forward + backward
    reason = f"totals.flops and totals.backward_flops add up to {_words(step)}"
    _check("totals.training_flops", figures, step, reason, source)


def _check(place: str, figures: Mapping[str, Total], expected: Total, reason: str, source: str) -> None:
    if place in figures and figures[place] != expected:
        found = _words(figures[place])
        raise InputError(f"{source}: {place} is {found}, and {reason}; {AGAIN.format(source=source)}")


def _words(total: Total) -> str:
    """Null is what a file has for what is not known."""
    return "null" if total is None else grouped(total)
