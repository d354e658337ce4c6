"""JSON for machines: the page's data, indented by two, with lists of plain values on one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vggstat.render.page import Page, Target
from vggstat.render.width import json_escaped

__all__ = ["pieces"]

_COMPOSED = (dict, tuple, list, Iterator)
_quoted = json.JSONEncoder(ensure_ascii=False).encode


def pieces(page: Page, target: Target) -> Iterator[str]:
    """The page's data as JSON; what they hold as an iterator is a list that is never there all at once."""
    ascii_only = not target.encoding.lower().startswith("utf")
    for text in _pieces(page.data(), "\n"):
        yield json_escaped(text, ascii_only)
    yield "\n"


def _pieces(value: Any, line: str) -> Iterator[str]:
    """The text of a value whose lines begin with ``line``: a newline and the indentation."""
    deeper = line + "  "
    if isinstance(value, Iterator):
        mark = "["
        for item in value:
            yield mark + deeper + "".join(_pieces(item, deeper))
            mark = ","
        yield "[]" if mark == "[" else line + "]"
    elif isinstance(value, dict) and value:
        mark = "{"
        for key, item in value.items():
            start = f"{mark}{deeper}{_scalar(str(key))}: "
            if isinstance(item, _COMPOSED):
                yield start
                yield from _pieces(item, deeper)
            else:
                yield start + _scalar(item)
            mark = ","
        yield line + "}"
    elif isinstance(value, tuple | list) and any(isinstance(item, _COMPOSED) for item in value):
        yield from _pieces(iter(value), line)
    elif isinstance(value, tuple | list):
        yield "[" + ", ".join(map(_scalar, value)) + "]"
    else:
        yield _scalar(value)


def _scalar(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if type(value) is str:
        return _quoted(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
