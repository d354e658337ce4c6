"""ONNX nodes read as layers: the kind, what is set about it, and the tensors that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, Final, Literal, NamedTuple

from vggstat.net.ops.base import Layer, Param
from vggstat.net.ops.other import Other, Pointwise, Rearranged
from vggstat.net.ops.product import Attention, MatMul, SeenConv, SeenLinear, SeenTransposedConv
from vggstat.net.ops.token_norm import TokenNorm
from vggstat.shapes import Shape, Sides, square
from vggstat.sources.onnx_file.operators import LAYOUT, POINTWISE, SETTINGS_ONLY, VIEWS
from vggstat.sources.onnx_file.plain import windows_along
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import FLOATING, Constant, Value

__all__ = ["PADDING", "PART", "Reading", "read_step"]

PADDING: Final = "padding"
"""The kind of a layer that puts values around a map."""

PART: Final = "part"
"""The kind of a layer that hands on a part of a map."""


class Reading(NamedTuple):
    """A layer as the language would write it, and what stands in its place where the language does not."""

    kind: str
    settings: Mapping[str, Any]
    tensors: tuple[Param, ...] = ()
    seen: type[Layer] = Other
    fields: Mapping[str, Any] = {}
    """What ``seen`` takes beside the shape and the tensors."""


def read_step(step: Step) -> Reading:
    """The layer that a step is; an unknown one where a shape is not known."""
    if not step.is_known:
        return Reading(step.op, {}, _learned(step), Other)
    reader = READERS.get(step.op)
    return (reader(step) if reader else None) or _plain(step)


def _plain(step: Step, kind: str = "", settings: Mapping[str, Any] | None = None) -> Reading:
    """An operator by its name, with what it learns and what is set about it in few numbers."""
    told = {name: _short(value) for name, value in step.settings.items()} if settings is None else settings
    seen: type[Layer] = Other
    if step.op in LAYOUT:
        seen = Rearranged
    elif step.op in POINTWISE:
        seen = Pointwise
    fields = {"lies_in": "view"} if step.op in VIEWS else {}
    return Reading(
        kind or step.op,
        {name: value for name, value in told.items() if value is not None},
        _learned(step),
        seen,
        fields,
    )


def _short(value: Any) -> Any:
    """A setting as it is told: numbers and words, a few of them at most."""
    if isinstance(value, list) and len(value) <= 8 and all(isinstance(item, int | float) for item in value):
        return tuple(value)
    return value if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= 40) else None


def _learned(step: Step) -> tuple[Param, ...]:
    """The tensors of a model that take part in arithmetic: not single numbers, nor what is written into nodes."""
    if step.op in SETTINGS_ONLY:
        return ()
    return tuple(
        _param(item, "bias" if step.op in ("Add", "Sub") else "weight", item.shape)
        for item in step.inputs
        if isinstance(item, Constant)
        and item.type in FLOATING
        and item.elements > 1
        and _is_stored(item, step)
    )


def _is_stored(item: Constant, step: Step) -> bool:
    """Whether it is a tensor of the model's: stored as one, or a scale or shift for each channel of a map."""
    if not item.is_literal:
        return True
    shape = item.shape[-3:]
    return step.op in ("Mul", "Add") and len(step.after) == 4 and shape == (step.after[1], 1, 1)


def _param(
    item: Constant, name: str, shape: Shape, role: Literal["weight", "bias", "buffer"] | None = None
) -> Param:
    return Param(name, shape, role or ("bias" if name == "bias" else "weight"), path=item.root)


def _weights(step: Step, *names: str, first: int = 1) -> tuple[Param, ...]:
    """The tensors at the positions from ``first`` on, as they are."""
    found = []
    for position, name in enumerate(names, first):
        item = step.constant(position)
        if item is not None:
            found.append(_param(item, name, item.shape))
    return tuple(found)


def _sides(values: Any) -> Sides | None:
    """Of a setting along two axes."""
    return square(*values) if len(values) == 2 else None


# Products


