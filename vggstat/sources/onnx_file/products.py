"""Operators that multiply and accumulate: convolutions, FC layers, products of two values, attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Final

from vggstat.net.ops.base import Window
from vggstat.net.ops.geometry import slide
from vggstat.net.ops.product import Attention, MatMul, SeenConv, SeenLinear, SeenTransposedConv
from vggstat.shapes import Extents, even
from vggstat.sources.onnx_file.operators import TORCH_NAMES
from vggstat.sources.onnx_file.reading import Reading, along, params_of, sides, weights
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import Constant, Value

__all__ = ["PRODUCTS"]


def _padding(step: Step, kernel: Sequence[int]) -> Extents:
    """The zeros before a map along each axis, where as many stand behind it; else those before, then those behind.

    Of a map the language has as many on both sides: those before alone, where the ones behind are not read.
    """
    pads = step.settings.get("pads") or [0] * (2 * len(kernel))
    before, behind = pads[: len(kernel)], pads[len(kernel) :]
    is_even = before == behind or (len(kernel) == 2 and _reaches(step, kernel, before) == step.after[2:])
    return even(before) if is_even else tuple(pads)


def _reaches(step: Step, kernel: Sequence[int], padding: Sequence[int]) -> tuple[int, ...]:
    """The height and width that a convolution makes with as many zeros on both sides."""
    strides, dilations = ((step.settings.get(name) or (1, 1)) for name in ("strides", "dilations"))
    windows = map(Window, kernel, strides, padding, dilations)
    sizes = zip(step.before[2:], windows, strict=True)
    return tuple(slide(size, window, "a convolution") for size, window in sizes)


def _conv(step: Step) -> Reading | None:
    weight = step.entering(1)
    groups, bias = step.settings.get("group", 1), step.entering(2) is not None
    if not isinstance(weight, Constant | Value) or len(weight.shape) < 3 or groups < 1:
        return None
    filters, inputs, *kernel = weight.shape
    settings = {
        "filters": filters,
        "kernel": even(kernel),
        "stride": along(step, "strides", len(kernel)),
        "padding": _padding(step, kernel),
        "dilation": along(step, "dilations", len(kernel)),
        "groups": groups,
        "bias": bias,
        "inputs": inputs,
    }
    fields = {
        "filters": filters,
        "kernel": tuple(kernel),
        "groups": groups,
        "terms": prod(weight.shape[1:]),
        "bias": bias,
    }
    kind = "conv" if len(kernel) == 2 else f"conv{len(kernel)}d"
    return Reading(kind, settings, weights(step, "weight", "bias"), SeenConv, fields)


def _transposed(step: Step) -> Reading | None:
    weight = step.entering(1)
    groups, bias = step.settings.get("group", 1), step.entering(2) is not None
    if not isinstance(weight, Constant | Value) or len(weight.shape) < 3 or groups < 1:
        return None
    inputs, filters, *kernel = weight.shape
    stride, dilation = (along(step, name, len(kernel)) for name in ("strides", "dilations"))
    fields = {
        "filters": filters * groups,
        "kernel": tuple(kernel),
        "groups": groups,
        "spread": prod(weight.shape[1:]),
        "terms": inputs // groups * prod(kernel),
        "bias": bias,
    }
    settings = {"filters": filters * groups, "kernel": sides(kernel) or tuple(kernel), "stride": stride}
    side = settings["kernel"]
    is_square = isinstance(side, int) and isinstance(stride, int) and dilation == 1 == groups
    enlarged = is_square and [stride * size for size in step.before[2:]] == [*step.after[2:]]
    least = max(0, -(-(side - stride) // 2)) if isinstance(side, int) and isinstance(stride, int) else 0
    begins = tuple(step.settings.get("pads") or [0] * (2 * len(kernel)))[: len(kernel)]
    plain = step.settings.get("auto_pad", "NOTSET") == "NOTSET" and "output_shape" not in step.settings
    tensors = weights(step, "weight", "bias")
    if enlarged and plain and begins == (least, least):
        return Reading("upconv", {**settings, "bias": bias}, tensors, SeenTransposedConv, fields)
    settings.update(kernel=even(kernel), padding=_padding(step, kernel), dilation=dilation, groups=groups)
    settings.update(bias=bias, inputs=inputs)
    return Reading(f"conv_transpose{len(kernel)}d", settings, tensors, SeenTransposedConv, fields)


def _gemm(step: Step) -> Reading | None:
    factor, other = step.entering(1), step.entering(0)
    if (
        not isinstance(factor, Constant | Value)
        or not isinstance(other, Constant | Value)
        or len(factor.shape) != 2
    ):
        return None
    flipped = bool(step.settings.get("transB", 0))
    terms, features = factor.shape[::-1] if flipped else factor.shape
    if not isinstance(factor, Constant) or step.settings.get("transA", 0):
        terms = other.shape[0] if step.settings.get("transA", 0) else other.shape[-1]
        return _of_factors(step, terms)
    return _linear(step, features, terms)


def _matmul(step: Step) -> Reading | None:
    one, other = step.entering(0), step.entering(1)
    if not isinstance(one, Constant | Value) or not isinstance(other, Constant | Value) or not one.shape:
        return None
    if isinstance(other, Constant) and len(other.shape) == 2:
        return _linear(step, other.shape[1], other.shape[0])
    return _of_factors(step, one.shape[-1])


def _linear(step: Step, features: int, terms: int) -> Reading:
    """An FC layer: of a vector, or the same at each place."""
    weight, bias = step.constant(1), _bias(step)
    tensors = [*params_of(weight, "weight", (features, terms))] if weight is not None else []
    if bias is not None:
        shape = (features,) if bias.elements == features else bias.shape
        tensors += params_of(bias, "bias", shape)
    settings = {"features": features, "bias": bias is not None, "inputs": terms}
    fields = {"terms": terms, "bias": bias is not None}
    return Reading("fc", settings, tuple(tensors), SeenLinear, fields)


def _bias(step: Step) -> Constant | None:
    """What is added to a product; not a zero that is written into nodes."""
    bias = step.constant(2)
    nothing = bias is None or not step.settings.get("beta", 1.0) or (bias.is_literal and bias.is_all(0))
    return None if nothing else bias


def _of_factors(step: Step, terms: int) -> Reading:
    """With a factor of the model's own it is an FC layer at each place, else a product of two values."""
    bias = _bias(step)
    factors = weights(step._replace(inputs=step.inputs[:2]), "weight", "weight", first=0)
    tensors = (*factors, *(params_of(bias, "bias", bias.shape) if bias is not None else ()))
    kind = TORCH_NAMES.get(step.op, step.op)
    if factors:
        return Reading(kind, {}, tensors, SeenLinear, {"terms": terms, "bias": bias is not None})
    return Reading(kind, {}, tensors, MatMul, {"terms": terms})


