"""Break-downs: a layer and its number on a line, ``conv3-64 x 2 : 38,720``, with or without its product.

In several lines, as bullets, or run together on one line, with ``:``, ``=`` or an arrow between, in any language
that layers are named in. There is no header: what the numbers are is said on the lines themselves or before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vggstat.lint.model import Cell, ClaimTable, Group, Quantity, Row
from vggstat.lint.readers.engine import runs, take, without
from vggstat.lint.readers.grid_blocks import summed_rows
from vggstat.lint.readers.grid_cells import cut_claim, is_formula
from vggstat.lint.readers.headers import is_total, read_header
from vggstat.lint.readers.layer_words import attributes, find_kind, find_repeats
from vggstat.lint.readers.listing import SHAPE
from vggstat.lint.text import Flow, Section

MAX_LINE: Final = 2_000
MAX_NAME: Final = 70
MAX_GAP: Final = 3
LEAST: Final = 3
"""Layers with numbers that make a break-down."""
_PREFIX: Final = re.compile(
    r"(?:\s|[>#/|]|[*+-]\s|\d{1,2}[.)]\s|\"|print(?:ln!?|f)?\(\"?)*(?:(?:layer|第)\s?\d{1,2}\s?层?\s?[:.-]\s)?",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\s*(?::|->|=>|→|⇒)\s*|\s+=\s+|\s{2,}|\s-\s")
_NAME: Final = (
    r"(?:(?:block\s?\d[_ ]?)?conv(?:olution)?[-_ ]?\d[\w.-]*|fc[-_ ]?\d\w*|total"
    r"|卷积层?\s?\w*|全连接层?\s?\w*|总计|合计)(?:\s?[x*]\s?\d{1,2})?"
)
_COUNT: Final = r"\d{1,3}(?:,\d{3})+|\d{4,12}|\d+(?:\.\d+)?\s?[KMG](?![A-Za-z])"
_ENTRY: Final = re.compile(
    rf"(?<![\w-])(?P<name>{_NAME})\s{{0,9}}[:=]\s{{0,9}}(?P<claim>{_COUNT})(?![\d.,]*\d|\s?[x*+/])",
    re.IGNORECASE,
)
_PRODUCT: Final = re.compile(
    r"(?<![\w.-])[(\[]{0,3}\d[\d,.]*(?:\s?[)\]]{0,3}\s?[*x+]\s?[(\[]{0,3}\d[\d,.]*[)\]]{0,3}){2,12}$"
)
"""A product before an equals sign: it belongs to the value, not to the name."""
_LABEL: Final = re.compile(r"\s?(?::|->|=>|→|⇒)")
_TIMES: Final = re.compile(r"\s*[x*]\s?\d{1,2}$")
_OPERATIONS: Final = re.compile(
    r"flops?\b|\bg?macs?\b|mult-?adds?|运算量|计算量|計算量|연산량|演算量", re.IGNORECASE
)
_OTHER: Final = re.compile(
    r"memory|activation|output|size|shape|bytes|\b[KMG]i?B\b|time|\bms\b|内存|显存|激活|输出|尺寸|메모리|出力|メモリ",
    re.IGNORECASE,
)
_PARAMS: Final = re.compile(
    r"param|weight|参数|參數|パラメ|파라미터|매개|парам|break-?down|权重", re.IGNORECASE
)


_EXACT: Final = re.compile(r"\d,\d{3}|\d{4}|=")
_LONG: Final = re.compile(r"(?:\d\D*){4}|[KMG=]")


_MAY_NAME: Final = re.compile(
    r"[^\x00-\x7f]|conv|fc|full|dense|linear|affine|inner|conn?ect|faltung|voll|pool|sampl|batch|bn|agrupa|muestreo"
    r"|total|sum|som[am]|gesamt|weight layers|items",
    re.IGNORECASE,
)
"""What is in every name of a layer, or of a total, that an entry may have; any letter beyond ASCII may be of one."""


class _Entry(NamedTuple):
    """A name with its number."""

    name: Flow
    claim: Flow
    rest: str
    """The words after the number, which may say what it is."""
    shape: Flow | None = None
    """The shape of what leaves, where it stands between name and product."""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every break-down of the section; another begins after a total."""
    for run in runs(section, _entries, MAX_GAP, lambda _, before: is_total(before[-1].name.text) == "total"):
        entries = [entry for _, found in run for entry in found]
        quantity = _quantity(entries, section.words_before(run[0][0], 4))
        rows, groups = _rows(entries, quantity) if quantity else ([], [])
        long = sum(_LONG.search(entry.claim.text) is not None for entry in entries)
        if sum(row.kind in ("conv", "fc") for row in rows) >= LEAST and 2 * long >= len(entries):
            take(section, run)
            yield ClaimTable(
                dialect="breakdown",
                form="layers",
                start=entries[0].name,
                rows=tuple(rows),
                groups=tuple(groups),
                gaps=True,
            )


