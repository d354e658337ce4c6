"""Which of the looks in ``theme`` a layer has, and what the legend calls it."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.cost.report import Report, Row
from vggstat.render.draw.stages import closes_with_softmax
from vggstat.render.parts import JOINS

__all__ = ["kind_of", "kinds_in", "legend_words"]

_OWN_LOOK = {
    "input": "input",
    "conv": "conv",
    "upconv": "conv",
    "pool": "pool",
    "avgpool": "pool",
    "fc": "fc",
}
_WORDS = {"input": "image", "conv": "convolution", "pool": "pooling", "fc": "FC layer"}


def kind_of(row: Row) -> str:
    """The look of a layer: of its own for the kinds that make a map, ``sheet`` for those that keep it."""
    return _OWN_LOOK.get(row.kind, "sheet")


def kinds_in(reports: Sequence[Report], *, softmax: bool = False) -> tuple[str, ...]:
    """The looks that occur, in the order of the legend. ``softmax``: where one that closes is drawn as well."""
    found = {kind_of(row) for report in reports for row in report.rows}
    if softmax and any(map(closes_with_softmax, reports)):
        found.add("sheet")
    return tuple(kind for kind in (*_WORDS, "sheet") if kind in found)


def legend_words(kind: str, reports: Sequence[Report], *, softmax: bool = False) -> str:
    """What a look stands for."""
    if kind != "sheet":
        return _WORDS[kind]
    rows = [row for report in reports for row in report.rows if kind_of(row) == "sheet"]
    keeping = dict.fromkeys(
        row.label for row in rows if row.kind not in JOINS and row.in_shape == row.output_shape
    )
    others = dict.fromkeys(row.label for row in rows if row.label not in keeping)
    if softmax and any(map(closes_with_softmax, reports)):
        keeping["soft-max"] = None
    words = [f"{', '.join(keeping)} (keeps the shape)"] if keeping else []
    return "; ".join([*words, *([", ".join(others)] if others else [])])
