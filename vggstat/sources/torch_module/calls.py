"""Calls of torch functions read as layers: the kind, and what is set about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from vggstat.net.known import ZEROS
from vggstat.shapes import even, square
from vggstat.sources.language import PART
from vggstat.sources.torch_module.functions import LAYOUT

__all__ = ["Call", "Settings", "TensorArgument", "is_by_channels", "is_nothing", "read_call"]

ALIASES: Final = {
    "iadd": "add",
    "radd": "add",
    "imul": "mul",
    "rmul": "mul",
    "isub": "sub",
    "idiv": "div",
    "itruediv": "div",
    "ipow": "pow",
    "multiply": "mul",
    "cat": "concat",
    "concatenate": "concat",
}
"""Other names of the same functions."""

MOVES: Final = frozenset(
    ("transpose", "swapaxes", "swapdims", "permute", "movedim", "moveaxis", "t", "T", "mT", "expand")
)
"""Functions that may change the order of values and keep the shape all the same."""

Settings = tuple[str, dict[str, Any]]
"""A kind of the spec language (or the name of another operation), and settings by the language's names."""

PLAIN: Final = {
    "mul": "multiply",
    "batch_norm": "bn",
    "relu": "relu",
    "relu6": "relu6",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "silu",
    "hardswish": "hard-swish",
    "hardsigmoid": "hard-sigmoid",
    "softmax": "softmax",
    "log_softmax": "softmax",
}
"""Functions that are a layer without settings."""


class TensorArgument(NamedTuple):
    """What is kept of a tensor among a call's arguments: nothing that would hold its memory."""

    shape: tuple[int, ...]
    source: str
    """``value`` where it comes from the image, ``weight`` where it is the model's own or made of that, ``constant`` else."""


class Call:
    """A call of a torch function: its arguments by position or name, with ``TensorArgument`` in place of tensors, the shapes of the
    values that come from the image among them, and that of the first value which it makes; all with the batch."""

    def __init__(
        self,
        name: str,
        args: tuple[Any, ...],
        named: Mapping[str, Any],
        shapes: Sequence[tuple[int, ...]],
        after: tuple[int, ...],
        *,
        in_place: bool = False,
    ) -> None:
        bare = name.strip("_")
        self.name = ALIASES.get(bare, bare)
        self.in_place = in_place
        """Whether it writes over its first value."""
        self.args = args
        self.named = named
        self.before = shapes[0] if shapes else ()
        self.after = after

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


def is_nothing(call: Call) -> bool:
    """Whether its result has the values of its input in the same order, for all that a network is about."""
    if call.name in ("expand", "expand_as"):  # one value a channel, which a product takes as it is
        return len(call.before) == 4 and call.before[2:] == (1, 1)
    if call.name == "pad":
        return not any(call.get(1, "pad"))
    if call.name in ("contiguous", "clone"):
        return call.before == call.after
    return call.name in LAYOUT and call.before == call.after and call.name not in MOVES


def is_by_channels(call: Call) -> bool:
    """Whether a call splits a map along its channels."""
    return len(call.before) == 4 and call.get(2, "dim", 0) % 4 == 1


def read_call(call: Call) -> Settings:
    """The kind of layer that a call is, with its settings; the function's name where it is no known one."""
    if call.name in LAYOUT and call.before[:1] == call.after[:1] and len(call.after) == 2:
        return "flatten", {}
    if call.name in PLAIN:
        return PLAIN[call.name], {}
    reader = READERS.get(call.name)
    return reader(call) if reader else (call.name, {})


def _concat(call: Call) -> Settings:
    axis = call.get(1, "dim", call.named.get("axis", 0)) % len(call.before)
    return ("concat", {}) if axis == 1 else (call.name, {"axis": axis})


def _add(call: Call) -> Settings:
    return ("add", {}) if call.named.get("alpha", 1) == 1 else (call.name, {"alpha": call.named["alpha"]})


