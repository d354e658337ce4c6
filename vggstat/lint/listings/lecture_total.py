"""The wrong total that the CS231n lecture prints under D's rows, and copies of it."""

from __future__ import annotations

from vggstat.lint.errata import find_errata, is_lecture
from vggstat.lint.listings.whole import Whole
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.tool_sizes import FLOAT32
from vggstat.lint.verdicts import counted


def is_lecture_total(whole: Whole, cell: Cell, number: Number) -> bool:
    """Enter the known erratum, if the number is that."""
    in_bytes = number.unit.bytes
    entries = filter(is_lecture, find_errata("memory" if in_bytes else "values", whole.network.name))
    if not any(number.admits(stated) for entry in entries for stated in entry.stated):
        return False
    values = sum(target.values for target in whole.rows)
    size = FLOAT32 * values
    whole.verdicts.wrong_part(
        "V502",
        cell,
        number,
        f"known erratum of the CS231n lecture: its rows add up to {values / 1e6:.1f}M, not to 24M",
        severity="warning",
        expected=format_like(number, size if in_bytes else values),
        notes=(
            f"{counted(len(whole.rows), 'row')}: {values:,} values = {size / 1e6:.2f} MB = "
            f"{size / 2**20:.2f} MiB. More: vggstat rule V502",
        ),
    )
    return True


def join_findings(whole: Whole) -> None:
    """The lecture's ``24M * 4 bytes ~= 93MB`` as one finding where both halves stand on one line."""
    verdicts = whole.verdicts
    found = [finding for finding in verdicts.findings if finding.code == "V502"]
    cells = [
        cell
        for cell in whole.table.totals
        if cell.quantity in ("values", "memory") and len(cell.flow.starts) == 1
    ]
    if len(found) != 2 or len(cells) != 2 or found[0].place.line != found[1].place.line:
        return
    line, first = cells[0].flow.origins[0]
    other, second = cells[1].flow.origins[0]
    if line is not other or second < first:
        return
    between = line.text[first + len(cells[0].flow) : second]
    values = sum(target.values for target in whole.rows)
    joined = found[0].replace(
        place=found[0].place._replace(end_column=found[1].place.end_column),
        text=line.text[first : second + len(cells[1].flow)],
        expected=f"{values / 1e6:.1f}M{between}{found[1].expected}",
    )
    verdicts.findings = [*(finding for finding in verdicts.findings if finding.code != "V502"), joined]
