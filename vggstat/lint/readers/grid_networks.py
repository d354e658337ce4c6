"""A grid whose rows are networks, and one of facts about a single network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row
from vggstat.lint.names import find_names
from vggstat.lint.readers.bounds import find_bound
from vggstat.lint.readers.facts import find_fact
from vggstat.lint.readers.grid import Grid, Sheet, names_network
from vggstat.lint.readers.grid_blocks import SENTENCE
from vggstat.lint.readers.grid_cells import cut_claim, cut_shape, dims_of, is_empty, is_formula
from vggstat.lint.readers.headers import Header, find_unit, read_header
from vggstat.lint.readers.layer_words import find_kind
from vggstat.lint.text import Flow

__all__ = ["is_networks", "read_accounts", "read_counts", "read_facts", "read_networks"]

JUDGED: Final = frozenset({
    "params", "weights", "biases", "ops", "trainable_params", "frozen_params", "param_bytes", "memory", "values",
    "conv_layers", "fc_layers", "pool_layers", "weight_layers", "classes", "saved_bytes",
    "receptive_field",
})  # fmt: skip
_NOT_ONE: Final = re.compile(
    r"^\W*[A-E](?:-\w+)? [-/] [A-E]\b|\bvs\b|\bratio\b|\bdiff|\bdelta\b|Δ|差|\s/\s|\+", re.IGNORECASE
)
_SECTION: Final = re.compile(
    r"\bfine-?tun|\btransfer|\bpruned|\bours\b|\bproposed|\bquanti[sz]ed|压缩|剪枝|微调", re.IGNORECASE
)


def is_networks(sheet: Sheet) -> bool:
    """Whether a column names networks, and the rows are no layers of theirs."""
    names = _name_column(sheet)
    return names is not None and not _has_layers(sheet, names)


def _has_layers(sheet: Sheet, names: int) -> bool:
    """Whether another column than that of the networks' names tells layers, so that they say only whose each is."""
    columns = (
        sheet.column(i)
        for i, head in enumerate(sheet.headers)
        if i != names and head.role in ("other", "index")
    )
    layers = ("conv", "pool", "fc")
    return any(
        2 * sum(find_kind(cell.text) in layers and not SENTENCE.search(cell.text) for cell in column)
        > len(sheet.body)
        for column in columns
    )


def _name_column(sheet: Sheet) -> int | None:
    """The column whose cells name networks most often."""
    best, most = None, 0
    for index, header in enumerate(sheet.headers):
        cells = [cell.text for cell in sheet.column(index) if cell.text]
        count = sum(map(names_network, cells))
        if header.role not in ("other", "index") and 2 * count < len(cells):
            continue  # "Weights" may head names of weights: VGG16_Weights.IMAGENET1K_V1
        if count > most:
            best, most = index, count
    return best


def read_networks(sheet: Sheet, dialect: str) -> Iterator[ClaimTable]:
    """The networks, row by row; a table set in two halves side by side is two."""
    column = _name_column(sheet)
    if column is None:
        return
    halves = [i for i, head in enumerate(sheet.headers) if head.label == sheet.headers[column].label]
    if not sheet.headers[column].label:
        halves = [i for i in halves if any(names_network(cell.text) for cell in sheet.column(i))]
    if len(halves) > 1:
        ends = [*halves[1:], len(sheet.headers)]
        for start, end in zip(halves, ends, strict=True):
            body = tuple(row[start:end] for row in sheet.body)
            yield from read_networks(sheet.replace(headers=sheet.headers[start:end], body=body), dialect)
        return
    others = [header.label for i, header in enumerate(sheet.headers) if i != column]
    is_backbone = _BACKBONE.search(sheet.headers[column].label) is not None
    if any(_LARGER.search(label) or (is_backbone and _WHOLE.search(label)) for label in others):
        return  # of detectors and the like, of which the networks are a part
    alike = {i for i in range(len(sheet.headers)) if _is_alike(sheet.column(i))}
    headers = [_with_unit(header, sheet.caption, sheet.column(i)) for i, header in enumerate(sheet.headers)]
    both = [h for h in headers if h.quantity in ("params", "weights")]
    if (
        len(both) > 1
        and any(re.search("weight", h.label, re.I) for h in both)
        and not all(re.search("weight", h.label, re.I) for h in both)
    ):
        headers = [
            h._replace(quantity="weights") if h in both and re.search("weight", h.label, re.I) else h
            for h in headers
        ]
    rows = []
    for cells in sheet.body:
        name = cells[column] if column < len(cells) else None
        if name is None or not name.text or (_NOT_ONE.search(name.text) and not names_network(name.text)):
            continue
        if find_kind(name.text) in ("conv", "fc", "pool"):
            continue  # a layer of a network: "VGG conv1"
        words = _words(cells, headers, column)
        found = [
            cell
            for i, value in enumerate(cells)
            if i != column and i < len(headers) and i not in alike
            for cell in _cells(value, headers[i])
        ]
        rows.append(Row(kind="network", name=words[:160], flow=name, cells=tuple(found)))
    if any(
        names_network(row.name) and any(cell.quantity != "in_shape" for cell in row.cells) for row in rows
    ):
        yield ClaimTable(
            dialect=dialect,
            form="networks",
            start=sheet.start,
            rows=tuple(rows),
            title=sheet.caption,
            gaps=sheet.gaps,
        )


