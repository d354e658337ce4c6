"""Facts about one network that a heading names: ``Params (M): 138.4``, ``- GMACs: 15.5``, ``GFLOPs  30.974``.

Model cards, model zoos and summaries write them as bullets or lines of a name and a value. Only names that can mean
nothing but the whole network are read, and only under a heading that names one network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity
from vggstat.lint.readers.bounds import find_bound
from vggstat.lint.readers.grid_cells import cut_claim, is_formula
from vggstat.lint.readers.headers import find_unit
from vggstat.lint.readers.headings import Headings
from vggstat.lint.text import Flow, Section

__all__ = ["find_fact", "read"]

MAX_LINE: Final = 160
MAX_GAP: Final = 3
_TOTAL: Final = r"(?:(?:total|model|trainable|learnable|number of|num(?:ber)?|no\.? of|#)[ _]*){0,3}"
_WORDS: Final[tuple[tuple[Quantity, str], ...]] = (
    (
        "params",
        rf"{_TOTAL}[KMG]?param(?:eter)?s?(?: count| number)?|parameter count"
        r"|(?:总|模型)?参数(?:量|总量|总数|数量|数|个数)"
        r"|パラメータ(?:数|総数)"
        r"|(?:총 ?)?파라미터 ?수"
        r"|anzahl (?:der )?parameter|parameteranzahl|nombre de paramètres|número de (?:parámetros|parâmetros)"
        r"|число параметров",
    ),
    (
        "ops",
        r"(?:total |model )?(?:[KMGT]?FLOPs|[KMGT]?MACs?|mult-?adds|multi-?adds|multiply-adds"
        r"|computational (?:cost|complexity)|complexity|compute)"
        r"|计算量|浮点运算(?:量|次数)|計算量|연산량",
    ),
    (
        "param_bytes",
        r"(?:model|weights?|file|checkpoint|download|parameters?)[ _-]*(?:file[ _-]*)?size|size on disk|disk size"
        r"|weights?(?: file)?|checkpoint"
        r"|模型大小|权重(?:文件)?大小|文件大小|モデルサイズ|모델 ?크기",
    ),
    ("values", r"activations?(?: count)?"),
    ("conv_layers", r"(?:number of |#\s?)?conv(?:olution(?:al)?)?\.? layers|卷积层数"),
    ("fc_layers", r"(?:number of |#\s?)?(?:fc|fully[- ]connected|dense) layers|全连接层数"),
    ("weight_layers", r"(?:number of |#\s?)?weight(?:ed)? layers"),
)
_FACTS: Final = tuple(
    (quantity, re.compile(rf"\W*(?:{words})\s*(?:[(\[][^()\[\]]{{0,30}}[)\]])?\W*", re.IGNORECASE))
    for quantity, words in _WORDS
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
_BYTES: Final = re.compile(r"\d\s?[KMG]i?B\b", re.IGNORECASE)


def read(section: Section) -> Iterator[ClaimTable]:
    """Every list of facts below a heading that names a network."""
    found: list[tuple[int, Cell]] = []
    headings: Headings | None = None
    image = ""
    for index in [*section.free(), len(section.lines) + MAX_GAP + 1]:
        inside = index < len(section.lines)
        match = _LINE.match(section.lines[index].text) if inside and _is_short(section, index) else None
        if found and index - found[-1][0] > MAX_GAP:
            headings = headings or Headings(section)
            yield from _table(section, found, headings, image)
            found, image = [], ""
        if match is None:
            continue
        line = section.lines[index].flow
        if _IMAGE.fullmatch(match["name"].strip(" *`_")) and (size := _SIZE.search(match["value"])):
            image = size[0]
        cell = find_fact(line.group(match, "name"), line.group(match, "value"))
        if cell is not None:
            found.append((index, cell))


def _is_short(section: Section, index: int) -> bool:
    text = section.lines[index].text
    return 4 < len(text) <= MAX_LINE and re.search(r"\d", text) is not None


def _table(
    section: Section, found: list[tuple[int, Cell]], headings: Headings, image: str
) -> Iterator[ClaimTable]:
    owner = headings.owner(found[0][0])
    if not owner:
        return
    for index, _ in found:
        section.take(index, index + 1)
    yield ClaimTable(
        dialect="facts",
        form="facts",
        start=section.lines[found[0][0]].flow,
        totals=tuple(cell for _, cell in found),
        title=f"{owner} {image}".strip(),
    )


def find_fact(name: Flow, value: Flow) -> Cell | None:
    """The claim of a name with its value; None where the name may mean something else, or the value is no number."""
    label = name.strip(" *`_#")
    quantity = next((known for known, words in _FACTS if words.fullmatch(label.text)), None)
    if quantity is None:
        return None
    claim = cut_claim(value.strip(" *`_$|"))
    if claim is None or (is_formula(claim) and "=" not in claim.text):
        return None
    unit = find_unit(label.text) or _leading_unit(label.text)
    if quantity in ("params", "param_bytes") and (
        _BYTES.search(value.text) or unit.upper() in ("MB", "GB", "MIB")
    ):
        quantity = "param_bytes"
    elif quantity == "param_bytes":
        return None  # a size without a unit of bytes may be anything's
    if quantity in ("ops", "values") and not unit and re.fullmatch(r"[\d.,]{1,7}", claim.text):
        return None
    if quantity.endswith("_layers") and not re.fullmatch(r"\d{1,3}", claim.text):
        return None
    if re.search(r"[KMGTB万亿億만억]|million|billion", claim.text, re.IGNORECASE):
        unit = ""
    bound = find_bound(value.text.strip(" *`_$|")[:2].rstrip(" ~0123456789"))
    return Cell(
        quantity=quantity, flow=claim, unit=unit, label=label.text, hedge="~" in claim.text, bound=bound
    )


def _leading_unit(text: str) -> str:
    """The letter before a quantity's own name: ``GMACs``, ``MParams``."""
    match = re.match(r"\W*([KMGT])(?:FLOPs|MACs?|Params?)", text, re.IGNORECASE)
    return match[1].upper() if match else ""
