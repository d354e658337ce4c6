"""How a counter's numbers are held against vggstat's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Final

from vggstat.cost.accounting import find_accounting
from vggstat.cost.check import Check, Verdict, difference, judge, unchecked
from vggstat.cost.counting import COUNTING_RULES, CountingRule
from vggstat.cost.report import Report
from vggstat.cost.training import least_batch
from vggstat.measure.verify.subject import Subject, outer_paths
from vggstat.net.graph import Node
from vggstat.net.ops.seen import Seen
from vggstat.net.work import Work, kind_of
from vggstat.sources.require import version_of
from vggstat.sources.torch_module.trace import reason_of

__all__ = [
    "OPERATIONS",
    "UNTRAINABLE",
    "attempt",
    "compare_bytes",
    "compare_operations",
    "failed",
    "in_short",
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


def attempt(
    source: str, quantity: str, subject: Subject, count: Callable[[], Iterable[Check]]
) -> list[Check]:
    """What ``count`` gives; where somebody's model fails at it one check that says why. A fault of ours is raised."""
    try:
        return list(count())
    except Exception as error:
        if subject.models.is_built:
            raise
        return [failed(source, quantity, error)]


def failed(source: str, quantity: str, error: Exception) -> Check:
    """The check that could not be made because the model broke, with its line, or the counter did."""
    found = find_spec(source) if version_of(source) else None
    own = (found.submodule_search_locations if found else None) or ()
    cause = error.__cause__ if isinstance(error.__cause__, Exception) else error
    return unchecked(source, quantity, f"it failed: {reason_of(cause, tuple(own))}")


def need(source: str, subject: Subject | None = None, *, skips: bool = False) -> Check | None:
    """None where the package of that name can count, else the check that could not be made.

    ``subject`` is given where the counter really runs the model: on one image that has to be small enough, in memory
    and in time. One that ``skips`` the arithmetic computes only what no spec can write.
    """
    if version_of(source) is None:
        return unchecked(source, OPERATIONS, "not installed")
    if subject is None:
        return None
    one = subject.one_image().report
    peak = one.memory_if_run(find_accounting("inference-peak"))
    held = one.file_bytes + (one.total.output_bytes if peak is None else peak)
    computed = sum(node.ops.macs for node in one.graph.nodes if not skips or isinstance(node.layer, Seen))
    if computed > MAX_MACS or held > MAX_BYTES:
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
    if subject.report.operations(rule) is None:
        return  # its total is unchecked, and says so
    work = subject.work.get("", Work())
    for field in rule.uncounted:
        if work[field]:
            yield unchecked(source, f"{kind_of(field)} operations", "not counted there", convention=rule.name)


def compare_operations(
    source: str,
    subject: Subject,
    rule: CountingRule,
    total: int,
    by_path: Mapping[str, int],
    *,
    quantity: str = OPERATIONS,
    note: str = "",
    beyond: Iterable[Node] = (),
) -> Iterator[Check]:
    """The check of a total, then one for each layer that differs.

    ``by_path`` is keyed by the paths of modules; a module's count holds those inside it. With work in nodes that are
    ``beyond`` the tool's rule, which it does not see or counts otherwise, its total is unchecked.
    """
    report = subject.report
    expected = report.operations(rule)
    left = [node.name for node in beyond if rule.known(node.ops)]
    check = judge(source, quantity, total, expected, convention=rule.name)
    if expected is None:
        yield check.replace(note=_unknown(report, rule))
        return
    if left:
        reason = f"its rule does not hold for {in_short(left)}, which it does not see as it is"
        yield unchecked(source, quantity, reason, convention=rule.name, stated=total, computed=expected)
        return
    layers = list(_layers(source, subject, rule, by_path, quantity))
    if check.verdict is Verdict.DISAGREES:
        cause = _cause(report, rule, total, expected, [layer.layer for layer in layers])
        check = check.replace(note=f"{check.note}: {cause}")
    elif note:
        check = check.replace(note=note)
    yield check
    yield from layers


def _unknown(report: Report, rule: CountingRule) -> str:
    """Why a rule has no number for the network."""
    left = report.counted(rule).not_counted
    kinds = ", ".join(dict.fromkeys(kind for one in left for kind in one.why))
    return f"no number is known under this rule for {kinds} ({in_short([one.name for one in left])})"


def in_short(names: Sequence[str]) -> str:
    """The first name, and how many others there are."""
    return names[0] + (f" and {len(names) - 1:,} more" if len(names) > 1 else "")


def _layers(
    source: str, subject: Subject, rule: CountingRule, by_path: Mapping[str, int], quantity: str
) -> Iterator[Check]:
    """The modules whose counts differ, but for those that differ because of another one inside them."""
    differing = {}
    for path, count in by_path.items():
        work = subject.work.get(path)
        expected = rule.count(work * subject.batch) if work is not None else None
        if path and count != (expected or 0):
            differing[path] = (count, expected)
    around = {outer for path in differing for outer in outer_paths(path) if outer != path}
    for path, (count, expected) in differing.items():
        if path in around:
            continue
        check = judge(source, quantity, count, expected, layer=subject.label(path), convention=rule.name)
        yield (
            check
            if path in subject.work
            else check.replace(verdict=Verdict.DISAGREES, note=subject.models.strange)
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
    subject: Subject,
    stated: Mapping[str, int],
    computed: Mapping[str, int],
    *,
    convention: str,
) -> Iterator[Check]:
    """The check of a sum of bytes, then one for each layer that differs. Both are keyed by the paths of modules.

    In somebody's model a weight may be made in one module and used in another, and what is kept of it is laid to either:
    there layers are looked at only where the total differs.
    """
    total = judge(source, quantity, sum(stated.values()), sum(computed.values()), convention=convention)
    by_layer = subject.models.is_built or total.verdict is Verdict.DISAGREES
    layers = [
        judge(
            source,
            quantity,
            stated.get(path, 0),
            computed.get(path, 0),
            layer=subject.label(path),
            convention=convention,
        )
        for path in dict.fromkeys((*computed, *stated))
        if by_layer and stated.get(path, 0) != computed.get(path, 0)
    ]
    if total.verdict is Verdict.DISAGREES and layers:
        first = layers[0]
        amount = difference(first.stated, first.computed)
        total = total.replace(note=f"{total.note}: first in {first.layer}, {amount}")
    yield total
    yield from layers
