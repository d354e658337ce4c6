"""The lines below a listing that tools print: ``Total params: 138,357,544 (527.79 MB)``, ``Params size (MB): 527.79``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, Quantity
from vggstat.lint.text import Flow

_WORDS: Final[dict[Quantity, str]] = {
    "frozen_params": r"(?:non-?trainable|frozen)\s{0,3}param(?:eter)?s?",
    "trainable_params": r"(?<!non-)trainable\s{0,3}param(?:eter)?s?",
    "params": r"total\s{1,3}param(?:eter)?s?|unique\s{1,3}parameters\s{1,3}in\s{1,3}model",
    "ops": r"total\s{1,3}mult-?adds?",
    "input_bytes": r"input\s{1,3}size",
    "pass_bytes": r"forward/backward\s{1,3}pass\s{1,3}size",
    "param_bytes": r"params?\s{1,3}size",
    "total_bytes": r"estimated\s{1,3}total\s{1,3}size",
}
"""What stands before the number. No quantity's words are the beginning of another's with what follows them."""
_BYTES_OF: Final[dict[Quantity, Quantity]] = {
    "params": "param_bytes",
    "trainable_params": "trainable_bytes",
    "frozen_params": "frozen_bytes",
}
"""What a size in brackets after the number is."""
TOTAL: Final = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _WORDS.items())}|optimizer\s{{1,3}}params?)"
    r"\s{0,3}(?:\((?P<unit>[\w.]{1,24})\))?\s{0,3}[:|]\s{0,40}(?P<value>\d[\d,.']*)(?P<own>\s?[KMGT]i?B?\b)?"
    r"(?:\s{0,3}\((?P<size>[\d.,]{1,16}\s?[KMGT]?i?B)\))?",
    re.IGNORECASE,
)
"""A total. That of an optimizer's own values claims nothing."""


def read_total(flow: Flow, match: re.Match[str], _end: int) -> Iterator[Cell]:
    """The claims of a total that ``TOTAL`` found: its number, and the size in brackets after it."""
    quantity = next((name for name in _WORDS if match[name]), None)
    if quantity is None:
        return
    label = " ".join(match[quantity].split())
    claim = flow.cut(match.start("value"), match.end("own" if match["own"] else "value")).strip(" ,.")
    yield Cell(quantity=quantity, flow=claim, unit=_unit(quantity, match), label=label)
    if match["size"] and quantity in _BYTES_OF:
        yield Cell(quantity=_BYTES_OF[quantity], flow=flow.group(match, "size"), label=label)


def _unit(quantity: Quantity, match: re.Match[str]) -> str:
    """The unit in brackets; ``Units.GIGABYTES`` and ``GB`` before operations mean G, and a bare size is in MB."""
    if quantity == "ops" and match["unit"]:
        letter = match["unit"].lower().removeprefix("units.")[0].upper()
        return letter if letter in "KMGT" else ""
    megabytes = quantity.endswith("_bytes") and not match["own"]
    return match["unit"] or ("MB" if megabytes else "")