LEAST_COUNTS: Final = 2
"""Columns of counts that can be held against each other."""


def read_counts(sheet: Sheet, dialect: str) -> Iterator[ClaimTable]:
    """Counts of what is neither layers nor networks: of stacks of filters, of variants. Only each other speaks for them."""
    counted = [
        head.quantity in JUDGED and not str(head.quantity).endswith("_layers") for head in sheet.headers
    ]
    if sum(counted) < LEAST_COUNTS:
        return
    rows = []
    for cells in sheet.body:
        pairs = list(zip(cells, sheet.headers, counted, strict=False))
        found = [cell for value, head, is_count in pairs if is_count for cell in _cells(value, head)]
        if found and cells[0].text:
            rows.append(Row(kind="other", name=cells[0].text[:80], flow=cells[0], cells=tuple(found)))
    if len(rows) > LEAST_COUNTS:
        yield ClaimTable(
            dialect=dialect, form="counts", start=sheet.start, rows=tuple(rows), title=sheet.caption
        )


_LARGER: Final = re.compile(
    r"^\W*(?:detector|decoder|framework|neck|segment\w*|检测器|解码器|(?:(?:box|mask|bbox)\W?)?m?AP(?:\W?\d\d)?|m?IoU|PSNR|SSIM|PQ"
    r"|keypoint AP|easy|hard)\W*(?:\(%\)|%)?\W*$",
    re.IGNORECASE,
)
"""Headers of what a network is built into, and of how well that does."""
_BACKBONE: Final = re.compile(
    r"^\W*(?:backbone|encoder|trunk|主干(?:网络)?|骨干(?:网络)?)\W*$", re.IGNORECASE
)
_WHOLE: Final = re.compile(
    r"^\W*(?:method|model|algorithm|network|approach|architecture|方法|模型|算法)s?\W*$", re.IGNORECASE
)
"""Headers beside that of the backbones which name what is built on them."""
_WEIGHTS_OF: Final = re.compile(r"_Weights\.\w+$")
"""What torchvision's enumerations of weights add to a network's name."""


def _is_alike(cells: Sequence[Flow]) -> bool:
    """Whether a column says the same of all networks, as of a data set: then it is not theirs."""
    said = [cell.text for cell in cells if cell.text]
    if not said or not re.search(r"\d\s?[KMGT]i?B\b", said[0]):
        return False
    often = max(map(said.count, set(said)), default=0)
    return often > LEAST_COUNTS and 4 * often >= 3 * len(said)


def _words(cells: Sequence[Flow], headers: Sequence[Header], column: int) -> str:
    """The words that name the network: its cell, and what other columns of words say of it (``CIFAR-10``, ``BN``)."""
    more = [
        cell.text
        for i, cell in enumerate(cells)
        if i != column
        and i < len(headers)
        and headers[i].role == "other"
        and re.search(
            r"data|variant|input|config|head|pretrain|title|数据|データ|데이터"
            r"|method|strateg|scheme|approach|technique|algorithm|compress|prun|quanti|spars|ratio|\brole|\bbits?\b|方法",
            headers[i].label,
            re.I,
        )
        and re.search(r"[A-Za-z%\d]", cell.text)
        and len(cell.text) < 60
    ]
    known = any(name.spec for name in find_names(cells[column].text))
    more = [text for text in more if not known or not any(True for _ in find_names(text))]
    return " ".join([_WEIGHTS_OF.sub("", cells[column].text), *more])


