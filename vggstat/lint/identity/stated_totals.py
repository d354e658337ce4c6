"""What the printed totals of parameters say for or against a network."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.network import Network
from vggstat.lint.numbers import Number


def explains_total(evidence: Evidence, plain: Network, units: Sequence[int], inputs: int) -> bool:
    """Whether a stated total of parameters is that of the FC layers as shown, so that none is missing."""
    block = plain.report.total
    weights, biases = block.weights, block.biases
    for unit in units:
        weights, biases, inputs = weights + inputs * unit, biases + unit, unit
    return any(
        number.admits(count, scale)
        for number in _totals(evidence)
        for count in (weights, weights + biases)
        for scale in (number.unit.decimal, number.unit.binary or number.unit.decimal)
    )


def adds_up(evidence: Evidence) -> bool:
    """Whether the rows, as printed, come to an exact total: then they are of layers of another make (groups)."""
    printed = [
        obs.whole for obs in evidence.observations if obs.params is not None and obs.row.type != "container"
    ]
    exact = [number.whole for number in _totals(evidence) if number.is_exact]
    return bool(exact) and None not in printed and sum(count or 0 for count in printed) in exact


def total_agrees(evidence: Evidence, network: Network) -> bool:
    """Whether an exact total of the document is that of the network: with biases, without, or with
    running statistics."""
    block = network.report.total
    counts = (block.params, block.weights, block.params + sum(target.buffers for target in network.targets))
    return any(number.whole in counts for number in _totals(evidence) if number.is_exact)


def _totals(evidence: Evidence) -> list[Number]:
    cells = (cell for cell in evidence.table.totals if cell.quantity == "params")
    return [number for cell in cells for number in cell.numbers]