def _conv(step: Step) -> Reading | None:
    weight = step.entering(1)
    if not isinstance(weight, Constant | Value) or len(weight.shape) < 3:
        return None
    bias = step.entering(2) is not None
    filters, inputs, *kernel = weight.shape
    pads = step.settings.get("pads") or [0] * (2 * len(kernel))
    settings = {
        "filters": filters,
        "kernel": _sides(kernel) or tuple(kernel),
        "stride": _along(step, "strides", len(kernel)),
        # As many rows behind as before, or it stands apart: what is left out is not read.
        "padding": _sides(pads[: len(kernel)]) or tuple(pads),
        "dilation": _along(step, "dilations", len(kernel)),
        "groups": step.settings.get("group", 1),
        "bias": bias,
        "inputs": inputs,
    }
    fields = {
        "filters": filters,
        "kernel": tuple(kernel),
        "groups": settings["groups"],
        "terms": prod(weight.shape[1:]),
        "bias": bias,
    }
    return Reading("conv", settings, _weights(step, "weight", "bias"), SeenConv, fields)


def _along(step: Step, name: str, count: int) -> Any:
    values = step.settings.get(name) or [1] * count
    return _sides(values) or tuple(values)


def _transposed(step: Step) -> Reading | None:
    weight = step.entering(1)
    if not isinstance(weight, Constant | Value) or len(weight.shape) < 3:
        return None
    groups, bias = step.settings.get("group", 1), step.entering(2) is not None
    inputs, filters, *kernel = weight.shape
    stride, dilation = (_along(step, name, len(kernel)) for name in ("strides", "dilations"))
    fields = {
        "filters": filters * groups,
        "kernel": tuple(kernel),
        "groups": groups,
        "spread": prod(weight.shape[1:]),
        "terms": inputs // max(1, groups) * prod(kernel),
        "bias": bias,
    }
    settings = {"filters": filters * groups, "kernel": _sides(kernel) or tuple(kernel), "stride": stride}
    side = settings["kernel"]
    is_square = isinstance(side, int) and isinstance(stride, int) and dilation == 1 == groups
    enlarged = is_square and [stride * size for size in step.before[2:]] == [*step.after[2:]]
    least = max(0, -(-(side - stride) // 2)) if isinstance(side, int) and isinstance(stride, int) else 0
    begins = tuple(step.settings.get("pads") or [0] * (2 * len(kernel)))[: len(kernel)]
    plain = step.settings.get("auto_pad", "NOTSET") == "NOTSET" and "output_shape" not in step.settings
    tensors = _weights(step, "weight", "bias")
    if enlarged and plain and begins == (least, least):
        return Reading("upconv", {**settings, "bias": bias}, tensors, SeenTransposedConv, fields)
    return Reading("conv_transpose", {**settings, "bias": bias}, tensors, SeenTransposedConv, fields)


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
    tensors = [_param(weight, "weight", (features, terms))] if weight is not None else []
    if bias is not None:
        shape = (features,) if bias.elements == features else bias.shape
        tensors.append(_param(bias, "bias", shape))
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
    weights = _weights(step._replace(inputs=step.inputs[:2]), "weight", "weight", first=0)
    tensors = (*weights, *([_param(bias, "bias", bias.shape)] if bias is not None else []))
    if weights:
        return Reading(step.op, {}, tensors, SeenLinear, {"terms": terms, "bias": bias is not None})
    return Reading(step.op, {}, tensors, MatMul, {"terms": terms})


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
    return Reading("attention", {}, _learned(step), Attention, fields)


# Pools


def _max_pool(step: Step) -> Reading | None:
    settings = _pool_settings(step)
    if settings is None or any(isinstance(made, Value) for made in step.outputs[1:]):
        return None
    dilation = _along(step, "dilations", 2)
    return _plain(step, "maxpool", settings if dilation == 1 else {**settings, "dilation": dilation})


def _avg_pool(step: Step) -> Reading | None:
    settings = _pool_settings(step)
    return None if settings is None else _plain(step, "avgpool", settings)


def _pool_settings(step: Step) -> dict[str, Any] | None:
    """Of a pool over two axes. What stands behind a map only says how many windows there are."""
    kernel, pads = step.settings.get("kernel_shape"), step.settings.get("pads")
    windows = windows_along(step)
    if kernel is None or len(kernel) != 2 or len(step.before) != 4 or windows is None or pads is None:
        return None
    down = [
        (size + 2 * pad - extent) // stride + 1
        for size, pad, (extent, stride) in zip(step.before[2:], pads, windows, strict=False)
    ]
    return {
        "kernel": square(*kernel),
        "stride": _along(step, "strides", 2),
        "padding": square(pads[0], pads[1]),
        "ceil": down != [*step.after[2:]],
    }


def _global_max_pool(step: Step) -> Reading | None:
    if len(step.before) != 4:
        return None
    sides = square(*step.before[2:])
    return _plain(step, "maxpool", {"kernel": sides, "stride": sides})


def _global_avg_pool(step: Step) -> Reading:
    return _plain(step, "adaptive-avgpool", {"output": 1})


# Norms


def _batch_norm(step: Step) -> Reading:
    buffers = _weights(step, "running_mean", "running_var", first=3)
    tensors = (*_weights(step, "weight", "bias"), *(param._replace(role="buffer") for param in buffers))
    return Reading("bn", {}, tensors, Pointwise)


def _instance_norm(step: Step) -> Reading:
    """Each channel is a group of its own. A scale of ones that is written into nodes is none that anybody learns."""
    scale = step.constant(1)
    plain = scale is not None and scale.is_literal and scale.is_all(1)
    tensors = () if plain else _weights(step, "weight", "bias")
    return Reading("group-norm", {"groups": step.before[1]}, tensors, Pointwise)


def _group_norm(step: Step) -> Reading:
    groups = step.settings.get("num_groups", 1)
    return Reading("group-norm", {"groups": groups}, _weights(step, "weight", "bias"), Pointwise)


def _layer_norm(step: Step) -> Reading:
    """Of a vector, or over the last axes."""
    rank = len(step.before)
    axis = step.settings.get("axis", -1) % max(1, rank)
    tensors = _weights(step, "weight", "bias")
    shape = tuple(step.before[axis:])
    if rank == 2 and axis == 1:
        return Reading("layer-norm", {}, tensors, TokenNorm, {"over": shape})
    return Reading("LayerNormalization", {"shape": shape}, tensors, TokenNorm, {"over": shape})


def _channel_norm(step: Step) -> Reading:
    """Over the channels of a map, which are brought to the last axis and back."""
    fields = {"over": (step.before[1],)}
    return Reading("layer-norm", {}, _weights(step, "weight", "bias"), TokenNorm, fields)


def _lrn(step: Step) -> Reading:
    settings = step.settings
    told = {
        "size": settings.get("size", 1),
        "alpha": settings.get("alpha", 1e-4),
        "beta": settings.get("beta", 0.75),
        "k": settings.get("bias", 1.0),
    }
    return _plain(step, "lrn", {name: _rounded(value) for name, value in told.items()})


def _rounded(value: float) -> float:
    """A number of single precision as people write it."""
    return float(f"{value:.7g}") if isinstance(value, float) else value


# Activations


def _named(kind: str) -> Callable[[Step], Reading]:
    return lambda step: _plain(step, kind, {})


def _clip(step: Step) -> Reading | None:
    below, above = step.scalar("min", 1), step.scalar("max", 2)
    hidden = any(step.entering(place) is not None and step.scalar("", place) is None for place in (1, 2))
    if hidden or below != 0 or above not in (None, 6):
        return None
    return _plain(step, "relu" if above is None else "relu6", {})


def _leaky_relu(step: Step) -> Reading:
    return _plain(step, "leaky-relu", {"slope": _rounded(step.settings.get("alpha", 0.01))})


def _prelu(step: Step) -> Reading:
    return Reading("PRelu", {}, _weights(step, "weight"), Pointwise)


def _elu(step: Step) -> Reading:
    return _plain(step, "elu", {"alpha": _rounded(step.settings.get("alpha", 1.0))})


def _gelu(step: Step) -> Reading:
    return _plain(step, "gelu", {"approximate": step.settings.get("approximate", "none")})


def _hard_sigmoid(step: Step) -> Reading | None:
    """torch's: of other slopes there is no layer."""
    alpha, beta = step.settings.get("alpha", 0.2), step.settings.get("beta", 0.5)
    return _plain(step, "hard-sigmoid", {}) if abs(alpha - 1 / 6) < 1e-4 and beta == 0.5 else None


def _swish(step: Step) -> Reading | None:
    return _plain(step, "silu", {}) if step.settings.get("alpha", 1.0) == 1 else None


def _dropout(step: Step) -> Reading:
    """One that runs as in training."""
    p = step.scalar("ratio", 1)
    return _plain(step, "dropout", {"p": 0.5 if p is None else _rounded(p)})


# Maps brought together, taken apart, enlarged


def _sum(step: Step) -> Reading | None:
    return _plain(step, "add", {}) if len(step.values) == len(step.inputs) > 1 else None


def _product(step: Step) -> Reading | None:
    return _plain(step, "multiply", {}) if len(step.values) == len(step.inputs) else None


def _concat(step: Step) -> Reading | None:
    axis = step.settings.get("axis", 1) % max(1, len(step.after))
    return _plain(step, "concat", {}) if axis == 1 and len(step.values) == len(step.inputs) else None


def _reshape(step: Step) -> Reading | None:
    return _plain(step, "flatten", {}) if len(step.after) == 2 and step.after[0] == step.before[0] else None


def _part(step: Step) -> Reading | None:
    start = step.settings["start"]
    if len(step.before) != 4 or step.before[0] != step.after[0]:
        return None
    return _plain(step, PART, {"start": tuple(start[1:]), "makes": tuple(step.after[1:])})


def _pad(step: Step) -> Reading:
    pads = step.integers("pads", 1)
    return _plain(step, PADDING, {"sides": pads, "mode": step.settings.get("mode", "constant")})


def _gather(step: Step) -> Reading | None:
    """Rows of a table of the model's own."""
    table = step.constant(0)
    if table is None or table.type not in FLOATING or table.elements < 2:
        return None
    return Reading("embedding", {}, (_param(table, "weight", table.shape),), Rearranged)


def _resize(step: Step) -> Reading | None:
    mode = {"nearest": "nearest", "linear": "bilinear"}.get(step.settings.get("mode", "nearest"))
    if mode is None or len(step.before) != 4 or not all(step.before):
        return None
    scales = {after / before for after, before in zip(step.after[2:], step.before[2:], strict=True)}
    scale = scales.pop()
    if scales or scale != int(scale) or not _is_usual(step, mode):
        return None
    return _plain(step, "upsample", {"scale": int(scale), "mode": mode})


def _is_usual(step: Step, mode: str) -> bool:
    """Whether each value of a map is repeated, or lies in the middle of those that are made of it, as in torch."""
    if step.op == "Upsample" or step.version < 11:
        return mode == "nearest"
    where = step.settings.get("coordinate_transformation_mode", "half_pixel")
    if mode == "bilinear":
        return where in ("half_pixel", "pytorch_half_pixel")
    rounded = step.settings.get("nearest_mode", "round_prefer_floor")
    return where in ("half_pixel", "tf_half_pixel_for_nn") or (where == "asymmetric" and rounded == "floor")


def _channel_shuffle(step: Step) -> Reading:
    return _plain(step, "shuffle", step.settings)


READERS: Final[Mapping[str, Callable[[Step], Reading | None]]] = {
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Einsum": _einsum,
    "Attention": _attention,
    "MaxPool": _max_pool,
    "AveragePool": _avg_pool,
    "GlobalMaxPool": _global_max_pool,
    "GlobalAveragePool": _global_avg_pool,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "LayerNormalization": _layer_norm,
    "ChannelNorm": _channel_norm,
    "LRN": _lrn,
    "Relu": _named("relu"),
    "Sigmoid": _named("sigmoid"),
    "Tanh": _named("tanh"),
    "Silu": _named("silu"),
    "Swish": _swish,
    "HardSwish": _named("hard-swish"),
    "Softmax": _named("softmax"),
    "LogSoftmax": _named("softmax"),
    "Clip": _clip,
    "PRelu": _prelu,
    "LeakyRelu": _leaky_relu,
    "Elu": _elu,
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "Dropout": _dropout,
    "Add": _sum,
    "Sum": _sum,
    "Mul": _product,
    "Concat": _concat,
    "Reshape": _reshape,
    "Flatten": _reshape,
    "Squeeze": _reshape,
    "Part": _part,
    "Pad": _pad,
    "Gather": _gather,
    "Resize": _resize,
    "Upsample": _resize,
    "ChannelShuffle": _channel_shuffle,
}
"""How the operators that are layers of the language, or products, are read."""
