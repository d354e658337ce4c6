"""What a layer sets, as plain values that can be written down and compared again."""

from __future__ import annotations

from math import isfinite
from typing import Any, Final

from vggstat.net.ops.base import Layer

__all__ = ["Settings", "settings_of"]

Settings = tuple[tuple[str, Any], ...]
"""Names and values: numbers, texts, None, and tuples of them."""

INPUTS: Final = "inputs"
"""What of the settings of a call follows from the layers before."""

WINDOW: Final = frozenset(("kernel", "stride", "padding", "dilation"))


def settings_of(layer: Layer) -> Settings:
    """What a layer sets otherwise than its kind does by default, its window and its groups aside, which rows have.

    Of a call in somebody's model, what was set in it too.
    """
    aside = {"groups", *layer.unwritten} if layer.geometry() is None else {"groups", *WINDOW}
    found = {
        name: getattr(layer, name)
        for name in layer.record_fields
        if name not in aside
        and (name not in layer.record_defaults or getattr(layer, name) != layer.record_defaults[name])
    }
    seen = dict(found.pop("settings", ()))
    seen.pop(INPUTS, None)
    if layer.geometry() is not None:
        seen = {name: value for name, value in seen.items() if name not in aside}
    return tuple((name, _plain(value)) for name, value in {**seen, **found}.items())


def _plain(value: Any) -> Any:
    """The value where JSON gives it back as it is, else its text."""
    if isinstance(value, tuple | list):
        return tuple(map(_plain, value))
    if value is None or isinstance(value, int | str) or (isinstance(value, float) and isfinite(value)):
        return value
    return repr(value)
