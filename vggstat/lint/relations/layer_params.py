"""The parameters of a layer follow from its window, from what enters it and from what leaves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.identity.observe import Obs, find_layout, observe
from vggstat.lint.identity.windows import KERNELS, is_count
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.relations.link import Link, number_of
from vggstat.lint.verdicts import Verdicts

_PARAMS: Final = ("params", "weights", "trainable_params")
_TENSORS: Final = (".weight", ".bias", "_weight", "_bias", "/kernel", ":0")
MOST_GROUPS: Final = 64
LEAST: Final = 2
"""Layers that have to be as a formula says, right or wrong."""


def layer_params(table: ClaimTable) -> list[Link]:
    """The parameters of the conv and FC rows of a chain, where window and widths are said or told by the other rows."""
    known = _layers(table)
    windows = Counter(kernel for row in known for kernel in row.windows)
    usual = windows.most_common(1)[0][0] if windows else 3
    with_biases = 2 * sum(row.has_biases for row in known) > len(known)
    return [link for row in known for link in _link(row, usual, with_biases=with_biases)]


def _layers(table: ClaimTable) -> list[_Layer]:
    """The rows whose widths are said and that print a number of parameters; none where the shapes are those of weights."""
    rows = observe(table)
    if any(obs.row.name.endswith(_TENSORS) for obs in rows):
        return []
    layers = _widths(rows, 0 if find_layout(rows) == "chw" else 2)
    return [layer for layer in layers if _cell(layer.obs) is not None]


class _Layer(NamedTuple):
    """A conv or FC row, with the widths of what enters and leaves it."""

    obs: Obs
    inputs: int
    outputs: int

    @property
    def windows(self) -> list[int]:
        """The sides of windows that its count fits."""
        sides = KERNELS if self.obs.kind == "conv" else ()
        count = self.obs.whole
        return [side for side in sides if count and is_count(count, side, self.inputs, self.outputs)]

    @property
    def has_biases(self) -> bool:
        count = self.obs.whole or 0
        return count % self.outputs == 0 and (count // self.outputs) % self.inputs == 1


def judge_mistakes(table: ClaimTable, verdicts: Verdicts) -> None:
    """Judge counts that follow a wrong formula to the last digit: one of the depth of the input, or of one bias for all units."""
    known = _layers(table)
    told = [(layer, mistake) for layer in known if (mistake := _mistake(layer)) is not None]
    if not any(layer.outputs % layer.inputs for layer, _ in told):
        return  # of depthwise convolutions all of it is right
    right = sum(bool(layer.windows) or _is_dense(layer) for layer in known)
    if len(told) + right < LEAST:
        return
    for layer, (count, words) in told:
        cell = _cell(layer.obs)
        number = number_of(cell) if cell is not None else None
        if cell is not None and number is not None and verdicts.retract(cell):
            message = f"{layer.obs.row.name} has {count:,} parameters, not {number.text.strip()}"
            verdicts.wrong_part(
                "V201", cell, number, message, expected=format_like(number, count), notes=(words,)
            )


def _is_dense(layer: _Layer) -> bool:
    return layer.obs.kind == "fc" and layer.obs.whole == (layer.inputs + 1) * layer.outputs


def _mistake(layer: _Layer) -> tuple[int, str] | None:
    """The right count, and what was forgotten; None where no such thing was."""
    obs, inputs, outputs = layer
    if obs.kind == "conv" and obs.kernel and inputs > 1:
        window = obs.kernel**2
        if obs.whole in ((window + 1) * outputs, window * outputs):
            return (window * inputs + 1) * outputs, "the depth of the input is left out"
    if obs.kind == "fc" and outputs > 1 and obs.whole == inputs * outputs + 1:
        return (inputs + 1) * outputs, "one bias for all units instead of one for each"
    return None


def _widths(rows: Sequence[Obs], axis: int) -> Iterator[_Layer]:
    """Each conv and FC row whose widths are both said."""
    before: tuple[int, ...] = ()
    for obs in rows:
        shape = obs.dims.without_batch if obs.dims else ()
        entering = obs.in_dims.without_batch if obs.in_dims else before
        if obs.kind == "conv":
            inputs = obs.in_channels or (entering[axis] if len(entering) == 3 else 0)
            outputs = obs.channels or (shape[axis] if len(shape) == 3 else 0)
        else:
            inputs = obs.in_channels or (prod(entering) if len(entering) in (1, 3) else 0)
            outputs = obs.channels or (prod(shape) if shape else _values(obs))
        if obs.kind in ("conv", "fc") and inputs and outputs:
            yield _Layer(obs, inputs, outputs)
        before = shape or ((outputs,) if obs.kind == "fc" and outputs else before)


def _values(obs: Obs) -> int:
    """The values that leave a layer, where its row says how many; else 0."""
    return next((cell.whole or 0 for cell in obs.row.cells if cell.quantity == "values"), 0)


def _cell(obs: Obs) -> Cell | None:
    return next((cell for cell in obs.row.cells if cell.quantity in _PARAMS), None)


def _link(layer: _Layer, usual: int, *, with_biases: bool) -> Iterator[Link]:
    """None where another window or groups explain the number."""
    obs, inputs, outputs = layer
    cell = _cell(obs)
    number = number_of(cell) if cell is not None else None
    if cell is None or number is None or not number.readings[0].mantissa:
        return
    kernels = (1,) if obs.kind == "fc" else (obs.kernel,) if obs.kernel else KERNELS
    holds = any(
        number.admits(kernel**2 * inputs * outputs + bias) for kernel in kernels for bias in (0, outputs)
    )
    if not holds and _is_another(number, inputs, outputs, obs.kernel or usual):
        return
    kernel = 1 if obs.kind == "fc" else obs.kernel or usual
    count = kernel**2 * inputs * outputs + outputs * with_biases
    window = "" if obs.kind == "fc" else f"{kernel} x {kernel} x "
    words = f"{window}{inputs:,} x {outputs:,}{f' + {outputs:,}' if with_biases else ''}"
    yield Link(
        cell, number, holds, "V201", f"{obs.row.name}: {words} = {count:,}", format_like(number, count)
    )


def _is_another(number: Number, inputs: int, outputs: int, kernel: int) -> bool:
    """Whether a count is that of a window of other sides, or of groups."""
    count = number.whole
    if count is None:
        return False
    weights = {count, count - outputs}
    grouped = (
        kernel**2 * inputs * outputs // groups for groups in range(2, MOST_GROUPS) if inputs % groups == 0
    )
    depthwise = kernel**2 * outputs
    return any(not value % (inputs * outputs) for value in weights) or not weights.isdisjoint(
        {*grouped, depthwise}
    )
