"""Words for operations: whether a label means FLOPs or multiply-accumulates, and which a rule counts."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_FLOPS: Final = re.compile(r"FL ?OPs?\b|flop|floating|ops?/s|浮点|浮動小数点|연산량", re.IGNORECASE)
_TOOLS: Final = re.compile(r"\b(?:pt|cal|torch)flops(?:-modules)?\b|\bflopth\b", re.IGNORECASE)
"""Tools that have the word in their name, whatever they count."""
_MACS: Final = re.compile(
    r"\bG?M?MACs?\b|multi?-?adds?|mult-?add|madds?|multiply|MACC|MAdd|乘加|積和", re.IGNORECASE
)
USUAL: Final = ("macs", "flops", "macs+bias", "torchinfo")
"""Rules that documents follow most, the likeliest first."""
CLOSE: Final = 0.03
"""How far counts of operations are apart that count a little more or less: biases, activations, pools."""


@cache
def counts_macs(rule: str) -> bool:
    """Whether the rule of that name takes a multiply-accumulate for one operation."""
    from vggstat.cost.counting import find_counting_rule

    return find_counting_rule(rule).weights.get("conv_macs") == 1


def says_flops(words: str) -> bool:
    """Whether the words call it FLOPs, and not MACs."""
    return _FLOPS.search(_TOOLS.sub(" ", words)) is not None and _MACS.search(words) is None


def says_macs(words: str) -> bool:
    """Whether the words call it multiply-accumulates."""
    return _MACS.search(words) is not None
