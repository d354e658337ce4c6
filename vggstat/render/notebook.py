"""Display in notebooks: reports, comparisons and measurements as tables.

IPython asks its formatters how to show a value. Ours are registered by the names of the classes, so nothing is
imported before there is something to show, and the records know nothing of it. ``import vggstat`` inside IPython
registers them; elsewhere nothing happens.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from vggstat.render.page import Page, Target

__all__ = ["CLASSES", "html_of", "page_of", "register", "text_of"]

CLASSES: Final = (
    ("vggstat.cost.report", "Report"),
    ("vggstat.cost.compare", "Comparison"),
    ("vggstat.cost.bench", "BenchResult"),
    ("vggstat.cost.bench", "BenchFile"),
)
"""Module and name of each class that is shown as tables."""

WIDTH: Final = 110

STYLE: Final = (
    "<style>.vggstat table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    ".vggstat caption{text-align:left;font-weight:bold}"
    ".vggstat th,.vggstat td{text-align:left;padding:.1em .6em;white-space:nowrap}"
    ".vggstat .n{text-align:right}.vggstat tbody th{font-weight:normal}.vggstat .total>*{font-weight:bold}"
    ".vggstat .note{opacity:.75;font-size:.9em;margin:.2em 0}</style>"
)


def register(shell: Any = None) -> bool:
    """Whether there is an IPython shell (the running one, if None) that shows our records from now on."""
    shell = shell if shell is not None else _running_shell()
    if shell is None:
        return False
    formatters = shell.display_formatter.formatters
    for module, name in CLASSES:
        formatters["text/html"].for_type_by_name(module, name, html_of)
        formatters["text/plain"].for_type_by_name(module, name, _pretty)
    return True


def _running_shell() -> Any:
    """IPython's shell, where this runs in one: it has been imported then."""
    module = sys.modules.get("IPython")
    find: Callable[[], Any] | None = getattr(module, "get_ipython", None)
    return find() if find is not None else None


def page_of(record: Any) -> Page:
    """The page that shows a record: the one its command prints."""
    kind = type(record).__name__
    if kind == "Report":
        from vggstat.render.styles.base import TableOptions
        from vggstat.render.styles.layers import render

        return render(record, TableOptions())
    if kind == "Comparison":
        from vggstat.render.views.compare import comparison_page

        return comparison_page(record, only_differences=False)
    return _bench_page(record)


def _bench_page(record: Any) -> Page:
    from vggstat.cost.bench import BenchFile, BenchResult, DeviceInfo
    from vggstat.render.plot import Request, find_kind
    from vggstat.render.plot.page import plot_page

    file = record
    if isinstance(record, BenchResult):
        device = DeviceInfo(
            kind="cpu" if record.device == "cpu" else "cuda", name=record.device, memory_bytes=0
        )
        file = BenchFile(started="", device=device, ceilings=(), results=(record,))
    return plot_page(find_kind("bench").build(Request(reports=(), bench=file)))


def html_of(record: Any) -> str:
    """The record's page as a piece of HTML."""
    from vggstat.render.report_page.markup import escaped, page_parts

    page = page_of(record)
    aside = f" · {escaped(page.aside)}" if page.aside else ""
    return f'<div class="vggstat">{STYLE}<p><b>{escaped(page.title)}</b>{aside}</p>{page_parts(page)}</div>'


def text_of(record: Any) -> str:
    """The record's page as text, for a terminal."""
    from vggstat.render import render

    return render(page_of(record), "text", Target(width=WIDTH)).rstrip("\n")


def _pretty(record: Any, printer: Any, cycle: bool) -> None:
    """IPython's printers write into what they are given."""
    printer.text("..." if cycle else text_of(record))
