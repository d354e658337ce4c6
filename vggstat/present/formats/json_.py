"""JSON for machines: the page's data, indented by two, with lists of plain values on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vggstat.present.page import Page, Target
from vggstat.present.width import json_escaped

__all__ = ["render"]


def render(page: Page, target: Target) -> str:
    """The page's data as JSON, ending in one newline."""
    text = "".join(_pieces(page.data(), "\n")) + "\n"
    return json_escaped(text, ascii_only=not target.encoding.lower().startswith("utf"))


def _pieces(value: Any, line: str) -> Iterator[str]:
    """The text of a value whose lines begin with ``line``: a newline and the indentation."""
    deeper = line + "  "
    if isinstance(value, dict) and value:
        mark = "{"
        for key, item in value.items():
            yield f"{mark}{deeper}{_scalar(str(key))}: "
            yield from _pieces(item, deeper)
            mark = ","
        yield line + "}"
    elif isinstance(value, tuple | list) and any(isinstance(item, dict | tuple | list) for item in value):
        mark = "["
        for item in value:
            yield mark + deeper
            yield from _pieces(item, deeper)
            mark = ","
        yield line + "]"
    elif isinstance(value, tuple | list):
        yield "[" + ", ".join(map(_scalar, value)) + "]"
    else:
        yield _scalar(value)


def _scalar(value: Any) -> str:
    return str(value) if type(value) is int else json.dumps(value, ensure_ascii=False, allow_nan=False)
