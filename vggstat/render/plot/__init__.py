"""Plots: one file a kind in ``kinds/``, holding ``KIND``; there is no other registration.

A kind turns reports into a ``Plot``: data rows, and a Vega-Lite view of them as plain data. Text, CSV and
Vega-Lite need nothing more; SVG, PNG and PDF are drawn by vl-convert (the extra ``plot``), which holds Vega
and a JavaScript engine in one wheel, and asks neither a browser nor the network. Altair would write the same
Vega-Lite, at the price of five more packages and 0.4 s of import, so it only checks the views, in the tests.
Matplotlib would draw as well, but has no data format behind the picture and needs numpy.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from vggstat.errors import UsageError
from vggstat.render.plot.model import Kind, Plot, Request

__all__ = ["Kind", "Plot", "Request", "find_kind", "kind_names"]


def kind_names() -> tuple[str, ...]:
    """Every kind of plot, by name."""
    stems = (path.stem for path in (Path(__file__).parent / "kinds").glob("*.py"))
    return tuple(sorted(stem.replace("_", "-") for stem in stems if stem != "__init__"))


def find_kind(name: str) -> Kind:
    """The kind of that name. Raises UsageError with the known ones."""
    if name.lower() not in kind_names():
        raise UsageError(
            f"unknown plot {name!r}: expected one of {', '.join(kind_names())}, after the networks"
        )
    module = import_module(f"vggstat.render.plot.kinds.{name.lower().replace('-', '_')}")
    kind: Kind = module.KIND
    return kind
