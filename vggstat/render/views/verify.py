"""What counters, models and files say beside what vggstat says: a line a figure, each with its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from vggstat.cost.check import Check, Summary, Value, Verdict, Verification, summarize
from vggstat.render.captions import workload_words
from vggstat.render.page import RULE, Column, Named, Page, Part, Row, Table, Text, note
from vggstat.render.report_data import SCHEMA
from vggstat.units import grouped

__all__ = ["verification_data", "verification_page"]

SIGNS: Final = {
    Verdict.AGREES: "✓",
    Verdict.AGREES_UNDER: "✓",
    Verdict.DISAGREES: "✗",
    Verdict.UNCHECKED: "?",
}

QUANTITIES: Final = {
    "output_shape": "output shape",
    "buffers": "running statistics",
    "frozen": "frozen parameters",
    "params": "parameters",
    "operations": "operations, forward",
    "training_operations": "operations, training step",
    "saved_bytes": "bytes kept for backward",
    "inference_peak_bytes": "peak bytes, inference",
    "training_peak_bytes": "peak bytes, training step",
    "fc_as_convolution": "FC layers as convolutions",
    "output_map": "output on a larger image",
    "finite_values": "finite values",
    "softmax_sum": "sum of the softmax",
    "forward_on_gpu": "the same on a GPU",
}
"""Quantities whose name in JSON is not what people call them."""

SOURCES: Final = {"hooks": "forward hooks", "forward": "a real forward pass"}

RULES: Final = {
    "fvcore": "MACs + avgpool",
    "torchinfo": "MACs + biases",
    "macs+bias": "MACs + biases",
    "flops": "2 × MACs",
    "saved": "native_dropout",
    "inference-peak + parameters": "weights included",
    "inference-peak as written + parameters": "as written, with weights",
}
"""Rules in words short enough for a line; others stand under their name."""

SHORT: Final = 20
"""Reasons up to so many characters stand in the place of the figure, longer ones at the end of the line."""

Line = tuple[Check, int]
"""A check, and how many layers of the same verdict it stands for (0 for a figure of the whole network)."""


def verification_page(found: tuple[Verification, ...]) -> Page:
    """The page of ``vggstat verify``: every line of one network, or a line a network."""
    summary = summarize(check for one in found for check in one.checks)
    parts: tuple[Part, ...]
    if len(found) == 1:
        title, aside = _title(found[0]), _setting(found[0])
        parts = (_checks(found[0], main=True),)
    else:
        title, aside = f"{len(found)} networks against {found[0].against}", _where(found[0])
        differing = (one for one in found if not one.agrees)
        parts = (_overview(found), *(_checks(one, title=one.report.name) for one in differing))
    return Page(
        title=title,
        aside=aside,
        parts=(*parts, *_notes(found), Text(lines=(_sentence(summary, found),), close=True)),
        data=lambda: verification_data(found),
    )


def _notes(found: tuple[Verification, ...]) -> tuple[Text, ...]:
    """How the networks were read."""
    notes = tuple(dict.fromkeys(note for one in found for note in one.report.graph.notes))
    return (Text(lines=notes, close=True),) if notes else ()


def verification_data(found: tuple[Verification, ...]) -> dict[str, Any]:
    """What ``--format json`` prints."""
    summary = summarize(check for one in found for check in one.checks)
    return {
        "schema": SCHEMA,
        "specs": [
            {
                "spec": one.report.name,
                "against": one.against,
                "device": one.device or None,
                "versions": dict(one.versions),
                "untraced": one.unseen or None,
                "notes": list(one.report.graph.notes),
                "checks": [_check_data(check) for check in one.checks],
            }
            for one in found
        ],
        "summary": summary._asdict(),
    }


def _check_data(check: Check) -> dict[str, Any]:
    return {
        "source": check.source,
        "quantity": check.quantity,
        "layer": check.layer,
        "stated": _plain(check.stated),
        "computed": _plain(check.computed),
        "convention": check.convention,
        "verdict": check.verdict.value,
        "note": check.note,
    }


def _plain(value: Value) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _title(one: Verification) -> str:
    """What is held against what; where that could not be seen, it comes before all figures."""
    spec = one.report.graph.spec
    named = f"{spec.name} · {spec.title}" if spec.title != spec.name else spec.name
    if one.unseen:
        return f"{one.against} cannot be traced: {one.unseen}. Only its weights are held against {named}"
    return f"{named} against {one.against}"


def _setting(one: Verification) -> str:
    words = workload_words(one.report.graph, one.report.workload)
    return f"{words} · {_where(one)}" if _where(one) else words


def _where(one: Verification) -> str:
    """Where it ran: device and torch."""
    torch = f"torch {one.versions['torch']}" if "torch" in one.versions else ""
    return " · ".join(word for word in (one.device, torch) if word)


def _checks(one: Verification, *, main: bool = False, title: str = "") -> Table:
    """A line a figure. Where no counter ran there are no rules, and what differs is said in words."""
    words = ("counted by", "it says", "vggstat says", "under its rule")
    if one.compares:
        words = ("seen in", "found", "specified", "difference")
    return Table(
        columns=(
            Column(key="quantity", header="layer" if one.compares else "quantity"),
            Column(key="source", header=words[0], priority=5 if one.compares else 0),
            Column(key="stated", header=words[1], align="right", text=_text),
            Column(key="computed", header=words[2], align="right", text=_text),
            Column(key="rule", header=words[3], gap=3),
        ),
        rows=(*(row for check, layers in _lines(one.checks) for row in _rows(check, layers, one)), RULE),
        title=title,
        name=one.report.name,
        main=main,
    )


def _lines(checks: tuple[Check, ...]) -> list[Line]:
    """What is shown: all that differ, the rest by quantity; layers that agree as one line.

    The parameters of layers that agree are left out: totals of the same tensors stand above them.
    """
    agreeing: dict[tuple[str, str], list[Check]] = {}
    for check in checks:
        if check.layer is not None and check.verdict is not Verdict.DISAGREES:
            agreeing.setdefault((check.source, check.quantity), []).append(check)
    lines: list[Line] = []
    for check in checks:
        group = agreeing.get((check.source, check.quantity), [])
        if check.layer is None or check.verdict is Verdict.DISAGREES:
            lines.append((check, 0))
        elif check is group[0] and check.quantity != "params":
            lines.append((check, len(group)))
    sure = [line for line in lines if line[0].verdict is not Verdict.UNCHECKED]
    return sure + _unsure([check for check, _ in lines if check.verdict is Verdict.UNCHECKED])


def _unsure(checks: list[Check]) -> list[Line]:
    """Unchecked figures, sources with the same reason on one line: ``torchinfo, thop   not installed``."""
    sources: dict[tuple[str, str, str], list[Check]] = {}
    for check in checks:
        sources.setdefault((check.quantity, check.note, check.convention), []).append(check)
    return [
        (group[0].replace(source=", ".join(check.source for check in group)), 0) for group in sources.values()
    ]


def _rows(check: Check, layers: int, one: Verification) -> Iterator[Row]:
    """The line of a check; why it is unchecked under it, where that takes more than a few words."""
    row = _row(check, layers, one)
    if check.verdict is not Verdict.UNCHECKED or check.note not in row.cells[-1:]:
        yield row
        return
    *cells, reason = row.cells
    yield row.replace(cells=(*cells, Named(value=reason, text="")))
    yield note(f"  {reason}")


def _row(check: Check, layers: int, one: Verification) -> Row:
    quantity = QUANTITIES.get(check.quantity, check.quantity)
    source = SOURCES.get(check.source, check.source)
    if check.source in one.versions and check.source != "torch":
        source += f" {one.versions[check.source]}"
    sign = SIGNS[check.verdict]
    if layers:
        words = "1 layer" if layers == 1 else f"{layers} layers"
        return Row(
            cells=("layers" if one.compares else f"{quantity}s", source, words, words, _rule(check)),
            sign=sign,
        )
    if check.verdict is Verdict.UNCHECKED and len(check.note) <= SHORT and check.stated is None:
        return Row(cells=(quantity, source, check.note, "", _rule(check)), sign=sign)
    name = quantity if check.layer is None else check.layer if one.compares else f"{check.layer}: {quantity}"
    empty = "" if check.verdict is Verdict.UNCHECKED else None
    stated, computed = (empty if value is None else value for value in (check.stated, check.computed))
    return Row(cells=(name, source, stated, computed, check.note or _rule(check)), sign=sign)


def _rule(check: Check) -> str:
    return RULES.get(check.convention, check.convention.removeprefix("training-peak").lstrip(", "))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.7g}"
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return grouped(value)


def _overview(found: tuple[Verification, ...]) -> Table:
    rows = []
    for one in found:
        summary = one.summary
        sign = "✓" if one.agrees else "✗"
        rows.append(Row(cells=(one.report.name, one.report.graph.spec.title, *summary), sign=sign))
    return Table(
        columns=(
            Column(key="spec", header="spec"),
            Column(key="title", header="network"),
            Column(key="agrees", header="agree", align="right"),
            Column(key="disagrees", header="differ", align="right"),
            Column(key="unchecked", header="unchecked", align="right"),
        ),
        rows=(*rows, RULE),
        name="specs",
        main=True,
    )


def _sentence(summary: Summary, found: tuple[Verification, ...]) -> str:
    agree = "figure agrees" if summary.agrees == 1 else "figures agree"
    differ = "differs" if summary.disagrees == 1 else "differ"
    figures = f"{summary.agrees:,} {agree}, {summary.disagrees:,} {differ}, {summary.unchecked:,} unchecked."
    if any(one.unseen for one in found):
        return f"{figures} These are of weights alone: what the model does with them was not seen."
    if any(one.compares for one in found):
        return f"{figures} Layers are compared by kind, settings and order, not by names."
    return f"{figures} Each to the last digit, under its own tool's rule."
