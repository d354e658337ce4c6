"""Operations by thop (pytorch-OpCounter)."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final

from vggstat.cost.check import Check
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.verify.counters.base import compare_operations, left_out, need
from vggstat.measure.verify.subject import Subject
from vggstat.net.graph import Node
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.shapes import values

__all__ = ["SOURCE", "count"]

SOURCE: Final = "thop"


def count(subject: Subject) -> Iterator[Check]:
    """The total of ``thop.profile`` on meta."""
    missing = need(SOURCE)
    if missing:
        yield missing
        return
    from thop import profile  # an extra

    one = subject.one_image()
    with one.run("meta") as run:
        total, _ = profile(run.model.eval(), inputs=run.in_order, verbose=False)
    rule = find_counting_rule(SOURCE)
    lost = sum(_lost(node) for node in one.report.graph.nodes)
    note = subject.of_one_image
    beyond = [
        node for node in one.report.graph.nodes if not one.is_torchs(node)
    ]  # it counts modules that it knows
    checks = list(compare_operations(SOURCE, one, rule, int(total) + lost, {}, note=note, beyond=beyond))
    if lost:
        own = checks[0].computed
        computed = own - lost if isinstance(own, int) else None
        note = checks[0].note or f"less {lost}, which thop loses by rounding a float down"
        checks[0] = checks[0].replace(stated=int(total), computed=computed, note=note)
    yield from checks
    yield from left_out(SOURCE, subject, rule)


def _lost(node: Node) -> int:
    """What thop's count of an adaptive average pool falls short of its inputs and outputs.

    thop 0.1.1 multiplies the outputs by 1 + the product of the quotients of the sides, in float64.
    """
    if not isinstance(node.layer, AdaptiveAvgPool):
        return 0
    share = prod(a / b for a, b in zip(node.in_shapes[0][1:], node.shape[1:], strict=True))
    outputs = values(node.shape)
    return values(node.in_shapes[0]) + outputs - int((1 + share) * outputs)
