"""Whether K, M and G of a document's counts are powers of 1024, which a single number cannot tell.

They are where the document says so (``M = 2^20``, MiB), or where several counts of different things are right in no
other way, and more of them than are right in units of 1000.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

from vggstat.lint.judge import Judgement, judge
from vggstat.net.spec import Spec

ENOUGH: Final = 2
"""Different counts that do not all agree by chance."""
_ANNOUNCED: Final = re.compile(
    r"\b2\s?(?:\^|\*\*|<sup>)\s?\{?\s?[1-4]0\b|2[¹²³⁴]⁰|\b1024\s?(?:\^|\*\*|<sup>|[²³])|\b1024\s?[*x×]\s?1024\b"
    r"|\b1024[- ]based|\b(?:powers?|units?|multiples) of 1,?024\b|\b[KMG]\s?(?:=|is|means)\s?1,?0(?:24|48,?576)\b"
    r"|\b[KMGT]iB?\b|\b(?:[Kk]i|[Mm]e|[Gg]i|[Tt]e)bi(?:bytes?)?\b"
)


def settle_units(judgements: Iterable[Judgement], text: str, forced: Spec | None) -> list[Judgement]:
    """The judgements, those anew whose counts in units of 1024 the document supports. ``text``: the document's."""
    found = list(judgements)
    if not any(judgement.binary for judgement in found):
        return found
    binary = {count for judgement in found for count in judgement.binary}
    decimal = {count for judgement in found for count in judgement.decimal}
    everywhere = _ANNOUNCED.search(text) is not None or _prevails(binary, decimal)
    return [
        _anew(judgement, forced)
        if judgement.binary and (everywhere or _prevails(judgement.binary, judgement.decimal))
        else judgement
        for judgement in found
    ]


def _prevails(binary: Collection[int], decimal: Collection[int]) -> bool:
    return len(binary) >= ENOUGH and len(binary) > len(decimal)


def _anew(judgement: Judgement, forced: Spec | None) -> Judgement:
    table = judgement.table
    return judge(table.replace(policy=table.policy.replace(binary=True)), forced)
