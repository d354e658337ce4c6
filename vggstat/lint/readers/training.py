"""What training is said to take: ``VGG-16 with Adam at batch 32 needs 2 GB``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, Row
from vggstat.lint.names import Name
from vggstat.lint.text import Flow

_OPTIMIZER: Final = re.compile(r"\b(?P<name>AdamW?|(?:SGD with |Nesterov )?momentum|SGD)\b", re.IGNORECASE)
_TAKES: Final = re.compile(
    r"\b(?:needs?|takes?|requires?|uses?|fits? (?:in(?:to)?|on)|occup(?:y|ies))\s(?:only |about |around |at least |roughly )?"
    r"(?P<claim>\d{1,4}(?:\.\d{1,3})?\s?[GM]i?B)\b",
    re.IGNORECASE,
)
_OTHERWISE: Final = re.compile(
    r"fp16|bf16|float16|half|mixed|amp\b|8[- ]?bit|quanti|checkpoint|recomput"
    r"|fr[eo]ez|frozen|lora|fine-?tun|last layers?|head only|more|extra",
    re.IGNORECASE,
)
"""Words of training that keeps less, or of a difference."""


def training_claims(line: Flow, text: str, names: list[Name]) -> Iterator[Row]:
    """A row for a sentence that names one network, its optimizer and the memory that training takes."""
    optimizer, takes = _OPTIMIZER.search(text), _TAKES.search(text)
    if (
        optimizer is None
        or takes is None
        or len({name.spec for name in names}) != 1
        or _OTHERWISE.search(text)
    ):
        return
    if names[0].end > takes.start():
        return
    cell = Cell(
        quantity="training_bytes",
        flow=line.group(takes, "claim"),
        label=optimizer["name"].lower(),
        alone=True,
    )
    yield Row(kind="network", name=names[0].text, flow=line, cells=(cell,))
