"""What is said of a model whose weights are not stored in the format that figures are of by default."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["formats_note"]


def formats_note(whose: str, stored: Iterable[tuple[str, int]]) -> str:
    """A sentence on the formats of tensors, told with their values each; empty where all are float32."""
    values: dict[str, int] = {}
    for name, count in stored:
        values[name] = values.get(name, 0) + count
    if values.keys() <= {"float32"}:
        return ""
    words = next(iter(values))
    if len(values) > 1:
        *others, last = (f"{name} ({count:,})" for name, count in values.items())
        words = f"{', '.join(others)} and {last}"
    return f"{whose} are in {words}; bytes here are those of --dtype, which is float32 unless given."
