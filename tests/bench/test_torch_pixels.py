"""Convolutions over few channels, in the forms that a GPU takes well: the same sums."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch.nn import functional

from vggstat.measure.bench import pixels


@pytest.mark.parametrize("size", [1, 3, 5, 7])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("count", [2, 4, 8])
def test_neighbouring_pixels_as_one(size: int, channels: int, count: int) -> None:
    """In float64, against torch's convolution of the images as they are; the border is zeros on both sides."""
    torch.manual_seed(size * 100 + channels * 10 + count)
    images = torch.randn(2, channels, 6, 16).double().contiguous(memory_format=torch.channels_last)
    weight, bias = torch.randn(5, channels, size, size).double(), torch.randn(5).double()
    inner = pixels.grouped(weight, bias, count)
    call = partial(functional.conv2d, weight=inner.weight, bias=inner.bias, padding=inner.padding)
    made = pixels.widened(call, count, pixels.to_few, images)

    torch.testing.assert_close(made, functional.conv2d(images, weight, bias, padding=size // 2))
    assert made.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_windows_as_rows(size: int, channels: int) -> None:
    """The matrix of windows times the weights is the convolution; rows are a multiple of 8 values long."""
    torch.manual_seed(size * 10 + channels)
    images = torch.randn(2, channels, 6, 10).double()
    weight = torch.randn(5, channels, size, size).double()
    rows = pixels.columns(size, images)
    made = (rows @ pixels.dense_weight(weight)).view(2, 6, 10, 5).permute(0, 3, 1, 2)

    assert rows.shape == (120, -(-channels * size * size // 8) * 8)
    torch.testing.assert_close(made, functional.conv2d(images, weight, padding=size // 2))


@pytest.mark.parametrize(
    ("shape", "stride", "dilation", "groups", "holds"),
    [
        ((64, 3, 3, 3), (1, 1), (1, 1), 1, True),
        ((64, 8, 3, 3), (1, 1), (1, 1), 1, False),  # enough channels
        ((64, 3, 2, 2), (1, 1), (1, 1), 1, False),  # a window without a middle
        ((64, 3, 3, 5), (1, 1), (1, 1), 1, False),
        ((64, 3, 7, 7), (2, 2), (1, 1), 1, False),
        ((64, 3, 3, 3), (1, 1), (2, 2), 1, False),
        ((64, 1, 3, 3), (1, 1), (1, 1), 3, False),
    ],
)
def test_where_they_hold(
    shape: tuple[int, ...], stride: tuple[int, int], dilation: tuple[int, int], groups: int, holds: bool
) -> None:
    """A stride, a dilation or groups are left to cuDNN."""
    assert pixels.is_narrow(torch.empty(shape), stride, dilation, groups) is holds
