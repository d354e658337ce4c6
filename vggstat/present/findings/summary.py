"""The sentences that close a run."""

from __future__ import annotations

from vggstat.claims.judge import Judgement
from vggstat.present.findings import Tally

__all__ = ["describe_table", "summary_line"]

_NAMES = {
    "cs231n": "CS231n listing",
    "keras": "Keras summary",
    "torchsummary": "torchsummary listing",
    "torchinfo": "torchinfo listing",
    "print-model": "printed torch model",
    "markdown": "Markdown table",
    "html": "HTML table",
    "latex": "LaTeX table",
    "delimited": "table",
    "prose": "prose",
    "configurations": "configuration column",
}


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def summary_line(tally: Tally) -> str:
    """``69 numbers in 1 table of 1 file: 1 error, 1 warning.``"""
    if not tally.judged and not tally.errors:
        return f"{_counted(tally.files, 'file')}: no table and no figure of a network found."
    found = f"{_counted(tally.errors, 'error')}, {_counted(tally.warnings, 'warning')}"
    where = f"{_counted(tally.tables, 'table')} of {_counted(tally.files, 'file')}"
    rest = f"; {tally.unchecked:,} not checked" if tally.unchecked else ""
    return f"{_counted(tally.claims, 'number')} in {where}: {tally.right:,} right{rest}. {found}."


def describe_table(judgement: Judgement) -> str:
    """``CS231n listing of D (VGG-16), 224×224 image, 1000 classes, weights without biases``."""
    parts = [_NAMES.get(judgement.table.dialect, judgement.table.dialect)]
    if judgement.spec:
        title = f" ({judgement.title})" if judgement.title and judgement.title != judgement.spec else ""
        parts[0] += f" of {judgement.spec}{title}"
    elif judgement.nearest:
        parts[0] += f" of no shipped network (nearest: {judgement.nearest})"
    if judgement.input:
        channels, height, width = judgement.input
        parts.append(f"{height}×{width} {'RGB ' if channels == 3 else ''}image")
    if judgement.classes:
        parts.append(f"{judgement.classes:,} classes")
    parts.extend(judgement.convention.get(column, "") for column in ("params", "memory", "ops"))
    return ", ".join(part for part in parts if part)
