"""What ``torchsummary.summary`` prints: ``Conv2d-1   [-1, 64, 224, 224]   1,792`` and five lines of totals.

Paddle's ``summary`` prints the same with the inputs' shapes before, MXNet's ``summary`` with names of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row
from vggstat.lint.readers.torch_kinds import torch_kind
from vggstat.lint.text import Flow, Section

__all__ = ["TOTALS", "read", "read_totals"]

ROW: Final = re.compile(
    r"(?<![\w.])(?P<class>[A-Z][A-Za-z]{1,30}(?:[12][dD])?)-(?P<number>\d{1,4})\s*\|?\s*"
    r"(?:\[\[(?P<input>\d{1,6}(?:, \d{1,6}){0,4})\]\]\s*\|?\s*)?"
    r"(?P<shape>\[\s?(?:-?\d+|None|N|B|bs|batch(?:_size)?)(?:,\s?-?\d+){0,4}\s?\]|\(\s?-?\d+(?:,\s?-?\d+){1,4}\s?\))?\s*\|?\s*"
    r"(?P<count>\d[\d,.']{0,20})?(?=[\s|]|$)"
)
_SEVERAL: Final = re.compile(r"[A-Za-z]\w{0,60}-\d{1,4}\s+\[\[")
HEADER: Final = re.compile(r"layer\s?\(type\)", re.IGNORECASE)
TOTALS: Final[tuple[tuple[Quantity, str, str], ...]] = (
    ("frozen_params", r"non-?trainable\s+params?", ""),
    ("trainable_params", r"(?<!non-)(?<!non)trainable\s+params?", ""),
    ("params", r"total\s+params?(?!\s+size)", ""),
    ("ops", r"total\s+mult-?adds?", ""),
    ("input_bytes", r"input\s+size", "MB"),
    ("pass_bytes", r"forward/backward\s+pass\s+size", "MB"),
    ("param_bytes", r"params?\s+size", "MB"),
    ("total_bytes", r"estimated\s+total\s+size", "MB"),
)
_LINE: Final = re.compile("|".join(f"(?P<{name}>{words})" for name, words, _ in TOTALS), re.IGNORECASE)
_VALUE: Final = re.compile(
    r"\s*(?:\((?P<unit>[\w.]{1,24})\))?\s*[:|]\s*(?P<value>\d[\d,.']*)(?P<own>\s?[KMGT]i?B?\b)?",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"[\s_=+|:*#/>-]*")
MAX_IDLE: Final = 4


def read_totals(line: Flow) -> Iterator[Cell]:
    """The claims of the lines below a summary of torch, also of several run together."""
    if len(line) > 3_000:
        return
    units = {name: unit for name, _, unit in TOTALS}
    for match in _LINE.finditer(line.text):
        value = _VALUE.match(line.text, match.end())
        if value is None:
            continue
        quantity: Quantity = match.lastgroup  # type: ignore[assignment]
        unit = value["unit"] or (units[quantity] if not value["own"] else "")
        if quantity == "ops" and value["unit"]:
            unit = _letter(value["unit"])
        end = value.end("own") if value["own"] else value.end("value")
        claim = line.cut(value.start("value"), end).strip(" ,.")
        yield Cell(quantity=quantity, flow=claim, unit=unit, label=" ".join(match[0].split()))


def _letter(word: str) -> str:
    """``Units.GIGABYTES`` and ``GB`` before operations mean G."""
    bare = word.lower().removeprefix("units.")
    return bare[0].upper() if bare[0] in "kmgt" else ""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every summary of the section. It begins at its header, or at its first row."""
    index = 0
    while index < len(section.lines):
        if index in section.taken or not _begins(section, index):
            index += 1
            continue
        table, end = _read_one(section, index)
        if table is not None:
            section.take(index, end)
            yield table
        index = max(end, index + 1)


def _begins(section: Section, index: int) -> bool:
    """A header with a row of torchsummary soon after it, or such a row."""
    text = section.lines[index].text[:3_000]
    if _is_row(text):
        return True
    if not HEADER.search(text):
        return False
    return any(_is_row(line.text[:3_000]) for line in section.lines[index + 1 : index + 6])


def _is_row(text: str) -> bool:
    match = ROW.search(text)
    return match is not None and match["shape"] is not None


def _read_one(section: Section, start: int) -> tuple[ClaimTable | None, int]:
    rows: list[Row] = []
    totals: list[Cell] = []
    gaps = False
    idle, index, end = 0, start, start + 1
    while index < len(section.lines) and idle < MAX_IDLE and index not in section.taken:
        line = section.lines[index].flow
        index += 1
        text = line.text[:3_000]
        if HEADER.search(text) and index - 1 > start and (rows or totals):
            break
        found = [] if totals else _rows(line)
        sums = list(read_totals(line))
        if found:
            rows.extend(found)
        elif sums:
            totals.extend(sums)
        elif rows and not totals and _SEVERAL.search(text):
            gaps = True  # a layer with several outputs, which is in the sum
        elif rows and not totals and re.fullmatch(r"[\s|*#/>]*(?:\.{2,}|…|⋮)[\s.|…]*", text):
            gaps = True
        elif _RULE.fullmatch(text):
            idle += not text.strip()
            end = index if text.strip() and not (totals and _last(totals)) else end
            continue
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
    if len(rows) < 2:
        return None, start + 1
    rows = _in_order(rows)
    return ClaimTable(
        dialect="torchsummary",
        form="layers",
        start=section.lines[start].flow,
        rows=tuple(rows),
        totals=tuple(totals),
        gaps=gaps or not totals or _skips(rows),
        family="torchsummary",
        wrapped=False,
    ), end


MAX_LOST = 2
"""Rows that may have been lost by accident; with more the listing is a selection."""


def _last(totals: list[Cell]) -> bool:
    return bool(totals) and totals[-1].quantity == "total_bytes"


def _rows(line: Flow) -> list[Row]:
    """The rows of one line: one as a rule, several where lines were run together."""
    if len(line) > 20_000:
        return []
    matches = [match for match in ROW.finditer(line.text) if match["shape"]]
    rows = []
    for match in matches:
        kind = torch_kind(match["class"])
        if kind is None:
            kind = "other"
        cells = [Cell(quantity="shape", flow=line.group(match, "shape"), label="Output Shape")]
        if match["input"]:
            cells.insert(0, Cell(quantity="in_shape", flow=line.group(match, "input"), label="Input Shape"))
        if match["count"]:
            cells.append(
                Cell(quantity="params", flow=line.group(match, "count").strip(" ,.'"), label="Param #")
            )
        name = f"{match['class']}-{match['number']}"
        rows.append(
            Row(kind=kind, name=name, type=match["class"], flow=line.group(match), cells=tuple(cells))
        )
    return rows


def _in_order(rows: list[Row]) -> list[Row]:
    """MXNet lists the activation inside a ``Dense`` before it, with the shape that leaves both."""
    made = list(rows)
    for index, (first, second) in enumerate(pairwise(rows)):
        if first.type == "Activation" and second.type == "Dense":
            made[index], made[index + 1] = second, first
    return made


def _skips(rows: list[Row]) -> bool:
    """Whether the numbers of the rows show that some are left out on purpose: more than a row or two."""
    numbers = [int(row.name.rsplit("-", 1)[1]) for row in rows]
    return numbers[-1] - len(numbers) > MAX_LOST