def _einsum(step: Step) -> Reading | None:
    """Of two factors; the products of more depend on the order in which they are multiplied."""
    equation = str(step.settings.get("equation", "")).replace(" ", "")
    shapes = [item.shape for item in step.inputs if isinstance(item, Constant | Value)]
    left, _, right = equation.partition("->")
    labels = left.split(",")
    if len(shapes) != 2 or len(labels) != 2 or "." in equation or "->" not in equation:
        return None
    if any(
        len(set(one)) != len(one) or len(one) != len(shape) for one, shape in zip(labels, shapes, strict=True)
    ):
        return None
    sizes = dict(zip(labels[0], shapes[0], strict=True))
    summed = [size for label, size in sizes.items() if label not in right]
    return (
        _of_factors(step, prod(summed)) if summed and set(labels[0]) - set(right) <= set(labels[1]) else None
    )


def _attention(step: Step) -> Reading | None:
    """Of queries, keys and values of three axes (the heads' widths in the last) or four, behind those of earlier tokens."""
    query, key, past = step.entering(0), step.entering(1), step.entering(4)
    if not isinstance(query, Constant | Value) or not isinstance(key, Constant | Value):
        return None
    earlier = past.shape[-2] if isinstance(past, Constant | Value) else 0
    fields = {"keys": key.shape[-2] + earlier, "depth": query.shape[-1]}
    return Reading("attention", {}, weights(step, *("weight",) * 3, first=0), Attention, fields)


PRODUCTS: Final[Mapping[str, Callable[[Step], Reading | None]]] = {
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Einsum": _einsum,
    "Attention": _attention,
}
"""How operators that are products are read."""
