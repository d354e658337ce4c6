"""Exact figures of networks, each under its convention: shapes, parameters, operations, memory.

    >>> import vggstat
    >>> report = vggstat.analyze("vgg16")
    >>> report.total.params
    138357544

The public names are imported when they are first used, so that ``import vggstat`` stays cheap.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from vggstat.version import __version__

if TYPE_CHECKING:
    from vggstat.api import analyze, check, compare, explain, load, to_dict

__all__ = ["__version__", "analyze", "check", "compare", "explain", "load", "to_dict"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from vggstat import api

        return getattr(api, name)
    raise AttributeError(f"module 'vggstat' has no attribute {name!r}")


if "IPython" in sys.modules:
    # In a notebook, reports are shown as tables; elsewhere nothing is imported for it.
    from vggstat.render.notebook import register

    register()
