"""Operations by torchinfo, which calls multiply-accumulates and additions of biases "mult-adds"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from vggstat.cost.check import Check
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.verify.counters.base import compare_operations, left_out, need
from vggstat.measure.verify.subject import Subject
from vggstat.net.ops.product import SeenLinear

__all__ = ["SOURCE", "count"]

SOURCE: Final = "torchinfo"


def count(subject: Subject) -> Iterator[Check]:
    """The total of ``torchinfo.summary`` on meta."""
    missing = need(SOURCE)
    if missing:
        yield missing
        return
    import torchinfo  # an extra

    one = subject.one_image()
    with one.run("meta") as run:
        data: Any = run.named or run.args
        summary: Any = torchinfo.summary(run.model.eval(), input_data=data, device="meta", verbose=0)
        paths = {id(module): path for path, module in run.model.named_modules()}
    by_path: dict[str, int] = {}
    for layer in summary.summary_list:
        if layer.is_leaf_layer and layer.layer_id in paths:
            by_path[paths[layer.layer_id]] = by_path.get(paths[layer.layer_id], 0) + layer.macs
    rule = find_counting_rule(SOURCE)
    total = summary.total_mult_adds
    # It counts the parameters of modules, and those of an FC layer once for all tokens.
    beyond = [
        node
        for node in one.report.graph.nodes
        if not one.is_torchs(node) or isinstance(node.layer, SeenLinear)
    ]
    yield from compare_operations(SOURCE, one, rule, total, by_path, note=subject.of_one_image, beyond=beyond)
    yield from left_out(SOURCE, subject, rule)