def _conv(call: Call) -> Settings:
    weight = call.get(1, "weight")
    filters, inputs, *kernel = weight.shape
    dilation = call.pair(5, "dilation", 1)
    padding = call.pair(4, "padding", 0)
    if padding == "same":
        steps = (dilation,) * len(kernel) if isinstance(dilation, int) else dilation
        padding = even(step * (side - 1) // 2 for step, side in zip(steps, kernel, strict=True))
    return "conv" if call.name == "conv2d" else call.name, {
        "filters": filters,
        "kernel": even(kernel),
        "stride": call.pair(3, "stride", 1),
        "padding": 0 if padding == "valid" else padding,
        "dilation": dilation,
        "groups": call.get(6, "groups", 1),
        "bias": call.get(2, "bias") is not None,
        "inputs": inputs,
    }


def _transposed(call: Call) -> Settings:
    """As the language has it where the map gets stride times as large; else by torch's name."""
    inputs, filters, *kernel = call.get(1, "weight").shape
    bias = call.get(2, "bias") is not None
    groups, padding, dilation = (
        call.get(6, "groups", 1),
        call.pair(4, "padding", 0),
        call.pair(7, "dilation", 1),
    )
    settings = {"filters": filters * groups, "kernel": even(kernel), "stride": call.pair(3, "stride", 1)}
    plain = call.name == "conv_transpose2d" and groups == 1 == dilation
    enlarged = [settings["stride"] * size for size in call.before[2:]] == [*call.after[2:]]
    is_square = isinstance(settings["kernel"], int) and isinstance(settings["stride"], int)
    least = -(-(kernel[0] - settings["stride"]) // 2) if is_square else 0
    if is_square and plain and enlarged and padding == max(0, least):
        return "upconv", {**settings, "bias": bias, "inputs": filters}
    return call.name, {
        **settings,
        "padding": padding,
        "dilation": dilation,
        "groups": groups,
        "bias": bias,
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
    return "adaptive-avgpool", {"output": square(height, width)}


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


def _hardtanh(call: Call) -> Settings:
    below, above = call.get(1, "min_val", -1.0), call.get(2, "max_val", 1.0)
    return ("relu6", {}) if (below, above) == (0, 6) else ("hardtanh", {"min": below, "max": above})


def _leaky_relu(call: Call) -> Settings:
    return "leaky-relu", {"slope": call.get(1, "negative_slope", 0.01)}


def _elu(call: Call) -> Settings:
    return "elu", {"alpha": call.get(1, "alpha", 1.0)}


def _gelu(call: Call) -> Settings:
    return "gelu", {"approximate": call.get(1, "approximate", "none")}


def _group_norm(call: Call) -> Settings:
    return "group-norm", {"groups": call.get(1, "num_groups")}


def _layer_norm(call: Call) -> Settings:
    """Over the features of a vector, or over the channels of a map: those of the first axis but the batch's."""
    shape = tuple(call.get(1, "normalized_shape"))
    return ("layer-norm", {}) if shape == tuple(call.before[1:2]) else ("layer_norm", {"shape": shape})


def _upsample(call: Call) -> Settings:
    mode, scale = call.get(3, "mode", "nearest"), call.pair(2, "scale_factor")
    if scale is None:
        tall, wide = (new / old for new, old in zip(call.after[2:], call.before[2:], strict=True))
        scale = tall if tall == wide else (tall, wide)
    known = mode in ("nearest", "bilinear") and not isinstance(scale, tuple) and scale == int(scale)
    if known and not call.get(4, "align_corners"):
        return "upsample", {"scale": int(scale), "mode": mode}
    return "interpolate", {"scale": scale, "mode": mode}


def _shuffle(call: Call) -> Settings:
    return "shuffle", {"groups": call.get(1, "groups")}


def _dropout(call: Call) -> Settings:
    return "dropout", {"p": call.get(1, "p", 0.5) if call.get(2, "training", True) else 0}


def _pad(call: Call) -> Settings:
    sides = tuple(call.get(1, "pad"))
    zeros = call.get(2, "mode", "constant") == "constant" and not call.get(3, "value")
    if zeros and len(sides) == 4 and sides[0] == sides[1] and sides[2] == sides[3]:
        return ZEROS, {"padding": square(sides[2], sides[0])}
    return "padding", {"sides": sides, "mode": call.get(2, "mode", "constant")}


def _narrow(call: Call) -> Settings:
    axis, start = call.get(1, "dim") % len(call.before), call.get(2, "start")
    return _part(call, {axis: int(start) % max(1, call.before[axis])})


def _index(call: Call) -> Settings:
    """``x[:, :64]``: some of the channels, or of the rows and columns, one after the other."""
    index = call.get(1, "index")
    slices = index if isinstance(index, tuple) else (index,)
    if len(slices) > len(call.before) or not all(
        isinstance(one, slice) and one.step in (None, 1) for one in slices
    ):
        return "getitem", {}
    return _part(call, {axis: one.indices(call.before[axis])[0] for axis, one in enumerate(slices)})


def _part(call: Call, starts: Mapping[int, int]) -> Settings:
    if len(call.before) != 4 or call.before[0] != call.after[0]:
        return call.name, {}
    return PART, {"start": tuple(starts.get(axis, 0) for axis in (1, 2, 3)), "makes": tuple(call.after[1:])}


READERS: Final[Mapping[str, Callable[[Call], Settings]]] = {
    "add": _add,
    "concat": _concat,
    "conv1d": _conv,
    "conv2d": _conv,
    "conv3d": _conv,
    "conv_transpose1d": _transposed,
    "conv_transpose2d": _transposed,
    "conv_transpose3d": _transposed,
    "narrow": _narrow,
    "getitem": _index,
    "linear": _linear,
    "max_pool2d": _max_pool,
    "max_pool2d_with_indices": _max_pool,
    "avg_pool2d": _avg_pool,
    "adaptive_avg_pool2d": _adaptive,
    "mean": _mean,
    "local_response_norm": _lrn,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "hardtanh": _hardtanh,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "gelu": _gelu,
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    "interpolate": _upsample,
    "channel_shuffle": _shuffle,
    "dropout": _dropout,
    "pad": _pad,
}
"""How the calls that are layers of the language are read, by the name of the function."""
