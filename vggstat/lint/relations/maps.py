"""A map that does not lead from the one before it to the one after it: ``96x96, pool, 84x84, conv, 48x48``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Final

from vggstat.lint.identity.observe import Obs, find_layout, observe
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.verdicts import Verdicts
from vggstat.shapes import Shape

LEAST: Final = 4
"""Rows that have to lead from one map to the next."""
_KEEP: Final = ("relu", "bn", "dropout", "lrn")
_POOLS: Final = ("pool", "avgpool")


def judge_maps(table: ClaimTable, verdicts: Verdicts) -> None:
    """Judge the shapes of a chain: one that fits neither side, where what fits one of them fits the other as well."""
    observed = observe(table)
    _judge_flattened(observed, verdicts)
    rows = [obs for obs in observed if obs.dims is not None]
    layout = find_layout(rows)
    maps = [obs.dims.oriented(layout) if obs.dims else None for obs in rows]
    steps = [
        _leads(before, obs, after) for (before, after), obs in zip(pairwise(maps), rows[1:], strict=True)
    ]
    wrong = [index for index, step in enumerate(steps, 1) if step is False]
    if sum(step is True for step in steps) < LEAST or not 1 <= len(wrong) <= 2:
        return
    at = wrong[0]
    before, printed = maps[at - 1], maps[at]
    right = _usual(before, rows[at]) if before else None
    if right is None or printed is None or printed == right or not _fits_after(right, rows, maps, at):
        return
    cell = next((cell for cell in rows[at].row.cells if cell.quantity == "shape"), None)
    if cell is not None and verdicts.retract(cell):
        _enter(cell, rows[at], right, layout, verdicts)


def _judge_flattened(rows: Sequence[Obs], verdicts: Verdicts) -> None:
    """Judge the values that a map is flattened to, where the dense layer after it has as many inputs as the map has values."""
    for before, flat, after in zip(rows, rows[1:], rows[2:], strict=False):
        if flat.kind != "flatten" or after.kind != "fc" or not (before.dims and flat.dims and after.dims):
            continue
        values, units = prod(before.dims.without_batch), after.dims.without_batch[-1]
        printed = flat.dims.without_batch
        cell = next((cell for cell in flat.row.cells if cell.quantity == "shape"), None)
        if printed == (values,) or len(printed) != 1 or after.whole != (values + 1) * units or cell is None:
            continue
        if verdicts.retract(cell):
            sides = "x".join(map(str, before.dims.without_batch))
            message = f"{flat.row.name}: {sides} has {values:,} values, and {after.row.name} as many inputs"
            verdicts.fail("V103", cell.claim, message, quantity="shape", layer=flat.row.name)


def _leads(before: Shape | None, obs: Obs, after: Shape | None) -> bool | None:
    """Whether a layer can lead from one map to the next; None where nothing is known of it."""
    if before is None or after is None:
        return None
    if obs.kind in _KEEP:
        return before == after
    if obs.kind in _POOLS:
        return before[0] == after[0] and all(
            _is_pooled(a, b) for a, b in zip(before[1:], after[1:], strict=True)
        )
    if obs.kind == "conv":
        fits = obs.channels in (None, after[0])
        return fits and all(b <= a + 8 for a, b in zip(before[1:], after[1:], strict=True))
    return None


def _is_pooled(before: int, after: int) -> bool:
    """Whether some usual window and stride lead from a side to the next."""
    return after <= before and any(abs(after * stride - before) <= 2 * stride for stride in (1, 2, 3, 4))


def _usual(before: Shape, obs: Obs) -> Shape | None:
    """What the layer gives as people use it: the same map, or half of it."""
    if obs.kind in _KEEP:
        return before
    if obs.kind in _POOLS:
        step = obs.stride or 2
        return before[0], before[1] // step, before[2] // step
    return None


def _fits_after(right: Shape, rows: Sequence[Obs], maps: Sequence[Shape | None], at: int) -> bool:
    """Whether what should stand there leads to the row after it: of the same size, or of as many values."""
    if at + 1 == len(rows):
        return False
    after, obs = maps[at + 1], rows[at + 1]
    if after is None:
        return obs.dims is not None and obs.dims.without_batch[-1] == prod(right)
    return right[1:] == after[1:] and (obs.kind == "conv" or right[0] == after[0])


def _enter(cell: Cell, obs: Obs, right: Shape, layout: str, verdicts: Verdicts) -> None:
    channels, height, width = right
    numbers = (height, width, channels) if layout == "hwc" else right
    text = "x".join(map(str, numbers))
    verdicts.fail(
        "V103",
        cell.claim,
        f"{obs.row.name}: {text} by the maps before and after it, not {cell.claim.text.strip()}",
        quantity="shape",
        layer=obs.row.name,
    )
