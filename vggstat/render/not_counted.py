"""What totals do not hold, in words: which layers, where these stand, why, and what there is without them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Final, NamedTuple

from vggstat.cost.accounting import find_accounting
from vggstat.cost.counting import Counted, NotCounted, find_counting_rule
from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.units import grouped

__all__ = [
    "counted_of",
    "joined",
    "layers_words",
    "not_counted_notes",
    "some",
    "unknown_words",
    "why_words",
    "work_words",
]

MOST_NAMED: Final = 4
"""Layers that a sentence names."""

NOT_KNOWN: Final = "vggstat does not know what "
"""How a reason begins that tells of memory: an operation follows, and what is not known of it."""

NUMBER: Final = re.compile("[0-9]+")

WORK: Final[Mapping[str, str]] = {"pointwise": "pointwise functions, reductions and copies"}
"""Kinds of work that a sentence calls by other words."""


class _Total(NamedTuple):
    """A total that lacks layers."""

    what: str
    found: Counted
    is_memory: bool

    @property
    def reasons(self) -> Iterator[str]:
        """Kinds of work, or sentences about memory."""
        return (reason for one in self.found.not_counted for reason in one.why)


def some(names: Sequence[str]) -> str:
    """Names joined by commas, the first few of many."""
    rest = len(names) - MOST_NAMED
    return joined(names) if rest <= 0 else f"{', '.join(names[:MOST_NAMED])} and {rest:,} more"


def patterns(names: Sequence[str]) -> list[str]:
    """The names, those as one that differ in numbers alone: ``blocks.*.norm``."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(NUMBER.sub("0", name), []).append(name)
    return [_pattern(alike) for alike in groups.values()]


def _pattern(names: Sequence[str]) -> str:
    """Names that differ in numbers alone, with a star for each number that does."""
    numbers = zip(*map(NUMBER.findall, names), strict=True)
    shown = iter([found[0] if len(set(found)) == 1 else "*" for found in numbers])
    return NUMBER.sub(lambda _: next(shown), names[0])


def joined(words: Sequence[str], sign: str = ", ") -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{sign.join(words[:-1])} and {words[-1]}"


def work_words(kind: str) -> str:
    """A kind of work in a sentence; that of an operation which no kind describes by the operation's own name."""
    return WORK.get(kind, kind.removeprefix("other "))


def counted_of(report: Report, key: str) -> Counted | None:
    """A total by its key among the facts, with what is known of it; None for a run that torch refuses."""
    family, _, name = key.partition(":")
    if family == "operations":
        return report.counted(find_counting_rule(name))
    try:
        return report.memory_counted(find_accounting(name))
    except UsageError:
        return None


def not_counted_notes(report: Report, keys: Iterable[str]) -> Iterator[str]:
    """The layers that totals do not hold, in a sentence for the totals that lack the same ones; nothing for whole totals."""
    groups: dict[tuple[str, ...], list[_Total]] = {}
    for key in dict.fromkeys(keys):
        found = counted_of(report, key)
        if found is not None and found.total is None:
            names = tuple(one.name for one in _layers_of(report.graph, found.not_counted))
            total = _Total(total_words(key), found, is_memory=key.startswith("memory:"))
            groups.setdefault(names, []).append(total)
    for totals in groups.values():
        yield _note(report.graph, totals)


def unknown_words(report: Report, what: str, found: Counted) -> str:
    """Why there is no figure, in sentences: which layers it lacks, where these stand, and what is not known of them."""
    reasons = why_words((), (reason for one in found.not_counted for reason in one.why))
    return f"{what} of {report.name} is not known: {layers_words(report.graph, found.not_counted)}. {reasons}"


def total_words(key: str) -> str:
    """A total by its key among the facts, in a sentence."""
    family, _, name = key.partition(":")
    if family == "memory":
        return name
    if family != "operations":
        return f"{family.replace('_flops', '')} FLOPs"
    return {"macs": "MACs", "flops": "FLOPs"}.get(name, f"operations under {name}")


def _note(graph: Graph, totals: Sequence[_Total]) -> str:
    left = totals[0].found.not_counted
    reasons = why_words(
        [reason for total in totals if not total.is_memory for reason in total.reasons],
        [reason for total in totals if total.is_memory for reason in total.reasons],
    )
    text = (
        f"Not counted in {joined([total.what for total in totals])}: {layers_words(graph, left)}. {reasons}"
    )
    macs = next((total.found.known for total in totals if total.what == "MACs"), None)
    if macs:
        text += f" MACs without {'it' if len(left) == 1 else 'them'}: {grouped(macs)}."
    return text


def layers_words(graph: Graph, left: Sequence[NotCounted]) -> str:
    """Layers with the places where their code stands, those of one place together; the network, where it is none of them."""
    left = _layers_of(graph, left)
    short = _short_sources(graph)
    by_place: dict[str, list[str]] = {}
    for one in left:
        by_place.setdefault(_shortened(one.place, short), []).append(one.name)
    shown = list(by_place.items())[:MOST_NAMED]
    words = [f"{some(patterns(names))}{f' ({place})' if place else ''}" for place, names in shown]
    rest = len(left) - sum(len(names) for _, names in shown)
    which = f"{'; '.join(words)}{f'; and {rest:,} more' if rest else ''}"
    return which if len(left) == 1 else f"{len(left):,} layers, {which}"


def _layers_of(graph: Graph, left: Sequence[NotCounted]) -> Sequence[NotCounted]:
    """Without what is said of the network as a whole, unless that is all."""
    return [one for one in left if one.name != graph.spec.name] or left


def why_words(kinds: Iterable[str], reasons: Iterable[str]) -> str:
    """Kinds of work without a count, and why memory is not known, as sentences: reasons of one kind together."""
    words = [work_words(kind) for kind in dict.fromkeys(kinds)]
    sentences = [f"No count is known for {joined(words)}."] if words else []
    operations: dict[str, list[str]] = {}
    others = []
    for reason in dict.fromkeys(reasons):
        if reason.startswith(NOT_KNOWN):
            operation, _, what = reason.removeprefix(NOT_KNOWN).partition(" ")
            operations.setdefault(what, []).append(operation)
        else:
            others.append(f"{reason}.")
    alike: dict[tuple[str, ...], list[str]] = {}
    for what, names in operations.items():
        alike.setdefault(tuple(names), []).append(what)
    clauses = [f"what {_each(names)} {joined(whats)}" for names, whats in alike.items()]
    if clauses:
        sentences.append(f"vggstat does not know {', nor '.join(clauses)}.")
    return " ".join([*sentences, *others])


def _each(operations: Sequence[str]) -> str:
    return operations[0] if len(operations) == 1 else f"each of {some(operations)}"


def _short_sources(graph: Graph) -> Mapping[str, str]:
    """The files that layers stand in, each by its name alone where no other has the same."""
    sources = {node.place.source for node in graph.nodes}
    names = [PurePath(source).name for source in sources]
    return {source: PurePath(source).name for source in sources if names.count(PurePath(source).name) == 1}


def _shortened(place: str, short: Mapping[str, str]) -> str:
    source, colon, line = place.rpartition(":")
    return f"{short.get(source, source)}{colon}{line}"
