"""Exact figures of networks, each under its convention: shapes, parameters, operations, memory.

The public names are imported when they are first used, so that ``import vggstat`` stays cheap.
"""

from __future__ import annotations

__version__ = "0.1.0"
