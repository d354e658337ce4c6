"""Words and signs that make a number a bound: ``more than 130 million``, ``<600MB``, ``1亿以上``."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.model import Bound

_MORE: Final = re.compile(
    r"(?:>=?|≥|\bover|\babove|\bbeyond|\bmore than|\bat least|\bgreater than|\bexceed(?:s|ing)?|\bupwards of"
    r"|\büber|\bmehr als|\bmindestens|\bplus de|\bau moins|\bmás de|\bmais de|\bpiù di|\boltre|\bhơn"
    r"|\bболее|\bбольше|\bсвыше"
    r"|超过|超過|大于|逾|至少)(?: the)?\s{0,2}\$?$",
    re.IGNORECASE,
)
_LESS: Final = re.compile(
    r"(?:<=?|≤|\bunder|\bbelow|\bless than|\bfewer than|\bat most|\bup to"
    r"|\bunter|\bweniger als|\bhöchstens|\bmoins de|\bmenos de|\bmeno di|\bменее|\bменьше"
    r"|少于|低于|不到|小于|不超过)\s{0,2}\$?$",
    re.IGNORECASE,
)
_MORE_AFTER: Final = re.compile(r"\s?(?:个|個|の|개)?\s?(?:以上|を超え|이상|\+(?!\s?\d)|or more\b)")
_LESS_AFTER: Final = re.compile(
    r"\s?(?:个|個|の|개)?\s?(?:以下|未満|未满|以内|이하|미만|or less\b|or fewer\b)"
)
REACH: Final = 24
"""Characters before a number in which the word stands."""


def find_bound(before: str, after: str = "") -> Bound:
    """What the text right before and right after a number makes of it; empty where it is no bound."""
    near = before[-REACH:]
    if _LESS.search(near) or _LESS_AFTER.match(after):
        return "less"
    if _MORE.search(near) or _MORE_AFTER.match(after):
        return "more"
    return ""
