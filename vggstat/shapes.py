"""Shapes of feature maps, without the batch axis."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from vggstat.errors import ShapeError

__all__ = [
    "Extents",
    "Shape",
    "Sides",
    "along_axes",
    "area",
    "describe",
    "even",
    "feature_map",
    "features",
    "pair",
    "reads_channels_last",
    "spell",
    "square",
    "values",
]

Shape = tuple[int, ...]
"""``(channels, height, width)`` of a feature map, or ``(features,)`` of a vector."""


Sides = int | tuple[int, int]
"""Something with a height and a width (a kernel, a stride): one number where they are the same."""


Extents = int | tuple[int, ...]
"""The same along any number of axes."""


def even(sizes: Iterable[int]) -> Extents:
    """One number where they are the same along all axes."""
    along = tuple(sizes)
    return along[0] if len(set(along)) == 1 else along


def along_axes(extents: Extents, shape: Shape) -> tuple[int, ...]:
    """One number for each axis of a map of that shape but the channels."""
    return (extents,) * (len(shape) - 1) if isinstance(extents, int) else extents


def pair(sides: Sides) -> tuple[int, int]:
    """``(height, width)``."""
    return (sides, sides) if isinstance(sides, int) else sides


def square(height: int, width: int) -> Sides:
    """One number where they are the same."""
    return height if height == width else (height, width)


def area(sides: Sides) -> int:
    """Height times width."""
    height, width = pair(sides)
    return height * width


def spell(sides: Extents, sign: str = "×") -> str:
    """``3``, or ``1×7`` where height and width differ."""
    return str(sides) if isinstance(sides, int) else sign.join(map(str, sides))


def values(shape: Shape) -> int:
    """The number of values in one map of this shape."""
    return prod(shape)


def describe(shape: Shape) -> str:
    """The shape as people write it: ``224×224×64`` (height, width, channels) or ``4096``."""
    if len(shape) == 3:
        channels, height, width = shape
        return f"{height}×{width}×{channels}"
    return "×".join(map(str, shape))


def reads_channels_last(image: tuple[int, int, int]) -> bool:
    """Whether ``(channels, height, width)`` looks as if it were meant as height, width, channels.

    The last size is then a number of colour channels that the first two are not; a width of 1 is that of a signal,
    too, unless the first two are alike.
    """
    channels, height, width = image
    if width == 1:
        return channels == height > 4
    return width in (3, 4) and channels > 4 and height > 4


def feature_map(shape: Shape, needed_by: str) -> tuple[int, int, int]:
    """``(channels, height, width)``, or a ShapeError where the shape is a vector."""
    if len(shape) != 3:
        raise ShapeError(
            f"{needed_by} needs a feature map (channels, height, width), but gets {describe(shape)} values "
            "in a row: move it before the first FC layer or the flatten"
        )
    channels, height, width = shape
    return channels, height, width


def features(shape: Shape, needed_by: str) -> int:
    """The length of a vector, or a ShapeError where the shape is a feature map."""
    if len(shape) != 1:
        raise ShapeError(
            f"{needed_by} needs a vector, but gets a map of {describe(shape)}: put a flatten before it"
        )
    return shape[0]
