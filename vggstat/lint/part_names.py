"""Names of the parts of a network: ``conv layers``, ``Block 3``, ``classifier``, ``Total``."""

from __future__ import annotations

import re
from typing import Final

from vggstat.cost.facts import NETWORK, Scope
from vggstat.net.layer_names import plain_name

_PARTS: Final = (
    (
        Scope("trunk"),
        r"(?:all_)?conv(?:olution(?:al|s)?)?(?:_(?:layers?|parts?|base|blocks?|trunk|body))?(?:_total)?|features?|feature_extractor|trunk"
        r"|backbone|卷积层?(?:合计)?|畳み込み層?|합성곱_?층?",
    ),
    (
        Scope("head"),
        r"(?:all_)?(?:fc|fully_connected|dense|linear)(?:_(?:layers?|part|head))?(?:_total)?|classifier|head|全连接层?(?:合计)?"
        r"|全結合層?|완전_?연결_?층?",
    ),
    (NETWORK, r"(?:grand_)?total|sum|whole_network|all(?:_layers)?|合计|总计|総計|合計|합계"),
)
_BLOCK: Final = re.compile(r"(?:conv_?)?(?:block|stage|group)_?(\d)|conv(\d)(?:_x)?")


_ONE: Final = re.compile(r"conv(?:olution(?:al)?)?")
"""What may be the name of a single layer too."""


def is_trunk(words: str) -> bool:
    """Whether a row's name means all conv layers together, and can be no single one's."""
    return find_part(words) == Scope("trunk") and _ONE.fullmatch(plain_name(words)) is None


def find_part(words: str) -> Scope | None:
    """The part that a row's name means; None for a layer's name, and for any other."""
    name = plain_name(words)
    block = _BLOCK.fullmatch(name)
    if block:
        return Scope("block", f"block{block[1] or block[2]}")
    return next((scope for scope, pattern in _PARTS if re.fullmatch(pattern, name)), None)
