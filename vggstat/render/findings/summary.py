"""The sentences that close a run."""

from __future__ import annotations

from vggstat.lint.judge import Judgement
from vggstat.lint.model import Finding
from vggstat.render.findings import Tally
from vggstat.render.findings.data import relative_path, shown_path
from vggstat.render.width import visible

__all__ = ["describe_table", "step_summary", "summary_line"]

_NAMES = {
    "cs231n": "CS231n listing",
    "keras": "Keras summary",
    "torchsummary": "torchsummary listing",
    "torchinfo": "torchinfo listing",
    "lightning": "PyTorch Lightning summary",
    "bare-totals": "totals of a summary",
    "commented-code": "commented code",
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
    """``69 numbers read, 12 not, in 1 table of 1 file: 66 right. 1 error, 2 warnings.``"""
    if not tally.judged and not tally.errors:
        unread = f"; {_unread_alone(tally.unread)}" if tally.unread else ""
        return f"{_counted(tally.files, 'file')}: no table and no figure of a network found{unread}."
    fixed = _fixed(tally) if tally.fixing else ""
    hidden = f" {_hidden(tally)}" if tally.hidden else ""
    found = f"{_counted(tally.errors, 'error')}, {_counted(tally.warnings, 'warning')}"
    where = f"{_counted(tally.tables, 'table')} of {_counted(tally.files, 'file')}"
    rest = f"; {tally.unchecked:,} not checked" if tally.unchecked else ""
    read = f"{_counted(tally.claims, 'number')} read"
    read += f", {tally.unread:,} not," if tally.unread else ""
    return f"{read} in {where}: {tally.right:,} right{rest}. {found}.{hidden}{fixed}"


def _unread_alone(count: int) -> str:
    """What is said of numbers that were not read where no others were."""
    look = "looks like a figure" if count == 1 else "look like figures"
    return f"{_counted(count, 'number')} {look} but could not be read"


def _fixed(tally: Tally) -> str:
    """What --fix has done, and what it leaves; empty where there was nothing to do."""
    left = tally.errors + tally.warnings
    done = f"{_counted(tally.fixed, 'number')} {'fixed' if tally.fixing == 'fix' else 'would be fixed'}"
    if left:
        return f" {done}, {_counted(left, 'finding')} left for you to decide."
    return f" {done}." if tally.fixed else ""


def _hidden(tally: Tally) -> str:
    return f"{_counted(tally.hidden, 'finding')} below {tally.min_confidence:g} not shown."


def step_summary(tally: Tally) -> str:
    """The run as Markdown for a step of a pull request: the counts, and the first findings, of which there annotations
    show ten."""
    text = f"### vggstat check\n\n{_cell(summary_line(tally))}\n"
    if not tally.listed:
        return text
    rows = [_row(path, finding) for path, finding in tally.listed]
    number = tally.errors + tally.warnings
    more = f"\nThe first {len(rows)} of {number:,} are listed.\n" if number > len(rows) else ""
    head = "| place | rule | finding | expected |\n| --- | --- | --- | --- |\n"
    return "\n".join((text, head + "".join(rows) + more))


def _row(path: str, finding: Finding) -> str:
    place = f"{shown_path(relative_path(path))}:{finding.place.line}:{finding.place.column}"
    words = (place, f"{finding.code} {finding.severity}", finding.message, finding.expected)
    return f"| {' | '.join(map(_cell, words))} |\n"


def _cell(text: str) -> str:
    """Words of a document as a cell of a Markdown table that shows them and nothing else."""
    escaped = "".join(
        f"\\{sign}" if sign in "\\`*_[]<>|#~@" else sign for sign in " ".join(visible(text).split())
    )
    return escaped.replace("&", "&amp;")


def describe_table(judgement: Judgement) -> str:
    """``CS231n listing of D (VGG-16), 224×224 image, 1000 classes, weights without biases``."""
    parts = [_NAMES.get(judgement.table.dialect, judgement.table.dialect)]
    if judgement.spec:
        title = f" ({judgement.title})" if judgement.title and judgement.title != judgement.spec else ""
        parts[0] += f" of {judgement.spec}{title}"
    elif judgement.nearest:
        parts[0] += f" of a network that is not shipped (nearest: {judgement.nearest})"
    if judgement.input:
        channels, height, width = judgement.input
        parts.append(f"{height}×{width} {'RGB ' if channels == 3 else ''}image")
    if judgement.classes:
        parts.append(f"{judgement.classes:,} classes")
    parts.extend(judgement.convention.get(column, "") for column in ("params", "memory", "ops"))
    return ", ".join(part for part in parts if part)
