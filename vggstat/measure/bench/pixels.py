"""A convolution over few channels, such as the first one's three, in forms that a GPU's matrix units take well.

Matrix units multiply eight channels or more at once, and three leave most of them idle. Both forms compute the same sums:

- neighbouring pixels of a row are taken as channels of one wider pixel, so that four pixels of four channels (three and
  a zero) are one of sixteen, and four outputs of 64 channels one of 256; in memory nothing moves, as channels are last;
- or all that a window holds is laid out as a row of a matrix (im2col), which an ordinary product takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "FEW_CHANNELS",
    "Grouped",
    "columns",
    "compiled",
    "dense_weight",
    "grouped",
    "is_narrow",
    "to_few",
    "widened",
]

FEW_CHANNELS: Final = 4
ALIGNED: Final = 8
"""Rows of the matrix of windows are a multiple of so many values long: 16 bytes of two-byte formats."""


def is_narrow(weight: Tensor, stride: tuple[int, int], dilation: tuple[int, int], groups: int) -> bool:
    """Whether both forms hold: few channels, an odd square window, every pixel a window's middle."""
    _, channels, height, width = weight.shape
    return (
        channels <= FEW_CHANNELS
        and groups == 1
        and stride == (1, 1)
        and dilation == (1, 1)
        and height == width
        and height % 2 == 1
    )


class Grouped(NamedTuple):
    """The convolution over grouped pixels: its weight, its bias, and the padding of it."""

    weight: Tensor
    bias: Tensor | None
    padding: tuple[int, int]


def grouped(weight: Tensor, bias: Tensor | None, count: int) -> Grouped:
    """Weights for ``count`` pixels of a row at once, for a window of ``weight`` that pads by half of itself.

    Output pixel ``p`` of a group needs input pixel ``q`` of the group ``d`` away with the weight of column
    ``count * d + q - p`` from the middle; beyond the window it is zero.
    Returns weights of ``(count * filters, count * FEW_CHANNELS, height, 2 * reach + 1)``, channels last.
    """
    filters, channels, size, _ = weight.shape
    half = size // 2
    reach = -(-half // count)
    wide = weight.new_zeros((count, filters, count, FEW_CHANNELS, size, 2 * reach + 1))
    for p in range(count):
        for q in range(count):
            for d in range(-reach, reach + 1):
                column = count * d + q - p + half
                if 0 <= column < size:
                    wide[p, :, q, :channels, :, d + reach] = weight[:, :, :, column]
    wide = wide.reshape(count * filters, count * FEW_CHANNELS, size, 2 * reach + 1)
    repeated = None if bias is None else bias.repeat(count)
    return Grouped(wide.contiguous(memory_format=torch.channels_last), repeated, (half, reach))


def widened(
    inner: Callable[[Tensor], Tensor], count: int, pad: Callable[[Tensor], Tensor], x: Tensor
) -> Tensor:
    """Images ``(batch, channels, height, width)``, channels last, through a convolution over grouped pixels."""
    batch, _, height, width = x.shape
    full = pad(x).permute(0, 2, 3, 1)
    groups = full.reshape(batch, height, width // count, count * FEW_CHANNELS).permute(0, 3, 1, 2)
    made = inner(groups).permute(0, 2, 3, 1)
    return made.reshape(batch, height, width, -1).permute(0, 3, 1, 2)


def to_few(x: Tensor) -> Tensor:
    """The channels filled up with zeros."""
    return functional.pad(x, (0, 0, 0, 0, 0, FEW_CHANNELS - x.shape[1]))


def columns(size: int, x: Tensor) -> Tensor:
    """What the windows hold, ``(batch * height * width, row)``: tap by tap, channels within, zeros at the end."""
    batch, channels, height, width = x.shape
    half = size // 2
    padded = functional.pad(x.permute(0, 2, 3, 1), (0, 0, half, half, half, half))
    taps = [
        padded[:, row : row + height, column : column + width]
        for row in range(size)
        for column in range(size)
    ]
    rest = -(channels * size * size) % ALIGNED
    if rest:
        taps.append(x.new_zeros((batch, height, width, rest)))
    return torch.cat(taps, -1).view(batch * height * width, -1)


def dense_weight(weight: Tensor) -> Tensor:
    """The weights as ``columns`` lays windows out: ``(row, filters)``."""
    filters = weight.shape[0]
    flat = weight.permute(0, 2, 3, 1).reshape(filters, -1)
    return functional.pad(flat, (0, -flat.shape[1] % ALIGNED)).t()


def compiled(function: Callable[..., Any], *first: Any) -> Callable[[Tensor], Tensor]:
    """As one kernel of Inductor, for one shape."""
    made: Callable[[Tensor], Tensor] = torch.compile(partial(function, *first), dynamic=False, fullgraph=True)
    return made
