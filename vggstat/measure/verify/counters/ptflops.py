"""Operations by ptflops, under the rules of its two backends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any, Final

from vggstat.cost.check import Check
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.verify.counters.base import compare_operations, left_out, need
from vggstat.measure.verify.subject import Subject

__all__ = ["SOURCE", "count"]

SOURCE: Final = "ptflops"
BACKENDS: Final = (("pytorch", "ptflops"), ("aten", "macs+bias"))
"""Each backend with the rule by which it counts."""


def count(subject: Subject) -> Iterator[Check]:
    """The totals of ``get_model_complexity_info`` with either backend, which really run the model.

    On meta the backend "pytorch" would count FC layers twice: torch computes them there by a product that it
    counts again.
    """
    missing = need(SOURCE, subject)
    if missing:
        yield missing
        return
    one = subject.one_image()
    functions = [node for node in one.report.graph.nodes if not one.is_torchs(node)]
    for backend, name in BACKENDS:
        rule = find_counting_rule(name)
        total = _total(one, backend)
        beyond = functions if name == SOURCE else []  # it counts modules twice, and functions once
        yield from compare_operations(SOURCE, one, rule, total, {}, note=subject.of_one_image, beyond=beyond)
        yield from left_out(SOURCE, subject, rule)


def _total(subject: Subject, backend: str) -> int:
    from ptflops import get_model_complexity_info  # an extra

    # It prints what it does not know to stdout, whatever it is told.
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        subject.run("cpu") as run,
        redirect_stdout(nowhere),
    ):
        inputs: Any = run.named or run.args[0]
        total, _ = get_model_complexity_info(
            run.model.eval(),
            subject.report.graph.image,
            as_strings=False,
            print_per_layer_stat=False,
            verbose=False,
            ost=nowhere,
            backend=backend,
            input_constructor=lambda _: inputs,
        )
    return int(total)
