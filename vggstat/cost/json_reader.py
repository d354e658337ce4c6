"""Typed access to JSON that somebody else wrote: each field is asked for as what it has to be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from vggstat.errors import InputError

__all__ = ["Reader"]

T = TypeVar("T")


class Reader:
    """Typed access to one JSON object; every complaint names the place."""

    def __init__(self, value: Any, place: str, source: str) -> None:
        self.source = source
        self.place = place
        if not isinstance(value, dict):
            raise self.wrong("", f"expected an object, got {_shown(value)}")
        self.value: dict[str, Any] = value

    def wrong(self, key: str, text: str) -> InputError:
        """The complaint about a key, or about the object itself, to be raised."""
        path = f"{self.place}.{key}".strip(".") if key else self.place
        return InputError(f"{self.source}: {path or 'the file'}: {text}")

    def _get(self, key: str, wanted: Callable[[Any], bool], what: str, default: Any) -> Any:
        found = self.value.get(key, default)
        if found is _REQUIRED:
            raise self.wrong(key, "is missing")
        if found is default and key not in self.value:
            return found
        if not wanted(found):
            raise self.wrong(key, f"expected {what}, got {_shown(found)}")
        return found

    def text(self, key: str, default: Any = None) -> str:
        """A text; without a default it has to be there."""
        return cast(str, self._get(key, _is_text, "a text", _REQUIRED if default is None else default))

    def maybe_text(self, key: str) -> str | None:
        """A text, None where it is null or not there."""
        return cast("str | None", self._get(key, lambda v: v is None or _is_text(v), "a text or null", None))

    def count(self, key: str, default: Any = None) -> int:
        """An integer; without a default it has to be there."""
        wanted = _REQUIRED if default is None else default
        return cast(int, self._get(key, _is_count, "a whole number", wanted))

    def maybe_count(self, key: str) -> int | None:
        """An integer, None where it is null or not there."""
        return cast(
            "int | None", self._get(key, lambda v: v is None or _is_count(v), "a whole number or null", None)
        )

    def number(self, key: str, default: Any = None) -> float:
        """A number; without a default it has to be there."""
        wanted = _REQUIRED if default is None else default
        return float(self._get(key, _is_number, "a number", wanted))

    def maybe_number(self, key: str) -> float | None:
        """A number, None where it is null or not there."""
        found = self._get(key, lambda v: v is None or _is_number(v), "a number or null", None)
        return None if found is None else float(found)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        return cast(bool, self._get(key, lambda v: isinstance(v, bool), "true or false", default))

    def times(self, key: str, default: Any = None) -> tuple[float, ...]:
        """Seconds, in order; without a default they have to be there."""
        wanted = _REQUIRED if default is None else default
        found = self._get(key, _are_times, "a list of positive seconds", wanted)
        return tuple(float(sample) for sample in found)

    def mapping(self, key: str) -> dict[str, Any]:
        """An object as it is, empty where it is not there."""
        return cast("dict[str, Any]", self._get(key, lambda v: isinstance(v, dict), "an object", {}))

    def objects(self, key: str, read: Callable[[Reader], T], *, required: bool = False) -> tuple[T, ...]:
        """What ``read`` makes of each object of a list."""
        default: Any = _REQUIRED if required else []
        found = self._get(key, lambda v: isinstance(v, list), "a list", default)
        place = f"{self.place}.{key}".strip(".")
        return tuple(read(Reader(entry, f"{place}[{at}]", self.source)) for at, entry in enumerate(found))

    def maybe_object(self, key: str, read: Callable[[Reader], T]) -> T | None:
        """What ``read`` makes of an object, None where it is null or not there."""
        found = self.value.get(key)
        return None if found is None else read(Reader(found, f"{self.place}.{key}".strip("."), self.source))


_REQUIRED: Final = object()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_times(value: Any) -> bool:
    # 0 is a time too: a layer may take less than the clock's step.
    return isinstance(value, list) and all(_is_number(entry) and 0 <= entry < 1e9 for entry in value)


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 30 else f"{text[:27]}..."
