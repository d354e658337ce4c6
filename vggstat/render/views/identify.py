"""Which network a model or a file of weights is, and what it is by its own figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from vggstat.cost.identify import Identification, Subject
from vggstat.cost.report import Report
from vggstat.net.difference import Difference
from vggstat.net.unordered import NEAR
from vggstat.render.captions import image_words
from vggstat.render.page import Column, Page, Row, Table, Text
from vggstat.render.report_data import SCHEMA

__all__ = ["identification_data", "identification_page"]

SHOWN: Final = 8
"""Differences that a page has room for; JSON has all."""

UNSEEN: Final = (
    "Shapes are compared, not values. What weights do not show was not compared: the way from layer to layer, ReLU, strides, "
    "padding, pools, dropout."
)


def identification_page(found: Identification) -> Page:
    """The page of ``vggstat identify``."""
    rows = list(_grouped(found.differences))
    parts: list[Any] = [Text(lines=tuple(_sentences(found)))]
    if rows:
        parts.append(_differences(rows[:SHOWN]))
    return Page(
        title=_title(found),
        parts=tuple(parts),
        notes=tuple(_notes(found, len(rows))),
        data=lambda: identification_data(found),
    )


def identification_data(found: Identification) -> dict[str, Any]:
    """What ``--format json`` prints: what was given under ``subject``, the nearest network under ``network``."""
    return {
        "schema": SCHEMA,
        "verdict": _verdict(found),
        "exact": found.exact,
        "subject": _subject_data(found.subject),
        "network": None if found.report is None else _network_data(found, found.report),
        "differences": [_difference_data(difference) for difference in found.differences],
    }


def _verdict(found: Identification) -> str:
    if found.subject.untraced:
        return "untraced"
    if found.agrees:
        return "exact" if found.exact else "same-weights"
    return "near" if found.is_near else "none"


def _subject_data(subject: Subject) -> dict[str, Any]:
    return {
        "name": subject.name,
        "compared": subject.compared,
        "untraced": subject.untraced or None,
        "parameters": subject.parameters,
        "layers": subject.layers.weighted,
        "convolutions": subject.layers.convolutions,
        "fully_connected": subject.layers.fully_connected,
        "norms": subject.layers.norms,
        "other_layers": subject.layers.others,
        "part": subject.part or None,
        "other_parts": list(subject.parts),
        "tied": [list(names) for names in subject.tied],
        "remarks": list(subject.remarks),
    }


def _network_data(found: Identification, report: Report) -> dict[str, Any]:
    return {
        "spec": report.name,
        "variant": found.variant or report.name,
        "title": report.graph.spec.title,
        "parameters": report.total.params,
        "layers": report.weight_layers + report.shortcut_layers,
        "layers_in_common": found.agreement.weighted,
        "layers_of_the_larger": found.agreement.of,
        "input": list(report.graph.image),
        "classes": report.graph.classes,
        "heads": list(found.heads),
        "batch_norm": _normed(report),
        "also": list(found.twins),
    }


def _difference_data(difference: Difference) -> dict[str, Any]:
    return {"kind": difference.kind, "layer": difference.layer or None, "text": difference.text}


def _normed(report: Report) -> bool:
    return any(row.kind == "bn" for row in report.rows)


def _title(found: Identification) -> str:
    subject = found.subject
    if subject.untraced:
        return f"{subject.name} cannot be traced: {subject.untraced}"
    if found.agrees:
        return f"{subject.name}{' is' if found.exact else ': its weights are those of'} {_networks(found)}"
    return f"{subject.name} is none of the networks that ship{_nearest(found)}"


def _nearest(found: Identification) -> str:
    """What is nearest, or why nothing is near."""
    subject, agreed = found.subject, found.agreement
    if found.is_near:
        return f"; nearest is {_networks(found)}: {_share(found)}"
    own = f"it has {_count(subject.layers.weighted, 'weight layer')} and {subject.parameters:,} parameters"
    if found.report is None:
        return f", and none of them runs on its images: {own}"
    if agreed.share >= NEAR:
        return (
            f": {agreed.weighted} of {_count(agreed.of, 'weight layer')} have the shapes of {_network(found.report)}'s, "
            "but too much else differs: norms, biases, or vectors whose names do not say what they are"
        )
    be = "is" if agreed.weighted == 1 else "are"
    if not agreed.weighted:
        return f", nor near one: {own}; none of these layers is in any of them"
    return f", nor near one: {own}; {agreed.weighted} of these layers {be} in {_network(found.report)}, the nearest"


def _share(found: Identification) -> str:
    agreed = found.agreement
    if agreed.weighted < agreed.of:
        return f"{agreed.weighted} of {agreed.of} weight layers agree"
    count = len(found.differences)
    return f"all {agreed.of} weight layers agree, but {_count(count, 'thing')} {'differs' if count == 1 else 'differ'}"


def _sentences(found: Identification) -> Iterator[str]:
    """What was given, by its own figures first; then the network."""
    subject, report = found.subject, found.report
    words = ("convolution", "FC layer", "norm", "layer of other kinds")
    layers = ", ".join(
        _count(number, word) for number, word in zip(subject.layers, words, strict=True) if number
    )
    yield f"It has {subject.parameters:,} parameters: {layers or 'no layers with weights'}."
    if report is None or not found.is_near:
        return
    if subject.untraced:
        agrees = f"those of {_networks(found)}"
        near = f"nearest to those of {_networks(found)}: {_share(found)}"
        yield f"Its weights are {agrees if found.agrees else near}. What it does with them was not seen."
    yield f"{report.name}: {', '.join(_network_words(found, report))}."


def _network_words(found: Identification, report: Report) -> Iterator[str]:
    if found.subject.compared == "structure":
        yield image_words(report.graph.image)
    yield f"{report.graph.classes:,} classes" if report.graph.classes else "no FC layers"
    yield f"head {found.heads[0]}"
    yield "batch norm" if _normed(report) else "no batch norm"
    yield f"{report.total.params:,} parameters"


def _count(number: int, word: str) -> str:
    plural = word.replace("layer ", "layers ") if "layer " in word else f"{word}s"
    return f"{number:,} {word if number == 1 else plural}"


def _notes(found: Identification, rows: int) -> Iterator[str]:
    subject = found.subject
    if rows > SHOWN:
        yield f"And {_count(rows - SHOWN, 'more difference')}: --format json has all."
    if subject.part:
        yield f"Read from {subject.part} in the file."
    if subject.parts:
        yield f"There are weights in {', '.join(subject.parts)} too: --key takes them."
    yield from (remark if remark.endswith(".") else f"{remark}." for remark in subject.remarks)
    if subject.compared == "weights" and found.is_near:
        yield UNSEEN
    if len(found.heads) > 1:
        yield f"Heads {', '.join(found.heads)}: cannot be told apart here."


def _networks(found: Identification) -> str:
    """The nearest network, and those that are as near."""
    assert found.report is not None
    own = _network(found.report).replace(found.report.name, found.variant, 1)
    return (" and " if found.agrees else " or ").join((own, *found.twins))


def _network(report: Report) -> str:
    spec = report.graph.spec
    return f"{spec.name} ({spec.title})" if spec.title != spec.name else spec.name


def _grouped(differences: Iterable[Difference]) -> Iterator[Difference]:
    """The differences, those of one sort as one that says how many there are."""
    groups: dict[tuple[str, str], list[Difference]] = {}
    for difference in differences:
        groups.setdefault((difference.kind, difference.text.partition(" after ")[0]), []).append(difference)
    for first, *others in groups.values():
        more = f" (and {_count(len(others), 'layer')} more)" if others else ""
        yield first.replace(text=f"{first.text}{more}")


def _differences(differences: Iterable[Difference]) -> Table:
    return Table(
        columns=(Column(key="layer", header="layer"), Column(key="difference", header="difference")),
        rows=tuple(Row(cells=(difference.layer, difference.text), sign="✗") for difference in differences),
        name="differences",
        main=True,
    )
