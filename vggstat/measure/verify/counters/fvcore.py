"""Operations by fvcore: multiply-accumulates, and one per input value of an adaptive average pool."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from vggstat.cost.check import Check
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.module import Network
from vggstat.measure.verify.counters.base import Subject, compare_operations, left_out, need
from vggstat.sources.torch_module.shapes_only import arithmetic_skipped

__all__ = ["SOURCE", "count"]

SOURCE: Final = "fvcore"


def count(subject: Subject) -> Iterator[Check]:
    """The total by fvcore's FlopCountAnalysis, which calls multiply-accumulates FLOPs; then what it leaves out."""
    missing = need(SOURCE, subject, computes=False)
    if missing:
        yield missing
        return
    one = subject.one_image()
    total, by_layer = _totals(one)
    rule = find_counting_rule("fvcore")
    yield from compare_operations(SOURCE, one, rule, total, by_layer, note=subject.of_one_image)
    yield from left_out(SOURCE, subject, rule)


def _totals(subject: Subject) -> tuple[int, dict[str, int]]:
    """fvcore's count of the model, and of each layer by its module's name.

    fvcore 0.1.5 traces with torch.jit, which runs on neither meta nor fake tensors in torch 2.13: a forward pass on
    memory that is never written, without the arithmetic of the layers that would take the time.
    """
    model: Network = subject.model("cpu").eval()
    images = subject.images("cpu")
    with _quiet(), arithmetic_skipped():
        from fvcore.nn import FlopCountAnalysis

        counts: Counter[str] = FlopCountAnalysis(model, images).by_module()
    leaves = (name for name, module in model.named_modules() if next(module.children(), None) is None)
    return counts[""], {name: counts[name] for name in leaves}


@contextmanager
def _quiet() -> Iterator[None]:
    """fvcore's and torch.jit's remarks kept back; the caller's settings come back after."""
    logger = logging.getLogger("fvcore.nn.jit_analysis")
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before
