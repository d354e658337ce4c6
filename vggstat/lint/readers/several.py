"""Several networks in a sentence with a number each: right after its name, or as many numbers as there are names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from vggstat.lint.names import Name

CHANGED: Final = re.compile(
    r"prun|compress|reduc|fewer|smaller than|times (?:more|less|fewer)|quantiz|distill|sav(?:e|ing)"
    r"|instead of|removed|only \d+% |%\s?of|per layer|each layer"
    r"|剪枝|压缩|減少|减少|축소"
    r"|ratio|speed-?up|per second|/s\b|GFLOPS/W|(?<![a-z])TFLOPS?\b|TFLOP/s",
    re.IGNORECASE,
)
"""Words of a sentence in which a number may be of a network made smaller, or no whole one's."""
_MILLIONS: Final = (
    r"(?:M(?![A-Za-z])|Mio\.?(?![A-Za-z])|million(?:s|en)?\b|millones\b|milh[õo]es\b|млн\.?|М\b)"
)
_ITEM: Final = re.compile(
    r"\s?(?:параметров\s|params?\s|parameters\s)?(?:[:=(-]|has|have|is|with|hat|a|tiene|tem|有|约|为)?\s?"
    rf"(?P<claim>\d{{1,3}}(?:,\d{{3}}){{2,3}}|~?\d[\d.,]*\d?\s?{_MILLIONS})\)?"
    r"(?=\s*(?:[,;/&|)]|and\b|und\b|y\b|e\b|и\b|和|$|\.\s|\.$|param|парам))",
    re.IGNORECASE,
)
"""A count right after a name, where others follow."""
_EACH: Final = re.compile(
    r"\brespectively\b|\bresp\.|分别|分別|それぞれ|각각|\bjeweils\b|соответственно|respectivamente|respectivement",
    re.IGNORECASE,
)
_AND: Final = r"(?:\s?[,/、，]\s?(?:and |und |и )?|\s?(?:&|and|und|et|y|e|и|和|与|と|와|과)\s?)"
_IN_A_ROW: Final = re.compile(
    rf"(?<![\w.])(?:~?\d[\d.,]*\s?(?:[KMG]|million)?{_AND}){{1,7}}~?\d[\d.,]*"
    rf"(?:\s?(?P<unit>[KMG](?=[\s-]|FLOP|MAC)|{_MILLIONS}|billion|亿|万|억|만))?[\s-]?(?:trainable )?"
    r"(?P<noun>params?\b|parameters?\b|paramètres|parámetros|Parameter|параметров|FLOPs?|MACs?|个?参数|パラメータ|파라미터)",
)
"""Counts in a row, with the unit and the noun of the last: ``4.1 and 7.8 GFLOPs``."""
_ONE: Final = re.compile(r"~?\d(?:[\d.,]*\d)?(?:\s?(?:[KMG](?![A-Za-z])|million))?")
_COUNTED: Final = re.compile(
    r"\bparam(?:eter)?s?\b|paramètres|par[áâ]metros|параметр|参数|パラメータ|파라미터", re.IGNORECASE
)
_COUNTS_ELSE: Final = re.compile(
    r"flops?|macs?\b|mult-?adds|\bMi?B\b|images|samples|activations", re.IGNORECASE
)
"""Nouns of a sentence in which a count after a name may be of something else."""
LEAST_ITEMS: Final = 2


def listed(text: str, names: list[Name]) -> Iterator[tuple[Name, re.Match[str], str]]:
    """Counts right after the names of several networks, with the noun of their sentence:
    ``ResNet-50 25.6M, VGG-16 138M parameters``."""
    found = [(name, match) for name in names if (match := _ITEM.match(text, name.end))]
    for name, match in found if len(found) >= LEAST_ITEMS else ():
        sentence = sentence_around(text, match.start(), match.end())
        noun = _COUNTED.search(sentence) or _COUNTED.search(text[: names[0].start])
        if noun and not _COUNTS_ELSE.search(sentence) and not CHANGED.search(sentence):
            yield name, match, noun[0]


def paired(text: str, names: Sequence[Name]) -> Iterator[tuple[Name, re.Match[str], str, str]]:
    """As many counts in a row as there are names: each with its name, and with the unit and the noun of them all."""
    row = _IN_A_ROW.search(text) if len(names) > 1 and _EACH.search(text) else None
    if row is None or CHANGED.search(text):
        return
    counts = list(_ONE.finditer(text, row.start(), row.start("noun")))
    before = [name for name in names if name.end <= row.start()]
    joined = (re.fullmatch(_AND, text[one.end : two.start]) for one, two in pairwise(before))
    if len(before) == len(counts) and all(joined):
        for name, count in zip(before, counts, strict=True):
            yield name, count, row["unit"] or "", row["noun"]


_END: Final = re.compile(r"(?<!Mio)(?<!Mrd)(?<!млн)[.!?;。；](?:\s|$)")


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence around a claim."""
    first = max((m.end() for m in _END.finditer(text[:start])), default=0)
    after = _END.search(text[end:])
    return text[first : end + after.start() if after else len(text)]
