"""What ``torchinfo.summary`` prints: a tree of modules, ``Conv2d: 2-1   [1, 64, 224, 224]   1,792``, and totals.

Columns vary (input shape, output shape, parameters, kernel shape, mult-adds); so do the shapes' order and the
marks of the tree. A row's shapes are told apart by the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row
from vggstat.lint.readers.torch_kinds import torch_kind
from vggstat.lint.readers.torchsummary import read_totals
from vggstat.lint.text import Flow, Section

__all__ = ["read"]

HEADER: Final = re.compile(r"layer\s?\(type(?:\s?\(var_name\))?(?::\s?depth-idx)?\)", re.IGNORECASE)
ROW: Final = re.compile(
    r"^(?P<tree>[\s|+`\\*#>/─└├-]*)(?P<class>[A-Za-z_]\w{0,60})(?:\s\((?P<name>[\w.]{1,60})\))?"
    r"(?::\s?(?P<depth>\d{1,2})-(?P<index>\d{1,4}))?(?=\s|$)"
)
_FIELD: Final = re.compile(
    r"(?P<several>\[\s?\[[\d\s,\[\]None-]{3,200}\]\s?\])|(?P<shape>\[\s?(?:-?\d+|None|N|B|bs|batch(?:_size)?)?(?:,\s?-?\d+){0,5}\s?\])|(?P<dash>--)|(?P<again>\(recursive\))"
    r"|(?P<percent>\d[\d.]*\s?%)|(?P<count>(?<![\w.,\[])\(?\d[\d,.]{0,24}\)?(?![\w\]]))"
    r"|(?P<flag>\bTrue\b|\bFalse\b|\bPartial\b)"
)
COLUMNS: Final[tuple[tuple[str, str], ...]] = (
    ("in_shape", r"input shape"),
    ("shape", r"output shape"),
    ("params", r"param #|params?\b(?! %)"),
    ("percent", r"param %"),
    ("kernel", r"kernel shape"),
    ("ops", r"mult-?adds"),
    ("flag", r"trainable"),
)
_COLUMN: Final = re.compile("|".join(f"(?P<{name}>{words})" for name, words in COLUMNS), re.IGNORECASE)
_BRANCH: Final = re.compile(r"\w: \d-\d+(?:\s+\[|\s*$)")
_RULE: Final = re.compile(r"[\s_=+|:*#/>-]*")
MAX_IDLE: Final = 4


def read(section: Section) -> Iterator[ClaimTable]:
    """Every tree of the section."""
    index = 0
    while index < len(section.lines):
        text = section.lines[index].text[:3_000]
        if index in section.taken or not _begins(section, index, text):
            index += 1
            continue
        table, end = _read_one(section, index)
        if table is not None:
            section.take(index, end)
            yield table
        index = max(end, index + 1)


def _begins(section: Section, index: int, text: str) -> bool:
    match = HEADER.search(text)
    if match is None or "keras" in text.lower():
        return False
    if "depth-idx" in match[0].lower() or "var_name" in match[0].lower():
        return True
    return any(_is_branch(line.text[:3_000]) for line in section.lines[index + 1 : index + 8])


def _is_branch(text: str) -> bool:
    """Whether a line is one of a tree: it has its signs, or a module with depth and index (``Conv2d: 1-1``)."""
    return "└" in text or "├" in text or (": " in text and _BRANCH.search(text) is not None)


def _read_one(section: Section, start: int) -> tuple[ClaimTable | None, int]:
    columns = [match.lastgroup or "" for match in _COLUMN.finditer(section.lines[start].text)] or [
        "shape",
        "params",
    ]
    found: list[tuple[int, Row]] = []
    totals: list[Cell] = []
    gaps = False
    idle, index, end = 0, start + 1, start + 1
    while index < len(section.lines) and idle < MAX_IDLE and index not in section.taken:
        line = section.lines[index].flow
        index += 1
        text = line.text
        if len(text) > 3_000 or HEADER.search(text):
            break
        if _RULE.fullmatch(text):
            idle += not text.strip()
            if text.strip() and not _last(totals):
                end = index
            continue
        sums = list(read_totals(line))
        row = None if totals or sums else _row(line, columns)
        if sums:
            totals.extend(sums)
        elif row is not None:
            found.append(row)
        elif found and not totals and re.fullmatch(r"[\s|*#/>]*(?:\.{2,}|…|⋮)[\s.|…]*", text):
            gaps = True
        else:
            idle += 1
            continue
        idle, end = 0, index
        if _last(totals):
            if (
                index < len(section.lines)
                and section.lines[index].text.strip()
                and _RULE.fullmatch(section.lines[index].text)
            ):
                end = index + 1
            break
    rows, name = _leaves(found)
    if sum(row.type != "container" for row in rows) < 2:
        return None, start + 1
    return ClaimTable(
        dialect="torchinfo",
        form="layers",
        start=section.lines[start].flow,
        rows=tuple(rows),
        totals=tuple(totals),
        title=name,
        gaps=gaps or not totals,
        family="torchinfo",
        wrapped=False,
    ), end


def _last(totals: list[Cell]) -> bool:
    return bool(totals) and totals[-1].quantity == "total_bytes"


def _row(line: Flow, columns: Sequence[str]) -> tuple[int, Row] | None:
    """A module, and how deep in the tree it stands."""
    match = ROW.match(line.text)
    if match is None:
        return None
    rest = line.cut(match.end())
    fields = list(_FIELD.finditer(rest.text))
    if not fields and match["depth"] is None:
        return None
    if match["depth"] is None and not match["name"] and re.sub(_FIELD, "", rest.text).strip():
        return None
    kind = torch_kind(match["class"]) or "network"
    depth = int(match["depth"]) if match["depth"] else len(match["tree"]) // 4
    cells = tuple(_cells(rest, fields, columns))
    return depth, Row(
        kind=kind,
        name=match["name"] or match[0].strip(" |+`-*#>/─└├"),
        type=match["class"],
        flow=line.strip(),
        cells=cells,
    )


def _cells(rest: Flow, fields: Sequence[re.Match[str]], columns: Sequence[str]) -> Iterator[Cell]:
    """Each field under its column. Where a shape is missing the order of the columns still holds."""
    at = 0
    for field in fields:
        wanted = (
            ("in_shape", "shape", "kernel") if field["shape"] else ("params", "ops") if field["count"] else ()
        )
        if field["again"]:
            at = max(at, columns.index("params") + 1) if "params" in columns else at
            continue
        if field["several"] and at < len(columns) and columns[at] in ("in_shape", "shape"):
            at += 1  # the shapes of several outputs
            continue
        if field["dash"]:
            at += at < len(columns)
            continue
        if field["count"] and at < len(columns) and columns[at] == "kernel" and len(field["count"]) <= 2:
            at += 1  # the side of a pool's window, without brackets
            continue
        while at < len(columns) and wanted and columns[at] not in wanted:
            at += 1
        if field["percent"] or field["flag"]:
            at += 1
            continue
        if at >= len(columns):
            return
        name, at = columns[at], at + 1
        if name == "kernel":
            yield from _kernel(rest, field)
            continue
        quantity: Quantity = name  # type: ignore[assignment]
        label = {"in_shape": "Input Shape", "shape": "Output Shape", "params": "Param #", "ops": "Mult-Adds"}[
            name
        ]
        group = "shape" if field["shape"] else "count"
        yield (
            Cell(quantity=quantity, flow=rest.group(field, group).strip("() ,."), label=label)
            if group == "count"
            else Cell(quantity=quantity, flow=rest.group(field, group), label=label)
        )


def _kernel(rest: Flow, field: re.Match[str]) -> Iterator[Cell]:
    """``[3, 3]`` as it is; ``[3, 64, 3, 3]`` of older releases is not a window alone."""
    if field["shape"] and field["shape"].count(",") == 1 and len(field["shape"]) < 9:
        yield Cell(quantity="kernel", flow=rest.group(field, "shape"), label="Kernel Shape")


def _leaves(found: Sequence[tuple[int, Row]]) -> tuple[list[Row], str]:
    """The modules, and the name of the outermost. One that holds others is a ``container`` and claims only its shape;
    a block shown without its inside is ``other``."""
    rows = []
    for position, (depth, row) in enumerate(found):
        following = found[position + 1][0] if position + 1 < len(found) else -1
        if following > depth:
            shapes = tuple(cell for cell in row.cells if cell.quantity == "shape")
            if shapes:
                rows.append(row.replace(kind="other", type="container", cells=shapes, depth=depth))
            continue
        row = row.replace(depth=depth)
        if row.kind == "network":
            if not row.cells or all(cell.quantity != "params" for cell in row.cells):
                continue
            row = row.replace(kind="other")
        rows.append(row)
    first = found[0][1] if found else None
    name = first.type if first is not None and first.kind in ("other", "network") else ""
    return rows, name
