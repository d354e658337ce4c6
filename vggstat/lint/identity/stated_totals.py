"""What the printed totals of parameters say for or against a network."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.identity.observe import printed_counts
from vggstat.lint.network import Network
from vggstat.lint.numbers import Number


def explains_total(evidence: Evidence, plain: Network, units: Sequence[int], inputs: int) -> bool:
    """Whether a stated total of parameters is that of the FC layers as shown, so that none is missing."""
    block = plain.report.total
    weights, biases = block.weights, block.biases
    for unit in units:
        weights, biases, inputs = weights + inputs * unit, biases + unit, unit
    counts = (weights, weights + biases)
    return any(number.admits_in(count) for number in _totals(evidence) for count in counts)


def adds_up(evidence: Evidence) -> bool:
    """Whether the rows, as printed, come to an exact total: then they are of layers of another make (groups)."""
    printed = printed_counts(evidence.observations)
    return bool(printed) and sum(printed) in (number.whole for number in _totals(evidence))


def total_agrees(evidence: Evidence, network: Network) -> bool:
    """Whether an exact total of the document is that of the network: with biases, without, or with
    running statistics."""
    block = network.report.total
    counts = (block.params, block.weights, block.params + sum(target.buffers for target in network.targets))
    return any(number.whole in counts for number in _totals(evidence))


def _totals(evidence: Evidence) -> list[Number]:
    cells = (cell for cell in evidence.table.totals if cell.quantity == "params")
    return [number for cell in cells for number in cell.numbers]
