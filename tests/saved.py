"""Reports as `table --format json` saves them, for tests of what reads them back."""

from __future__ import annotations

from vggstat.cost.report import Report
from vggstat.cost.snapshot import Snapshot
from vggstat.cost.snapshot_json import parse_snapshot
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.styles import find_style
from vggstat.render.styles.base import TableOptions

__all__ = ["saved", "saved_text"]


def saved_text(report: Report) -> str:
    """What `table --format json` prints of it."""
    return render(find_style("layers")(report, TableOptions()), "json", Target())


def saved(report: Report, name: str = "baseline.json") -> Snapshot:
    """The report, saved in a file of that name and read back."""
    return parse_snapshot(saved_text(report).encode(), name)