def _with_unit(header: Header, caption: str, cells: Sequence[Flow]) -> Header:
    """A header without a unit, with the caption's: ``Number of parameters (in millions)`` above the table.

    Parameters of networks that are all a few thousand at most are millions, as no network has so few.
    """
    if header.label.lower() == "value":
        return header._replace(role="other", quantity=None)  # of what another column says
    if header.unit or header.quantity not in ("params", "ops"):
        return header
    about = read_header(caption[-200:]) if caption else None
    if about is not None and about.quantity == header.quantity and about.unit:
        return header._replace(unit=about.unit)
    bare = [cell.text for cell in cells if not is_empty(cell.text)]
    if header.quantity == "params" and bare and all(map(_FEW.fullmatch, bare)):
        return header._replace(unit="M")
    return header


_FEW: Final = re.compile(r"~?\s?(?:\d{1,3},\d{3}\.\d{1,3}|\d{1,4}\.\d{1,3}|\d{1,3},\d{1,2}|\d{1,4})")
_INPUT: Final = re.compile(
    r"^\W*(?:(?:network )?input(?: (?:size|resolution|shape|image))?|resolution|image size"
    r"|输入(?:尺寸|大小)?|分辨率"
    r"|入力サイズ"
    r"|입력 ?크기)\W*$",
    re.I,
)


_BOTH: Final = re.compile(
    r"(?P<count>[^()\[\]]{1,40}?\d[^()\[\]]{0,20})[(\[]\s?(?P<size>~?\s?\d[\d.,]{0,12}\s?[KMG]i?B)\s?[)\]]\W*",
    re.IGNORECASE,
)
"""A count with the size of its weights beside it: ``143,667,240 (~548 MB)``."""


def _cells(cell: Flow, header: Header) -> Iterator[Cell]:
    """The claims of one cell about a network."""
    if is_empty(cell.text):
        return
    both = _BOTH.fullmatch(cell.text) if header.quantity in ("params", "param_bytes") else None
    if both:
        count = cut_claim(cell.group(both, "count"))
        if count is not None:
            unit = "" if header.quantity == "param_bytes" else _unit(count, header)
            yield Cell(quantity="params", flow=count, unit=unit, label=header.label)
        yield Cell(quantity="param_bytes", flow=cell.group(both, "size").strip(), label=header.label)
        return
    quantity = _quantity(cell, header)
    if quantity == "in_shape":
        shape = cut_shape(cell)
        if shape is not None and dims_of(shape) in (1, 2, 3):
            yield Cell(quantity="in_shape", flow=shape, label=header.label)
        return
    if quantity is None:
        return
    claim = cut_claim(cell)
    if claim is None or (is_formula(claim) and "=" not in claim.text) or _several(claim.text):
        return
    if quantity.endswith("_layers") and not re.fullmatch(r"\d{1,3}", claim.text):
        return
    yield Cell(
        quantity=quantity,
        flow=claim,
        unit=_unit(cell, header),
        label=header.label,
        hedge="~" in cell.text[:3],
        bound=find_bound(cell.text[:2].rstrip(" ~$0123456789")),
    )


def _quantity(cell: Flow, header: Header) -> Quantity | None:
    if header.role in ("in", "size") and _INPUT.match(header.label):
        return "in_shape"
    if header.role == "size" and re.search(r"\d\s?[KMG]i?B\b", cell.text, re.IGNORECASE):
        return "param_bytes"
    if header.role == "size" and header.unit.upper().endswith("B") and len(header.unit) > 1:
        return "param_bytes"
    if header.role != "quantity" or header.quantity not in JUDGED:
        return None
    if header.quantity == "params" and re.search(r"\d\s?[KMG]i?B\b", cell.text):
        return "param_bytes"
    if header.quantity == "memory" and not re.search(
        r"activation|feat|forward|values|output|中间|激活|特征", header.label, re.IGNORECASE
    ):
        return None
    if header.quantity == "values" and re.search(r"\d\s?[KMG]i?B\b", cell.text):
        return "memory"
    return header.quantity


def _unit(cell: Flow, header: Header) -> str:
    """The header's unit, unless the cell has its own."""
    return (
        ""
        if re.search(
            r"\d\s?(?:[KMGTB]i?B?\b|million|billion|万|亿|百万|億|만|억|млн|mio)", cell.text, re.IGNORECASE
        )
        else header.unit
    )


