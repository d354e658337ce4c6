"""Calls of torch functions read as layers: the kind, and what is set about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from vggstat.sources.outline import square

__all__ = ["Call", "Settings", "read_call"]

Settings = tuple[str, dict[str, Any]]
"""A kind of the spec language (or the name of another operation), and settings by the language's names."""

PLAIN: Final = {"batch_norm": "bn", "relu": "relu", "softmax": "softmax", "log_softmax": "softmax"}
"""Functions that are a layer without settings."""


class Call:
    """The arguments of a call, by position or name, and the shape of the values it is called with."""

    def __init__(self, args: tuple[Any, ...], named: dict[str, Any], before: tuple[int, ...]) -> None:
        self.args = args
        self.named = named
        self.before = before

    def get(self, position: int, name: str, default: Any = None) -> Any:
        if len(self.args) > position:
            return self.args[position]
        return self.named.get(name, default)

    def pair(self, position: int, name: str, default: Any = None) -> Any:
        """An int or two, as one number where both are the same."""
        value = self.get(position, name, default)
        if isinstance(value, tuple | list):
            value = tuple(value)
            return value[0] if len(set(value)) == 1 else value
        return value


def read_call(name: str, call: Call) -> Settings:
    """The kind of layer that a call is, with its settings; the function's name where it is no known one."""
    if name in PLAIN:
        return PLAIN[name], {}
    reader = READERS.get(name)
    return reader(call) if reader else (name, {})


def _conv(call: Call) -> Settings:
    weight = call.get(1, "weight")
    filters, inputs, *kernel = weight.shape
    dilation = call.pair(5, "dilation", 1)
    padding = call.pair(4, "padding", 0)
    if padding == "same":
        steps = (dilation, dilation) if isinstance(dilation, int) else dilation
        padding = square((steps[0] * (kernel[0] - 1) // 2, steps[1] * (kernel[1] - 1) // 2))
    return "conv", {
        "filters": filters,
        "kernel": square((kernel[0], kernel[1])),
        "stride": call.pair(3, "stride", 1),
        "padding": 0 if padding == "valid" else padding,
        "dilation": dilation,
        "groups": call.get(6, "groups", 1),
        "bias": call.get(2, "bias") is not None,
        "inputs": inputs,
    }


def _linear(call: Call) -> Settings:
    features, inputs = call.get(1, "weight").shape
    return "fc", {"features": features, "bias": call.get(2, "bias") is not None, "inputs": inputs}


def _max_pool(call: Call) -> Settings:
    kernel = call.pair(1, "kernel_size")
    settings = {
        "kernel": kernel,
        "stride": call.pair(2, "stride") or kernel,
        "padding": call.pair(3, "padding", 0),
        "ceil": bool(call.get(5, "ceil_mode", False)),
    }
    dilation = call.pair(4, "dilation", 1)
    return "maxpool", settings if dilation == 1 else {**settings, "dilation": dilation}


def _avg_pool(call: Call) -> Settings:
    kernel = call.pair(1, "kernel_size")
    return "avgpool", {
        "kernel": kernel,
        "stride": call.pair(2, "stride") or kernel,
        "padding": call.pair(3, "padding", 0),
        "ceil": bool(call.get(4, "ceil_mode", False)),
    }


def _adaptive(call: Call) -> Settings:
    target = call.get(1, "output_size")
    sides = (target, target) if isinstance(target, int) else tuple(target)
    height, width = (own if side is None else side for side, own in zip(sides, call.before[2:], strict=True))
    return "adaptive-avgpool", {"output": square((height, width))}


def _mean(call: Call) -> Settings:
    axes = call.get(1, "dim", ())
    axes = {axis % len(call.before) for axis in ((axes,) if isinstance(axes, int) else axes or ())}
    return ("adaptive-avgpool", {"output": 1}) if axes == {2, 3} else ("mean", {})


def _lrn(call: Call) -> Settings:
    return "lrn", {
        "size": call.get(1, "size"),
        "alpha": call.get(2, "alpha", 1e-4),
        "beta": call.get(3, "beta", 0.75),
        "k": call.get(4, "k", 1.0),
    }


def _clamp(call: Call) -> Settings:
    below, above = call.get(1, "min"), call.get(2, "max")
    return ("relu", {}) if below == 0 and above is None else ("clamp", {"min": below, "max": above})


def _dropout(call: Call) -> Settings:
    return "dropout", {"p": call.get(1, "p", 0.5) if call.get(2, "training", True) else 0}


def _pad(call: Call) -> Settings:
    sides = tuple(call.get(1, "pad"))
    zeros = call.get(2, "mode", "constant") == "constant" and not call.get(3, "value")
    if zeros and len(sides) == 4 and sides[0] == sides[1] and sides[2] == sides[3]:
        return "zero padding", {"padding": square((sides[2], sides[0]))}
    return "padding", {"sides": sides, "mode": call.get(2, "mode", "constant")}


READERS: Final[Mapping[str, Callable[[Call], Settings]]] = {
    "conv2d": _conv,
    "linear": _linear,
    "max_pool2d": _max_pool,
    "max_pool2d_with_indices": _max_pool,
    "avg_pool2d": _avg_pool,
    "adaptive_avg_pool2d": _adaptive,
    "mean": _mean,
    "local_response_norm": _lrn,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "dropout": _dropout,
    "pad": _pad,
}
"""How the calls that are layers of the language are read, by the name of the function."""
