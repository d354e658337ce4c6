"""What PyTorch Lightning prints before training: a row a module, counts of three digits, the numbers of totals before their
words: ``1.2 M     Trainable params``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, Quantity
from vggstat.lint.readers.engine import Layout
from vggstat.lint.text import Flow

_COUNT: Final = r"\d[\d,]*(?:\.\d+)?(?: ?[KMBT]\b)?"
_ROW: Final = re.compile(
    rf"^ *\d{{1,4}} *\| *(?P<name>[\w.]{{1,80}}) *\| *(?P<type>[A-Z]\w{{1,60}}) *\| *(?P<params>{_COUNT}) *(?:\||$)",
    re.MULTILINE,
)
_TOTALS: Final[dict[str, Quantity]] = {
    "trainable": "trainable_params",
    "non-trainable": "frozen_params",
    "total": "params",
    "size": "param_bytes",
}
_TOTAL: Final = re.compile(
    rf"^ *(?P<value>{_COUNT}) {{2,}}(?:(?P<kind>Trainable|Non-trainable|Total) params|"
    r"Total estimated model params size \((?P<unit>MB)\))",
    re.MULTILINE,
)


def _totals(text: Flow, match: re.Match[str], _end: int) -> Iterator[Cell]:
    kind = match["kind"] or "size"
    label = "params size" if kind == "size" else f"{kind} params"
    yield Cell(
        quantity=_TOTALS[kind.lower()],
        flow=text.group(match, "value"),
        unit=match["unit"] or "",
        label=label,
    )


read: Final = Layout(
    name="lightning",
    row=_ROW,
    total=_TOTAL,
    make_totals=_totals,
    proof=re.compile(r"(?:Trainable|Total) params$", re.MULTILINE),
    least=0,
    family="lightning",
    header=re.compile(r"\| Name +\| Type "),
).read
