"""The memory accounting that a listing names itself: ``/ image (netscope)``, ``values, saved-compiled``."""

from __future__ import annotations

import re
from typing import Final

_TOTAL: Final = re.compile(r"/ (?:image|\d+ images) \((?P<name>[a-z][a-z0-9-]*)\)")
_HEADING: Final = re.compile(r"\b(?:memory|values)\b\W*(?:\(values\b)?[\W_]*(?P<name>[a-z][a-z0-9-]*)\)?\s*$")


def accounting_of_total(text: str) -> str:
    """The name of an accounting in the line of a total; empty for none."""
    return _known(_TOTAL.search(text))


def accounting_in_heading(text: str) -> str:
    """The name of an accounting at the end of a column's heading; empty for none."""
    return _known(_HEADING.search(text.replace("_", " ")))


def _known(match: re.Match[str] | None) -> str:
    if match is None:
        return ""
    from vggstat.cost.accounting import ACCOUNTINGS

    return next((rule.name for rule in ACCOUNTINGS if rule.name == match["name"]), "")
