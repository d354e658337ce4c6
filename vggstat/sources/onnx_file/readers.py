"""ONNX nodes read as layers: the kind, what is set about it, and the tensors that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vggstat.net.ops.other import Pointwise
from vggstat.net.ops.token_norm import TokenNorm
from vggstat.sources.onnx_file.maps import MAPS
from vggstat.sources.onnx_file.products import PRODUCTS
from vggstat.sources.onnx_file.reading import Reading, plain, rounded, weights
from vggstat.sources.onnx_file.steps import Step

__all__ = ["read_step"]


def read_step(step: Step) -> Reading:
    """The layer that a step is: what its name tells where a shape is not known or its operator's rule is broken."""
    if not step.is_known:
        return plain(step)
    reader = READERS.get(step.op)
    return (reader(step) if reader else None) or plain(step)


def _batch_norm(step: Step) -> Reading:
    buffers = weights(step, "running_mean", "running_var", first=3)
    tensors = (*weights(step, "weight", "bias"), *(param._replace(role="buffer") for param in buffers))
    return Reading("bn", {}, tensors, Pointwise)


def _instance_norm(step: Step) -> Reading | None:
    """Each channel is a group of its own. A scale of ones that is written into nodes is none that anybody learns."""
    scale = step.constant(1)
    tensors = weights(step, "weight", "bias")
    if scale is not None and scale.is_literal and scale.is_all(1):
        tensors = ()
    if len(step.before) < 3:
        return None
    return Reading("group-norm", {"groups": step.before[1]}, tensors, Pointwise)


def _group_norm(step: Step) -> Reading:
    groups = step.settings.get("num_groups", 1)
    return Reading("group-norm", {"groups": groups}, weights(step, "weight", "bias"), Pointwise)


def _layer_norm(step: Step) -> Reading:
    """Of a vector, or over the last axes."""
    rank = len(step.before)
    axis = step.settings.get("axis", -1) % max(1, rank)
    tensors = weights(step, "weight", "bias")
    shape = tuple(step.before[axis:])
    if rank == 2 and axis == 1:
        return Reading("layer-norm", {}, tensors, TokenNorm, {"over": shape})
    return Reading("layer_norm", {"shape": shape}, tensors, TokenNorm, {"over": shape})


def _channel_norm(step: Step) -> Reading:
    """Over the channels of a map, which are brought to the last axis and back."""
    fields = {"over": (step.before[1],)}
    return Reading("layer-norm", {}, weights(step, "weight", "bias"), TokenNorm, fields)


def _lrn(step: Step) -> Reading:
    settings = step.settings
    told = {
        "size": settings.get("size", 1),
        "alpha": settings.get("alpha", 1e-4),
        "beta": settings.get("beta", 0.75),
        "k": settings.get("bias", 1.0),
    }
    return plain(step, "lrn", {name: rounded(value) for name, value in told.items()})


def _named(kind: str) -> Callable[[Step], Reading]:
    return lambda step: plain(step, kind, {})


def _clip(step: Step) -> Reading | None:
    below, above = step.scalar("min", 1), step.scalar("max", 2)
    hidden = any(step.entering(place) is not None and step.scalar("", place) is None for place in (1, 2))
    if hidden or below != 0 or above not in (None, 6):
        return None
    return plain(step, "relu" if above is None else "relu6", {})


def _leaky_relu(step: Step) -> Reading:
    return plain(step, "leaky-relu", {"slope": rounded(step.settings.get("alpha", 0.01))})


def _prelu(step: Step) -> Reading:
    return Reading("PRelu", {}, weights(step, "weight"), Pointwise)


def _elu(step: Step) -> Reading:
    return plain(step, "elu", {"alpha": rounded(step.settings.get("alpha", 1.0))})


def _gelu(step: Step) -> Reading:
    return plain(step, "gelu", {"approximate": step.settings.get("approximate", "none")})


def _hard_sigmoid(step: Step) -> Reading | None:
    """torch's: of other slopes there is no layer."""
    alpha, beta = step.settings.get("alpha", 0.2), step.settings.get("beta", 0.5)
    return plain(step, "hard-sigmoid", {}) if abs(alpha - 1 / 6) < 1e-4 and beta == 0.5 else None


def _swish(step: Step) -> Reading | None:
    return plain(step, "silu", {}) if step.settings.get("alpha", 1.0) == 1 else None


def _dropout(step: Step) -> Reading:
    """One that runs as in training."""
    p = step.scalar("ratio", 1)
    return plain(step, "dropout", {"p": 0.5 if p is None else rounded(p)})


READERS: Final[Mapping[str, Callable[[Step], Reading | None]]] = {
    **PRODUCTS,
    **MAPS,
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
}
"""How the operators that are layers of the language, or products, are read."""
