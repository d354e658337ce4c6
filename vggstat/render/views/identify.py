"""Which network a model or a file of weights is."""

from __future__ import annotations

from typing import Any

from vggstat.cost.identify import Identification
from vggstat.net.difference import Difference
from vggstat.render.captions import image_words
from vggstat.render.page import Column, Page, Row, Table, Text
from vggstat.render.report_data import SCHEMA

__all__ = ["identification_data", "identification_page"]


def identification_page(found: Identification, subject: str, *, weights: bool) -> Page:
    """The page of ``vggstat identify``. ``weights`` where only tensors were known, and no image was run."""
    parts: list[Any] = [Text(lines=(_sentence(found, subject, weights=weights),))]
    if found.match.differences:
        parts.append(_differences(found))
    notes = []
    if weights:
        notes.append(
            "A file of weights holds no strides, padding, pools, ReLU or dropout: taken as specified."
        )
    if found.untraced:
        notes.append(f"It cannot be traced: {found.untraced}. Only its weights are compared.")
    if len(found.heads) > 1:
        notes.append(f"Heads {', '.join(found.heads)}: cannot be told apart here.")
    return Page(
        title=_network(found) if found.exact else f"nearest: {_network(found)}",
        parts=tuple(parts),
        notes=tuple(notes),
        data=lambda: identification_data(found, subject),
    )


def identification_data(found: Identification, subject: str) -> dict[str, Any]:
    """What ``--format json`` prints."""
    report = found.report
    return {
        "schema": SCHEMA,
        "subject": subject,
        "spec": report.name,
        "title": report.graph.spec.title,
        "exact": found.exact,
        "input": list(report.graph.image),
        "classes": report.graph.classes,
        "heads": list(found.heads),
        "batch_norm": _normed(found),
        "params": report.total.params,
        "untraced": found.untraced or None,
        "differences": [_difference_data(difference) for difference in found.match.differences],
    }


def _difference_data(difference: Difference) -> dict[str, Any]:
    return {"kind": difference.kind, "layer": difference.layer or None, "text": difference.text}


def _normed(found: Identification) -> bool:
    return any(row.kind == "bn" for row in found.report.rows)


def _sentence(found: Identification, subject: str, *, weights: bool) -> str:
    report = found.report
    classes = f"{report.graph.classes:,} classes" if report.graph.classes else "no FC layers"
    words = [classes, f"head {found.heads[0]}", "batch norm" if _normed(found) else "no batch norm"]
    if not weights:
        words.insert(0, image_words(report.graph.image))
    words.append(f"{report.total.params:,} parameters")
    network = _network(found)
    if found.exact:
        return f"{subject} is {network}: {', '.join(words)}."
    count = len(found.match.differences)
    things = "1 difference" if count == 1 else f"{count} differences"
    return f"{subject} is none of the networks that ship. Nearest is {network}, {things}: {', '.join(words)}."


def _network(found: Identification) -> str:
    spec = found.report.graph.spec
    return f"{spec.name} ({spec.title})" if spec.title != spec.name else spec.name


def _differences(found: Identification) -> Table:
    return Table(
        columns=(Column(key="layer", header="layer"), Column(key="difference", header="difference")),
        rows=tuple(
            Row(cells=(difference.layer, difference.text), sign="✗") for difference in found.match.differences
        ),
        name="differences",
        main=True,
    )
