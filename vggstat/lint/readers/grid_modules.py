"""A grid whose rows are a torch model's modules and the tensors in them, as fvcore's tables are.

``features.0 | 1.792K | 86.704M``, and below it ``features.0.weight | (64, 3, 3, 3)``: the tensors say what the module is,
and a module that holds others shows the sum of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vggstat.lint.model import Cell, ClaimTable, Group, Quantity, Row, RowKind
from vggstat.lint.readers.grid import Grid
from vggstat.lint.readers.grid_cells import cut_claim, is_empty
from vggstat.lint.readers.headers import Header, read_header
from vggstat.lint.text import Flow

__all__ = ["read_modules"]

LEAST: Final = 3
_NAME: Final = re.compile(r"[A-Za-z_][\w.]{0,80}")
_TENSOR: Final = re.compile(r"(?P<module>[\w.]+)\.(?P<which>weight|bias)")
_SHAPE: Final = re.compile(r"\(\s?\d{1,7}(?:\s?,\s?\d{1,7}){0,3}\s?,?\s?\)")
_KINDS: Final[dict[int, RowKind]] = {4: "conv", 2: "fc", 1: "bn"}
_ORDER: Final[dict[int, tuple[Quantity, ...]]] = {
    4: ("channels", "in_channels", "kernel", "kernel"),
    2: ("channels", "in_channels"),
    1: ("channels",),
}


class _Module(NamedTuple):
    """A module's line: its path, the cells of its counts, and what its tensors say."""

    path: str
    flow: Flow
    counts: list[Cell]
    sides: list[Cell]
    kind: RowKind | None


def read_modules(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """The layers of such a table, and its modules as sums of them."""
    if sum(_is_tensor(row) for row in grid.rows) < LEAST:
        return
    modules = list(_modules(grid))
    leaves = list(_without_groups([module for module in modules if module.kind is not None]))
    if sum(module.kind in ("conv", "fc") for module in leaves) < LEAST:
        return
    rows = [
        Row(kind=m.kind or "other", name=m.path, flow=m.flow, cells=(*m.counts, *m.sides)) for m in leaves
    ]
    groups = [
        Group(cell=cell, rows=of)
        for module in modules
        if module.kind is None and (of := _inside(module.path, leaves))
        for cell in module.counts
    ]
    yield ClaimTable(
        dialect=dialect,
        form="layers",
        start=grid.start,
        rows=tuple(rows),
        groups=tuple(groups),
        title=grid.caption,
        gaps=True,
    )


def _is_tensor(row: Sequence[Flow]) -> bool:
    return len(row) > 1 and bool(_TENSOR.fullmatch(row[0].text) and _SHAPE.fullmatch(row[1].text))


def _modules(grid: Grid) -> Iterator[_Module]:
    heads = [read_header(cell.text.partition(" or shape")[0]) for cell in grid.rows[0]]
    tensors: dict[str, list[tuple[str, Flow]]] = {}
    for row in grid.rows[1:]:
        match = _TENSOR.fullmatch(row[0].text) if _is_tensor(row) else None
        if match:
            tensors.setdefault(match["module"], []).append((match["which"], row[1]))
    for row in grid.rows[1:]:
        if _is_tensor(row) or not row or not _NAME.fullmatch(row[0].text):
            continue
        path = row[0].text
        shapes = tensors.get(path, [])
        sides = [cell for which, flow in shapes for cell in _sides(which, flow)]
        weight = next((flow for which, flow in shapes if which == "weight"), None)
        kind = _KINDS.get(len(re.findall(r"\d+", weight.text))) if weight is not None else None
        yield _Module(path, row[0], list(_counts(row, heads)), sides, kind)


def _counts(row: Sequence[Flow], heads: Sequence[Header]) -> Iterator[Cell]:
    for cell, head in zip(row[1:], heads[1:], strict=False):
        quantity: Quantity | None = "params" if re.search(r"element", head.label, re.I) else head.quantity
        claim = cut_claim(cell) if not is_empty(cell.text) else None
        if claim is not None and quantity in ("params", "ops"):
            yield Cell(quantity=quantity, flow=claim, label=head.label)


def _sides(which: str, flow: Flow) -> Iterator[Cell]:
    """The numbers of a tensor's shape, each as what it is of the layer."""
    numbers = list(re.finditer(r"\d+", flow.text))
    order = _ORDER.get(len(numbers), ()) if which == "weight" else ("channels",)
    for quantity, number in zip(order, numbers, strict=False):
        yield Cell(quantity=quantity, flow=flow.group(number), label="shape")


def _without_groups(leaves: Sequence[_Module]) -> Iterator[_Module]:
    """The layers; of a grouped convolution without its inputs, as its tensor shows those of one group."""
    before = 0
    for module in leaves:
        said = {cell.quantity: int(cell.flow.text) for cell in reversed(module.sides)}
        inputs = said.get("in_channels", before)
        if module.kind == "conv" and inputs != before and inputs and before % inputs == 0 < before:
            yield module._replace(sides=[cell for cell in module.sides if cell.quantity != "in_channels"])
        else:
            yield module
        before = said.get("channels", 0) if module.kind == "conv" else before


def _inside(path: str, leaves: Sequence[_Module]) -> tuple[int, ...]:
    """The layers below a module; ``model`` is the root of all."""
    if path in ("model", "total", "Total"):
        return tuple(range(len(leaves)))
    return tuple(i for i, leaf in enumerate(leaves) if leaf.path.startswith(path + "."))
