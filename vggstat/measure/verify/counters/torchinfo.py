"""Operations by torchinfo, which calls multiply-accumulates and additions of biases "mult-adds"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from vggstat.cost.check import Check
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.verify.counters.base import Subject, compare_operations, left_out, need

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
    model = one.model().eval()
    summary: Any = torchinfo.summary(model, input_data=one.images(), device="meta", verbose=0)
    names = {id(module): name for name, module in model.named_modules()}
    by_layer = {
        names[layer.layer_id]: layer.macs
        for layer in summary.summary_list
        if layer.is_leaf_layer and layer.layer_id in names
    }
    rule = find_counting_rule(SOURCE)
    total = summary.total_mult_adds
    yield from compare_operations(SOURCE, one, rule, total, by_layer, note=subject.of_one_image)
    yield from left_out(SOURCE, subject, rule)
