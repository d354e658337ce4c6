"""Stacks of convolutions at a constant width: the paper's argument for small filters (section 2.3)."""

from __future__ import annotations

import re

from vggstat.errors import UsageError
from vggstat.records import Record

__all__ = ["Stack", "parse_stack"]


class Stack(Record):
    """Convolutions one after the other, stride 1, ``channels`` in and out, each followed by a ReLU."""

    kernels: tuple[int, ...]
    channels: int

    @property
    def text(self) -> str:
        return " ".join(f"{kernel}x{kernel}" for kernel in self.kernels)

    @property
    def receptive_field(self) -> int:
        """1 + the sum of (kernel − 1): three 3x3 layers see 7x7 pixels."""
        return 1 + sum(kernel - 1 for kernel in self.kernels)

    @property
    def squares(self) -> int:
        """Weights in units of C², C being the number of channels: 27 for three 3x3 layers."""
        return sum(kernel**2 for kernel in self.kernels)

    @property
    def weights(self) -> int:
        """Weights without biases: the sum of kernel² · C²."""
        return self.squares * self.channels**2

    @property
    def params(self) -> int:
        """Weights and one bias per filter."""
        return self.weights + len(self.kernels) * self.channels

    @property
    def macs_per_pixel(self) -> int:
        """Multiply-accumulates for each pixel of the output map: as many as weights."""
        return self.weights

    def macs(self, side: int) -> int:
        """Multiply-accumulates on a square map of that side."""
        return self.weights * side**2

    @property
    def nonlinearities(self) -> int:
        return len(self.kernels)


def parse_stack(words: list[str], channels: int) -> Stack:
    """The stack that ``3x3 3x3`` names. Raises UsageError for anything but square odd kernels."""
    kernels = []
    for word in words:
        match = re.fullmatch(r"(\d{1,3})(?:[x×](\d{1,3}))?", word)
        side = int(match[1]) if match else 0
        if match is None or side < 1 or (match[2] and int(match[2]) != side) or side % 2 == 0:
            raise UsageError(f"a stack is made of odd square kernels such as 3x3, 5x5 or 7x7, not {word!r}")
        kernels.append(side)
    if not kernels:
        raise UsageError("a stack needs at least one kernel, such as 3x3")
    return Stack(kernels=tuple(kernels), channels=channels)
