"""What every counter is given, and how its numbers are held against vggstat's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

import torch
from torch import Tensor

from vggstat.cost.accounting import MemoryItem, find_accounting
from vggstat.cost.check import Check, Verdict, difference, judge, unchecked
from vggstat.cost.counting import COUNTING_RULES, CountingRule
from vggstat.cost.report import Report, analyze
from vggstat.cost.training import least_batch
from vggstat.measure.module import Network, as_torch_dtype, build_module
from vggstat.net.graph import Node
from vggstat.net.work import kind_of
from vggstat.shapes import Shape
from vggstat.sources.require import version_of

__all__ = [
    "OPERATIONS",
    "UNTRAINABLE",
    "Subject",
    "compare_bytes",
    "compare_operations",
    "left_out",
    "need",
    "training_refused",
]

OPERATIONS: Final = "operations"

MAX_MACS: Final = 250 * 10**9
"""The largest forward pass that a counter is let run: some ten seconds on two cores."""
MAX_BYTES: Final = 4 * 10**9
"""The most memory that such a pass may take."""

UNTRAINABLE: Final = "torch trains no batch norm on a single value per channel: take a batch of 2"


class Subject:
    """A report, and models to hold it against: a fresh one for every counter, so that none leaves traces.

    ``build`` is replaced in tests by a model that differs from the report.
    """

    def __init__(self, report: Report, build: Callable[..., Network] | None = None) -> None:
        self.report = report
        self.batch = report.workload.batch
        self.dtype = as_torch_dtype(report.workload.dtype)
        self._build = build or partial(build_module, report.graph)
        self.modules: Mapping[str, Node] = {
            node.torch_name: node for node in report.graph.nodes if node.torch_name and node.in_model
        }
        """The nodes that have a module of their own, by its name."""

    @property
    def image_shape(self) -> Shape:
        return self.report.graph.image

    def model(self, device: str = "meta", dtype: torch.dtype | None = None) -> Network:
        """A fresh model in the workload's dtype, in training mode."""
        return self._build(device=device, dtype=dtype or self.dtype)

    def images(self, device: str = "meta", dtype: torch.dtype | None = None) -> Tensor:
        """A batch of images of undefined content."""
        return torch.empty(self.batch, *self.image_shape, device=device, dtype=dtype or self.dtype)

    def one_image(self) -> Subject:
        """The same network on one image in float32.

        Operation counts depend on neither; a counter that really runs the model is run on one image.
        """
        return Subject(analyze(self.report.graph), self._build)

    @property
    def of_one_image(self) -> str:
        """A remark for counts that were made on one image of a larger batch; empty for a batch of one."""
        return "of one image" if self.batch > 1 else ""


def need(source: str, subject: Subject | None = None, *, computes: bool = True) -> Check | None:
    """None where the package of that name can count, else the check that could not be made.

    ``subject`` is given where the counter really runs the model: on one image that has to be small enough, in memory
    and, where it ``computes``, in time.
    """
    if version_of(source) is None:
        return unchecked(source, OPERATIONS, "not installed")
    if subject is None:
        return None
    one = subject.one_image().report
    held = one.file_bytes + one.memory_bytes(find_accounting("inference-peak"))
    if (computes and one.total.macs_known > MAX_MACS) or held > MAX_BYTES:
        return unchecked(source, OPERATIONS, "it really runs the model, which is too large here")
    return None


def training_refused(source: str, quantity: str, subject: Subject) -> Check | None:
    """The check that cannot be made where torch refuses to train the network; None where it trains."""
    return (
        unchecked(source, quantity, UNTRAINABLE)
        if subject.batch < least_batch(subject.report.graph)
        else None
    )


def left_out(source: str, subject: Subject, rule: CountingRule) -> Iterator[Check]:
    """An unchecked figure for each kind of work that the tool passes over in this network."""
    ops = subject.report.ops
    for field in rule.uncounted:
        if ops[field] and any(node.in_model and node.ops[field] for node in subject.report.graph.nodes):
            yield unchecked(source, f"{kind_of(field)} operations", "not counted there", convention=rule.name)


def compare_operations(
    source: str,
    subject: Subject,
    rule: CountingRule,
    total: int,
    by_layer: Mapping[str, int],
    *,
    quantity: str = OPERATIONS,
    note: str = "",
) -> Iterator[Check]:
    """The check of a total, then one for each layer that differs. ``by_layer`` is keyed by module name."""
    report = subject.report
    expected = report.operations(rule)
    check = judge(source, quantity, total, expected, convention=rule.name)
    layers = [layer for layer in _layers(source, subject, rule, by_layer, quantity) if expected is not None]
    if check.verdict is Verdict.DISAGREES and expected is not None:
        cause = _cause(report, rule, total, expected, [layer.layer for layer in layers])
        check = check.replace(note=f"{check.note}: {cause}")
    elif note and not check.note:
        check = check.replace(note=note)
    yield check
    yield from layers


def _layers(
    source: str, subject: Subject, rule: CountingRule, by_layer: Mapping[str, int], quantity: str
) -> Iterator[Check]:
    for name, node in subject.modules.items():
        expected = rule.count(node.ops * subject.batch)
        if name in by_layer and expected != by_layer[name]:
            yield judge(source, quantity, by_layer[name], expected, layer=node.name, convention=rule.name)
    for name, count in by_layer.items():
        if name not in subject.modules and count:
            yield Check(
                source=source,
                quantity=quantity,
                layer=name,
                stated=count,
                convention=rule.name,
                verdict=Verdict.DISAGREES,
                note="a layer that the specification does not have",
            )


def _cause(report: Report, rule: CountingRule, total: int, expected: int, layers: list[str | None]) -> str:
    """What most likely explains a total that differs."""
    if layers:
        return f"differs in {layers[0]}" + (f" and {len(layers) - 1} more layers" if len(layers) > 1 else "")
    same = [
        other.name
        for other in COUNTING_RULES
        if other.name != rule.name and report.operations(other) == total
    ]
    if same:
        return f"the number under {same[0]}: perhaps another version of the counter"
    batch = report.workload.batch
    for node in report.graph.nodes:
        if rule.count(node.ops * batch) == abs(total - expected) > 0:
            return f"as if {node.name} were {'missing' if total < expected else 'there twice'}"
    return "no single layer explains it"


def compare_bytes(
    source: str,
    quantity: str,
    stated: Mapping[str, int],
    items: tuple[MemoryItem, ...],
    *,
    convention: str,
) -> Iterator[Check]:
    """The check of a sum of bytes, then one for each layer that differs.

    ``stated`` is keyed by the layer names of vggstat.
    """
    computed: dict[str, int] = {}
    for item in items:
        computed[item.node] = computed.get(item.node, 0) + item.bytes
    total = judge(source, quantity, sum(stated.values()), sum(computed.values()), convention=convention)
    layers = [
        judge(source, quantity, stated.get(name, 0), computed.get(name, 0), layer=name, convention=convention)
        for name in dict.fromkeys((*computed, *stated))
        if stated.get(name, 0) != computed.get(name, 0)
    ]
    if total.verdict is Verdict.DISAGREES and layers:
        first = layers[0]
        amount = difference(first.stated, first.computed)
        total = total.replace(note=f"{total.note}: first in {first.layer}, {amount}")
    yield total
    yield from layers
