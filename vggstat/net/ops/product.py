"""Products that no spec can write: convolutions of one or three axes, FC layers on tokens, products of maps."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any, ClassVar, final

from vggstat.net.ops.base import Autocast, Slide
from vggstat.net.ops.seen import Seen
from vggstat.net.work import Work
from vggstat.shapes import Shape, even, values

__all__ = ["Attention", "MatMul", "SeenConv", "SeenLinear", "SeenTransposedConv"]


def _label(stem: str, kernel: tuple[int, ...], filters: int) -> str:
    """``conv3-64`` where the kernel is a square, else with each of its sides."""
    sides = kernel[:1] if len(kernel) == 2 and len(set(kernel)) == 1 else kernel
    return f"{stem}{'x'.join(map(str, sides))}-{filters}"


def _slide(kernel: tuple[int, ...], settings: Iterable[tuple[str, Any]]) -> Slide | None:
    """How the window moves, where that was seen."""
    told = dict(settings)
    if "stride" not in told:
        return None
    return Slide(even(kernel), told["stride"], told["padding"], told["dilation"])


def _sum(products: Iterable[tuple[int, ...]]) -> int:
    return sum(map(prod, products))


@final
class SeenConv(Seen):
    """A convolution along one or three axes, over several maps of an image, or padded as the language does not write."""

    row_kind: ClassVar[str] = "conv"
    stem: ClassVar[str] = "conv"
    autocast: ClassVar[Autocast] = "low"

    filters: int
    kernel: tuple[int, ...]
    """Its side along each axis."""
    groups: int
    terms: int
    """Products that are summed to one value: the weights of a filter."""
    bias: bool

    @property
    def label(self) -> str:
        return _label(self.stem, self.kernel, self.filters)

    def geometry(self) -> Slide | None:
        return _slide(self.kernel, self.settings)

    def mac_products(self, *inputs: Shape) -> tuple[tuple[int, ...], ...]:
        """Values that leave by the weights of a filter."""
        return ((values(self.makes), self.terms),)

    def ops(self, *inputs: Shape) -> Work:
        """One multiply-accumulate per weight of a filter, for each output value (borders included)."""
        outputs = values(self.makes)
        return Work(conv_macs=_sum(self.mac_products()), conv_bias=outputs if self.bias else 0)


@final
class SeenTransposedConv(Seen):
    """A transposed convolution of any rank, padding and grouping."""

    row_kind: ClassVar[str] = "upconv"
    stem: ClassVar[str] = "upconv"
    autocast: ClassVar[Autocast] = "low"

    filters: int
    kernel: tuple[int, ...]
    """Its side along each axis."""
    groups: int
    spread: int
    """Products that each value takes part in that enters: filters of its group times the kernel's values."""
    terms: int
    """Products that are summed to one value that leaves, taken for a convolution."""
    bias: bool

    @property
    def label(self) -> str:
        return _label(self.stem, self.kernel, self.filters)

    def geometry(self) -> Slide | None:
        return _slide(self.kernel, self.settings)

    def mac_products(self, *inputs: Shape) -> tuple[tuple[int, ...], ...]:
        """Values that enter by the products that each takes part in."""
        return ((values(inputs[0]), self.spread),)

    def ops(self, *inputs: Shape) -> Work:
        """One multiply-accumulate per weight for each value that enters; some tools take those that leave."""
        outputs = values(self.makes)
        return Work(
            upconv_macs=_sum(self.mac_products(*inputs)),
            upconv_output_macs=outputs * self.terms,
            conv_bias=outputs if self.bias else 0,
        )


@final
class SeenLinear(Seen):
    """An FC layer over the last axis, the same at every place: on tokens ``(T, D)``, or maps whose channels are last."""

    row_kind: ClassVar[str] = "fc"
    stem: ClassVar[str] = "fc"
    keras_class: ClassVar[str] = "Dense"
    autocast: ClassVar[Autocast] = "low"

    terms: int
    """Inputs of one output."""
    bias: bool

    @property
    def label(self) -> str:
        return f"FC-{self.makes[-1]}"

    def mac_products(self, *inputs: Shape) -> tuple[tuple[int, ...], ...]:
        """Values that leave by the inputs of each."""
        return ((values(self.makes), self.terms),)

    def ops(self, *inputs: Shape) -> Work:
        """One multiply-accumulate per weight, for each place."""
        outputs = values(self.makes)
        return Work(linear_macs=_sum(self.mac_products()), linear_bias=outputs if self.bias else 0)


@final
class MatMul(Seen):
    """A product of two values that both come from the image."""

    row_kind: ClassVar[str] = "matmul"
    stem: ClassVar[str] = "matmul"
    autocast: ClassVar[Autocast] = "low"

    terms: int
    """Products that are summed to one value: the length of the axes that go."""

    def mac_products(self, *inputs: Shape) -> tuple[tuple[int, ...], ...]:
        """Values that leave by the terms of each."""
        return ((values(self.makes), self.terms),)

    def ops(self, *inputs: Shape) -> Work:
        """One multiply-accumulate for each value that leaves and each term of its sum."""
        return Work(matmul_macs=_sum(self.mac_products()))

    def gradient_products(self, *, inputs: int, weights: int) -> int:
        """Once for each factor that gets a gradient."""
        return inputs + weights


@final
class Attention(Seen):
    """Scaled dot products: queries by keys, and what softmax makes of them by values.

    ``queries`` are ``(..., L, D)``, keys ``(..., S, D)``, what leaves ``(..., L, V)``.
    """

    row_kind: ClassVar[str] = "attention"
    stem: ClassVar[str] = "attention"
    autocast: ClassVar[Autocast] = "low"

    keys: int
    """S: how many keys there are."""
    depth: int
    """D: the length of a query."""

    @property
    def label(self) -> str:
        return "attention"

    def mac_products(self, *inputs: Shape) -> tuple[tuple[int, ...], ...]:
        """Queries by keys by their length, and values that leave by keys."""
        return ((values(self.makes[:-1]), self.keys, self.depth), (values(self.makes), self.keys))

    def ops(self, *inputs: Shape) -> Work:
        """S · D multiply-accumulates for each query, and S for each value that leaves."""
        return Work(attention_macs=_sum(self.mac_products()))

    def gradient_products(self, *, inputs: int, weights: int) -> int:
        """Both products twice, once for each factor."""
        return 2 if inputs else 0
