"""``vggstat configs``."""

from __future__ import annotations

from typing import Final

from vggstat.cli.common import FormatOption, OutputOption, WidthOption, load_reports, show
from vggstat.cost.variant import Variant

PAPER: Final = ["A", "A-LRN", "B", "C", "D", "E"]
"""The columns of the paper's Table 1, in its order."""


def command(format_name: FormatOption = None, output: OutputOption = None, width: WidthOption = None) -> None:
    """Show the paper's configurations A to E side by side (its Table 1), with their parameters (its Table 2)."""
    from vggstat.render.views.configs import configs_page

    show(configs_page(load_reports(PAPER, Variant(argument=""))), format_name, output, width)
