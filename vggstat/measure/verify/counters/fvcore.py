"""Operations by fvcore: multiply-accumulates, and one per input value of an adaptive average pool."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from vggstat.cost.check import Check
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.verify.counters.base import compare_operations, left_out, need
from vggstat.measure.verify.subject import Subject
from vggstat.net.graph import Node
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.sources.torch_module.shapes_only import arithmetic_skipped

__all__ = ["SOURCE", "count"]

SOURCE: Final = "fvcore"


def count(subject: Subject) -> Iterator[Check]:
    """The total by fvcore's FlopCountAnalysis, which calls multiply-accumulates FLOPs; then what it leaves out."""
    missing = need(SOURCE, subject, skips=True)
    if missing:
        yield missing
        return
    one = subject.one_image()
    total, by_path, passed = _totals(one)
    rule = find_counting_rule("fvcore")
    beyond = tuple(_unseen(one, passed, by_path))
    yield from compare_operations(SOURCE, one, rule, total, by_path, note=subject.of_one_image, beyond=beyond)
    yield from left_out(SOURCE, subject, rule)


def _unseen(subject: Subject, passed: set[str], by_path: Mapping[str, int]) -> Iterator[Node]:
    """What torch.jit drops, because it leads nowhere, and what it records as an operation that fvcore does not know.

    Those are convolutions whose padding is a word, and pools that are written as means.
    """
    yield from subject.report.graph.leads_nowhere
    for path, nodes in subject.layers.items():
        if "aten::_convolution_mode" in passed and not by_path.get(path):
            yield from nodes
        if "aten::mean" in passed:
            yield from (n for n in nodes if isinstance(n.layer, AdaptiveAvgPool) and not subject.is_torchs(n))


def _totals(subject: Subject) -> tuple[int, dict[str, int], set[str]]:
    """fvcore's count of the model, and of each module by its path; and the operations that it passes over.

    fvcore 0.1.5 traces with torch.jit, which runs on neither meta nor fake tensors in torch 2.13: a forward pass on
    memory that is never written, without the arithmetic of the layers that would take the time.
    """
    with subject.run("cpu") as run, _quiet(), arithmetic_skipped():
        from fvcore.nn import FlopCountAnalysis

        analysis: Any = FlopCountAnalysis(run.model.eval(), run.in_order)
        counts: Counter[str] = analysis.by_module()
        return counts[""], dict(counts), set(analysis.unsupported_ops())


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
