"""How many tensors a file of weights may hold, in any format: what comes after looks at each of them several times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from vggstat.errors import InputError

__all__ = ["few"]

T = TypeVar("T")

MOST: Final = 5_000
"""DenseNet-121 has 727, with its counters."""


def few(tensors: Iterable[T], path: Path) -> Iterator[T]:
    """What is given, one at a time. Raises InputError when they become too many to be a network's."""
    for number, tensor in enumerate(tensors):
        if number >= MOST:
            raise InputError(
                f"{path}: it holds more than {MOST:,} tensors: no network that is compared here has as many"
            )
        yield tensor
