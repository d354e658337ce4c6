"""``vggstat list``."""

from __future__ import annotations

from vggstat.cli.common import FormatOption, OutputOption, WidthOption, load_report, show
from vggstat.cost.variant import Variant


def command(format_name: FormatOption = None, output: OutputOption = None, width: WidthOption = None) -> None:
    """List the networks that ship with vggstat, with their headline figures."""
    from vggstat.render.views.listing import list_page
    from vggstat.sources.spec.library import families

    reports = {
        family: [load_report(name, Variant(argument=name)) for name in names]
        for family, names in families().items()
    }
    show(list_page(reports), format_name, output, width)
