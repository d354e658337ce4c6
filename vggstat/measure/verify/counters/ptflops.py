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
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.other import Rearranged
from vggstat.net.ops.product import SeenLinear
from vggstat.sources.torch_module.calls import MOVES

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
    graph = one.report.graph
    beyond = {
        # It counts torch's modules twice where they are functions too, and functions once.
        "pytorch": [node for node in graph.nodes if not one.is_torchs(node)],
        # Of such an FC layer torch adds the bias with a call of its own, which counts nothing there.
        "aten": [
            node for node in graph.nodes if isinstance(node.layer, SeenLinear) and _reads_moved(graph, node)
        ],
    }
    for backend, name in BACKENDS:
        rule = find_counting_rule(name)
        total = _total(one, backend)
        note = subject.of_one_image
        yield from compare_operations(SOURCE, one, rule, total, {}, note=note, beyond=beyond[backend])
        yield from left_out(SOURCE, subject, rule)


def _reads_moved(graph: Graph, node: Node) -> bool:
    """Whether what it reads is a view whose axes are in another order than in memory."""
    while node.inputs and node.inputs[0]:
        node = graph.nodes[node.inputs[0] - 1]
        if not isinstance(node.layer, Rearranged) or node.layer.lies_in != "view":
            return False
        if node.layer.operation in MOVES:
            return True
    return False


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