def _entries(line: Flow) -> list[_Entry] | None:
    """The entries of a line: one as a rule, several where lines were run together."""
    text = line.text
    if len(text) > MAX_LINE or not _MAY_NAME.search(text) or not re.search(r"\d", text):
        return None
    many = list(_ENTRY.finditer(line.text))
    if len(many) > 1:
        return [_Entry(line.group(match, "name"), line.group(match, "claim"), "") for match in many]
    entry = _entry(without(line, _PREFIX).strip(" |*`\"',;)("))
    return [entry] if entry else None


def _entry(body: Flow) -> _Entry | None:
    """A name, a sign and a number; the first sign that has a name before it and a number behind it."""
    for position, match in enumerate(_BETWEEN.finditer(body.text[: MAX_NAME + 20])):
        if position and not match[0].strip():
            break  # columns
        if body.text.count("(", 0, match.start()) > body.text.count(")", 0, match.start()):
            continue  # "FC6 (25088 → 4096)"
        name = body.cut(0, match.start()).strip(" *`:")
        if not name.text or len(name) > MAX_NAME:
            break
        product, shape = _PRODUCT.search(name.text) if "=" in match[0] else None, None
        if product:
            name = name.cut(0, product.start())
            found = list(SHAPE.finditer(name.text))
            shape = name.group(found[0]) if len(found) == 1 else None
            name = name.cut(0, (_LABEL.search(name.text) or product).start()).strip(" ,:*`")
        claim = cut_claim(body.cut(product.start() if product else match.end()).strip(" *`$"))
        if claim is not None and _names(name.text) and _is_count(claim):
            return _Entry(name, claim, body.text[body.text.rfind(claim.text[-3:]) + 3 :], shape)
    return None


def _names(text: str) -> bool:
    return bool(is_total(text)) or find_kind(text) in ("conv", "fc", "pool", "bn")


def _is_count(claim: Flow) -> bool:
    """Whether it is a number, or a product with its value; a bare product may be a shape."""
    return "=" in claim.text or not is_formula(claim)


def _quantity(entries: Sequence[_Entry], before: str) -> Quantity | None:
    """What the numbers are: as the words beside them say, else the lines before; None where those say nothing.

    Long numbers without a word are parameters: nobody lists the values of outputs in this way without saying so.
    """
    beside = " ".join(f"{entry.name.text} {entry.rest}" for entry in entries)
    for words in (beside, before.rpartition("\n")[2], before):
        if _OPERATIONS.search(words):
            return None if _PARAMS.search(words) else "ops"
        if _PARAMS.search(words):
            return "params"
        if _OTHER.search(words):
            return None
    exact = sum(_EXACT.search(entry.claim.text) is not None for entry in entries)
    return "params" if 2 * exact > len(entries) else None


def _rows(entries: Sequence[_Entry], quantity: Quantity) -> tuple[list[Row], list[Group]]:
    """A row a layer; numbers of several layers, subtotals and totals as groups."""
    rows: list[Row] = []
    groups: list[Group] = []
    for entry in entries:
        name = entry.name.text
        cell = Cell(quantity=quantity, flow=entry.claim, label=quantity, hedge="~" in entry.claim.text)
        sums, repeats = is_total(name), find_repeats(name)
        of = summed_rows(name, rows, whole=sums == "total") if sums else (len(rows),)
        if of and (repeats > 1 if not sums else read_header(name).quantity in (None, quantity)):
            groups.append(Group(cell=cell, rows=of))
        if sums:
            continue
        kind = find_kind(name) or "other"
        times = _TIMES.search(name)
        cells = list(attributes(entry.name.cut(0, times.start() if times else None), kind))
        if entry.shape is not None:
            cells.append(Cell(quantity="shape", flow=entry.shape, label="output"))
        if repeats == 1:
            cells.append(cell)
        rows.append(Row(kind=kind, name=name, flow=entry.name, cells=tuple(cells), repeats=repeats))
    return rows, groups
