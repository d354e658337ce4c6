"""Calls that multiply and accumulate beyond what the language writes: convolutions of any rank, FC layers on tokens, products
of two maps, attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from vggstat.net.ops.base import Layer
from vggstat.net.ops.product import Attention, MatMul, SeenConv, SeenLinear, SeenTransposedConv
from vggstat.sources.torch_module.calls import Call, TensorArgument

__all__ = ["PRODUCTS", "Product", "read_product"]


class Product(NamedTuple):
    """A kind of product, and what tells how many multiply-accumulates it has."""

    layer: type[Layer]
    fields: dict[str, Any]


def read_product(call: Call) -> Product | None:
    """The product that a call is; None where it is none, or of a form that is not known."""
    reader = PRODUCTS.get(call.name)
    return reader(call) if reader else None


def _conv(call: Call) -> Product:
    weight = call.get(1, "weight").shape
    fields = {
        "filters": weight[0],
        "kernel": tuple(weight[2:]),
        "groups": call.get(6, "groups", 1),
        "terms": prod(weight[1:]),
        "bias": call.get(2, "bias") is not None,
    }
    return Product(SeenConv, fields)


def _transposed(call: Call) -> Product:
    weight, groups = call.get(1, "weight").shape, call.get(6, "groups", 1)
    fields = {
        "filters": weight[1] * groups,
        "kernel": tuple(weight[2:]),
        "groups": groups,
        "spread": prod(weight[1:]),
        "terms": weight[0] // groups * prod(weight[2:]),
        "bias": call.get(2, "bias") is not None,
    }
    return Product(SeenTransposedConv, fields)


def _linear(call: Call) -> Product:
    factor = call.get(1, "weight")
    return _of_factors(call.get(0, "input"), factor, factor.shape[-1], biased=call.get(2, "bias") is not None)


def _matmul(call: Call) -> Product:
    one, other = call.get(0, "input"), call.get(1, "other", call.get(1, "mat2"))
    return _of_factors(one, other, one.shape[-1])


def _right_matmul(call: Call) -> Product:
    one, other = call.get(1, "other"), call.get(0, "input")
    return _of_factors(one, other, one.shape[-1])


def _added(call: Call) -> Product:
    """``addmm``, ``baddbmm``, ``addbmm``: a sum beside the product."""
    one, other = call.get(1, "mat1", call.get(1, "batch1")), call.get(2, "mat2", call.get(2, "batch2"))
    return _of_factors(one, other, one.shape[-1], biased=call.get(0, "input").source == "weight")


def _of_factors(one: TensorArgument, other: TensorArgument, terms: int, *, biased: bool = False) -> Product:
    """With a factor of the model's own it is an FC layer at each place."""
    if "weight" in (one.source, other.source):
        return Product(SeenLinear, {"terms": terms, "bias": biased})
    return Product(MatMul, {"terms": terms})


def _einsum(call: Call) -> Product | None:
    """Of two factors; torch multiplies more of them pair by pair, in an order of its own."""
    equation, *factors = call.args
    if len(factors) == 1 and isinstance(factors[0], tuple | list):
        factors = list(factors[0])
    if not isinstance(equation, str) or len(factors) != 2:
        return None
    left, arrow, right = equation.replace(" ", "").partition("->")
    one, other = left.split(",")
    if not arrow:  # what stands in both is summed
        right = "".join(label for label in one + other if (label in one) != (label in other))
    sizes = _sizes(one, factors[0].shape)
    summed = [size for label, size in sizes.items() if label in other and label not in right]
    if len(sizes) != len(one.replace("...", "")) or len(set(other) - {"."}) != len(other.replace("...", "")):
        return None  # a diagonal
    return _of_factors(factors[0], factors[1], prod(summed)) if summed else None


def _sizes(labels: str, shape: tuple[int, ...]) -> dict[str, int]:
    """The size of each axis that has a label; three dots stand for any others."""
    before, _, after = labels.partition("...")
    sizes = dict(zip(before, shape, strict=False))
    sizes.update(zip(reversed(after), reversed(shape), strict=False))
    return sizes


def _attention(call: Call) -> Product:
    query, key = call.get(0, "query"), call.get(1, "key")
    return Product(Attention, {"keys": key.shape[-2], "depth": query.shape[-1]})


PRODUCTS: Final[Mapping[str, Callable[[Call], Product | None]]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _conv),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _transposed),
    "linear": _linear,
    **dict.fromkeys(("matmul", "mm", "bmm", "mv", "dot"), _matmul),
    "rmatmul": _right_matmul,
    **dict.fromkeys(("addmm", "baddbmm"), _added),
    "einsum": _einsum,
    "scaled_dot_product_attention": _attention,
}
"""How the calls that are products are read, by the name of the function."""


def copied(name: str, args: tuple[Any, ...]) -> int | None:
    """Values of the factors of a product that torch copies first, so that they lie in one piece; None where it is not known.

    ``matmul`` of more than two axes is a product of two lists of matrices (``bmm``), and of factors that it cannot view as such a
    list it takes a copy. By one matrix, as in an FC layer, it is one product of all rows, with a copy where they do not
    follow one another; with a matrix that is not learned it may do otherwise, and then nothing is known. Nor is it what ``einsum``
    copies.
    """
    factors = [item for item in args if isinstance(item, Tensor)][:2]
    name = name.strip("_")
    if name == "einsum":
        return None
    if name not in ("linear", "matmul", "rmatmul") or len(factors) < 2:
        return 0
    if name != "rmatmul" and factors[0].dim() > 2 >= factors[1].dim():
        return _copied_rows(*factors)
    if min(factor.dim() for factor in factors) < 3:
        return 0 if all(_is_list(factor) for factor in factors) else None
    batch = torch.broadcast_shapes(*(factor.shape[:-2] for factor in factors))  # type: ignore[no-untyped-call]
    wholes = [factor.expand(*batch, *factor.shape[-2:]) for factor in factors]
    return sum(whole.numel() for whole in wholes if not _is_list(whole))


def _copied_rows(rows: Tensor, matrix: Tensor) -> int | None:
    """``matrix`` is learned where it is a parameter: what is made of one has no gradient in a pass without gradients."""
    if _is_one_axis(rows.shape[:-1], rows.stride()):
        return 0
    return rows.numel() if matrix.is_leaf and matrix.requires_grad else None


def _is_list(tensor: Tensor) -> bool:
    """Whether it is a view of its memory as a list of its matrices."""
    return _is_one_axis(tensor.shape[:-2], tensor.stride())


def _is_one_axis(sizes: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether the first axes, of these sizes, can be taken as one."""
    steps = [(size, stride) for size, stride in zip(sizes, strides, strict=False) if size > 1]
    return all(one == size * stride for (_, one), (size, stride) in pairwise(steps))