def _several(text: str) -> bool:
    """Whether a claim holds two numbers side by side: ``138 / 15.5``."""
    return "/" in text or re.search(r"\d[KMGB]?\s+\d{1,2}(?!\d)", text) is not None


_VALUE_HEAD: Final = re.compile(
    r"value|amount|count|number|quantity|vgg"
    r"|值|数值|数量|値"
    r"|값|수치"
    r"|wert|valeur|valor"
    r"|значен"
    r"|result|detail|information|spec",
    re.IGNORECASE,
)


_CHANGED: Final = re.compile(
    r"prun|spars|compress|quanti[sz]|distill|slim|ratio|reduc|width mult|multiplier|剪枝|压缩|稀疏",
    re.IGNORECASE,
)
_SOME: Final = re.compile(r"[1-9]|[A-Za-z]{3}")
"""What is said of such a row where it is done: not ``0``, and not ``-``."""


def read_facts(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """A table of two columns: what, and how much. The first row may be a fact, too."""
    if max(map(len, grid.rows)) != 2 or len(grid.rows) > 60:
        return
    head = grid.rows[0]
    headless = len(head) == 2 and find_fact(head[0], head[1]) is not None
    said = len(head) == 2 and (_VALUE_HEAD.search(head[1].text) or names_network(head[1].text))
    unit = find_unit(head[1].text) if said else ""
    rows = [
        row for row in (grid.rows if headless else grid.rows[1:]) if len(row) == 2 and len(row[0].text) <= 60
    ]
    if any(_CHANGED.search(row[0].text) and _SOME.search(row[1].text) for row in rows):
        # of somebody's smaller network: read, so that nobody else reads its lines, and nothing claimed
        yield ClaimTable(dialect=dialect, form="facts", start=grid.start)
        return
    cells = [cell for row in rows for cell in _fact(row[0], row[1], unit)]
    title = f"{grid.caption} {head[0].text} {head[1].text}".strip() if said else grid.caption
    if not any(True for _ in find_names(title)):
        title = grid.owner
    if cells and (said or headless):
        yield ClaimTable(dialect=dialect, form="facts", start=grid.start, totals=tuple(cells), title=title)


_FACT: Final = re.compile(
    r"\W*(?:total|number of|#|num|model|trainable|non-trainable|param|macs|flops|gflops|mult"
    r"|总|参数|模型"
    r"|パラメ"
    r"|파라미터"
    r"|par[âáa]m"
    r"|парам"
    r"|anzahl|nombre|n[úu]mero)",
    re.I,
)


def _fact(name: Flow, value: Flow, unit: str) -> list[Cell]:
    """The claims of a row that names a quantity of the network and shows it."""
    header = read_header(name.text)
    found = []
    if header.role == "quantity" and _FACT.match(header.label):
        found = list(_cells(value, header._replace(unit=header.unit or unit)))
    fact = find_fact(name, value) if not found else None
    return [fact] if fact is not None else found


_ACCOUNTS: Final[dict[str, Quantity]] = {
    "outputs": "memory",
    "saved": "saved_bytes",
    "inference-peak": "memory",
    "cs231n-total": "memory",
}
"""The accountings of vggstat's own table, and what their figures are. Only the first two are claims that anybody
else would make in these words."""


def read_accounts(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """vggstat's own table of activations by accounting."""
    found = [row for row in grid.rows if row and row[0].text in _ACCOUNTS]
    if len(found) < 2:
        return
    heads = grid.rows[0]
    cells: list[Cell] = []
    for row in found:
        if row[0].text not in ("outputs", "saved"):
            continue
        for head, cell in zip(heads, row, strict=False):
            claim = (
                cut_claim(cell) if head.text in ("values", "MB", "MiB") and not is_empty(cell.text) else None
            )
            if claim is not None:
                quantity = "values" if head.text == "values" else _ACCOUNTS[row[0].text]
                unit = "" if head.text == "values" else head.text
                cells.append(
                    Cell(quantity=quantity, flow=claim, unit=unit, label=f"activations, {row[0].text}")
                )
    yield ClaimTable(dialect=dialect, form="facts", start=grid.start, totals=tuple(cells), title=grid.caption)
