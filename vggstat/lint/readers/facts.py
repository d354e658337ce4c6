"""Facts about one network that a heading names: ``Params (M): 138.4``, ``- GMACs: 15.5``, ``GFLOPs  30.974``.

Model cards, model zoos and summaries write them as bullets or lines of a name and a value. Only names that can mean
nothing but the whole network are read, and only under a heading that names one network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from vggstat.lint.model import Cell, ClaimTable, Quantity
from vggstat.lint.readers.bounds import find_bound
from vggstat.lint.readers.engine import runs, take
from vggstat.lint.readers.grid_cells import cut_claim, is_formula
from vggstat.lint.readers.headers import find_unit
from vggstat.lint.readers.headings import Headings
from vggstat.lint.text import Flow, Section

MAX_LINE: Final = 160
MAX_GAP: Final = 3
_TOTAL: Final = r"(?:(?:total|model|trainable|learnable|number of|num(?:ber)?|no\.? of|#)[ _]*){0,3}"
_WORDS: Final[dict[Quantity, str]] = {
    "params": (
        rf"{_TOTAL}[KMG]?param(?:eter)?s?(?: count| number)?|parameter count"
        r"|(?:总|模型)?参数(?:量|总量|总数|数量|数|个数)"
        r"|パラメータ(?:数|総数)"
        r"|(?:총 ?)?파라미터 ?수"
        r"|anzahl (?:der )?parameter|parameteranzahl|nombre de paramètres|número de (?:parámetros|parâmetros)"
        r"|число параметров"
    ),
    "ops": (
        r"(?:total |model )?(?:[KMGT]?FLOPs|[KMGT]?MACs?|mult-?adds|multi-?adds|multiply-adds"
        r"|computational (?:cost|complexity)|complexity|compute)"
        r"|计算量|浮点运算(?:量|次数)|計算量|연산량"
    ),
    "param_bytes": (
        r"(?:model|weights?|file|checkpoint|download|parameters?)[ _-]*(?:file[ _-]*)?size|size on disk|disk size"
        r"|weights?(?: file)?|checkpoint"
        r"|模型大小|权重(?:文件)?大小|文件大小|モデルサイズ|모델 ?크기"
    ),
    "values": r"activations?(?: count)?",
    "conv_layers": r"(?:number of |#\s?)?conv(?:olution(?:al)?)?\.? layers|卷积层数",
    "fc_layers": r"(?:number of |#\s?)?(?:fc|fully[- ]connected|dense) layers|全连接层数",
    "weight_layers": r"(?:number of |#\s?)?weight(?:ed)? layers",
}
_FACT: Final = re.compile(
    rf"\W*(?:{'|'.join(f'(?P<{quantity}>{words})' for quantity, words in _WORDS.items())})"
    r"\s*(?:[(\[][^()\[\]]{0,30}[)\]])?\W*",
    re.IGNORECASE,
)
_IMAGE: Final = re.compile(
    r"\W*(?:input|image|resolution|input (?:image )?(?:size|resolution|shape)|image (?:size|resolution)|输入(?:尺寸|大小))\W*",
    re.IGNORECASE,
)
_SIZE: Final = re.compile(r"(?<!\d)\d{2,4}\s?[x*]\s?\d{2,4}(?!\d)")
_LINE: Final = re.compile(
    r"^\s{0,12}(?:[#>/|]{1,3}\s)?(?:[*+-]\s+|\d{1,2}[.)]\s+)?(?P<name>[^\s:=|][^:=|\n]{1,60}?)"
    r"(?:\s*[:=]\s*|\s{2,}|\s+(?=~?\d[\d.,]*\s*$))(?P<value>\S.{0,80})$"
)
_OWN_UNIT: Final = re.compile(r"[KMGTB万亿億만억]|million|billion", re.IGNORECASE)
_BYTES: Final = re.compile(r"\d\s?[KMG]i?B\b", re.IGNORECASE)


class _Fact(NamedTuple):
    """A line's claim, or the size of the image that it gives."""

    cell: Cell | None
    image: str


def read(section: Section) -> Iterator[ClaimTable]:
    """Every list of facts below a heading that names a network."""
    headings = Headings(section)
    for run in runs(section, _read_line, MAX_GAP, lambda *_: False):
        facts = [(index, fact.cell) for index, fact in run if fact.cell is not None]
        owner = headings.owner(facts[0][0]) if facts else ""
        if owner:
            take(section, facts)
            yield ClaimTable(
                dialect="facts",
                form="facts",
                start=section.lines[facts[0][0]].flow,
                totals=tuple(cell for _, cell in facts),
                title=" ".join([owner, *(fact.image for _, fact in run if fact.image)][:2]),
            )


def _read_line(line: Flow) -> _Fact | None:
    match = _LINE.match(line.text) if 4 < len(line) <= MAX_LINE and re.search(r"\d", line.text) else None
    if match is None:
        return None
    image = _SIZE.search(match["value"]) if _IMAGE.fullmatch(match["name"].strip(" *`_")) else None
    cell = find_fact(line.group(match, "name"), line.group(match, "value"))
    return _Fact(cell, image[0] if image else "") if cell or image else None


def find_fact(name: Flow, value: Flow) -> Cell | None:
    """The claim of a name with its value; None where the name may mean something else, or the value is no number."""
    label, value = name.strip(" *`_#"), value.strip(" *`_$|")
    quantity = _quantity(label.text, value.text)
    claim = cut_claim(value) if quantity else None
    if quantity is None or claim is None or (is_formula(claim) and "=" not in claim.text):
        return None
    unit = find_unit(label.text) or _leading_unit(label.text)
    if quantity in ("ops", "values") and not unit and re.fullmatch(r"[\d.,]{1,7}", claim.text):
        return None
    if quantity.endswith("_layers") and not re.fullmatch(r"\d{1,3}", claim.text):
        return None
    return Cell(
        quantity=quantity,
        flow=claim,
        unit="" if _OWN_UNIT.search(claim.text) else unit,
        label=label.text,
        hedge="~" in claim.text,
        bound=find_bound(value.text[:2].rstrip(" ~0123456789")),
    )


def _quantity(label: str, value: str) -> Quantity | None:
    """What a name says that its value is. A size in bytes needs a unit: without one it may be anything's."""
    match = _FACT.fullmatch(label)
    quantity = next((name for name in _WORDS if match and match[name]), None)
    if quantity not in ("params", "param_bytes"):
        return quantity
    unit = find_unit(label) or _leading_unit(label)
    if _BYTES.search(value) or unit.upper() in ("MB", "GB", "MIB"):
        return "param_bytes"
    return "params" if quantity == "params" else None


def _leading_unit(text: str) -> str:
    """The letter before a quantity's own name: ``GMACs``, ``MParams``."""
    match = re.match(r"\W*([KMGT])(?:FLOPs|MACs?|Params?)", text, re.IGNORECASE)
    return match[1].upper() if match else ""
