"""A node as torch code: the module that it makes in ``__init__``, or the function that ``forward`` calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from vggstat.net.graph import Node
from vggstat.net.torch_names import module_of

__all__ = [
    "CHANNEL_NORM",
    "DEFAULTS",
    "FUNCTIONS",
    "ModuleCall",
    "Slot",
    "is_function",
    "is_light",
    "module_call",
]

CHANNEL_NORM: Final = "ChannelNorm"
"""The class of a layer norm over the channels of maps, which torch.nn does not have."""

_CONV: Final = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, "groups": 1, "bias": True}
_NORM: Final = {
    "eps": 1e-05,
    "momentum": 0.1,
    "affine": True,
    "elementwise_affine": True,
    "bias": True,
    "track_running_stats": True,
}
DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Conv2d": {name: value for name, value in _CONV.items() if name != "output_padding"},
    "ConvTranspose2d": _CONV,
    "BatchNorm1d": _NORM,
    "BatchNorm2d": _NORM,
    "GroupNorm": _NORM,
    "LayerNorm": _NORM,
    "LocalResponseNorm": {"alpha": 1e-4, "beta": 0.75, "k": 1.0},
    "MaxPool2d": {"padding": 0, "dilation": 1, "ceil_mode": False},
    "AvgPool2d": {"padding": 0, "ceil_mode": False},
    "Linear": {"bias": True},
    "Flatten": {"start_dim": 1, "end_dim": -1},
    "Dropout": {"inplace": False},
    "LeakyReLU": {"negative_slope": 0.01},
    "ELU": {"alpha": 1.0},
    "GELU": {"approximate": "none"},
    "Upsample": {"mode": "nearest"},
}
"""What torch takes for an argument that is not written, so that it need not be."""

_POSITIONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "Conv2d": ("in_channels", "out_channels"),
    "ConvTranspose2d": ("in_channels", "out_channels"),
    "BatchNorm1d": ("num_features",),
    "BatchNorm2d": ("num_features",),
    "GroupNorm": ("num_groups", "num_channels"),
    "LayerNorm": ("normalized_shape",),
    "LocalResponseNorm": ("size",),
    "Linear": ("in_features", "out_features"),
    "AdaptiveAvgPool2d": ("output_size",),
    "ChannelShuffle": ("groups",),
    "Dropout": ("p",),
}
"""Arguments that are written without their names."""

_ORDER: Final = ("kernel_size", "stride", "padding", "output_padding", "dilation", "groups")

ENTERING: Final = frozenset(
    ("in_channels", "in_features", "num_features", "num_channels", "normalized_shape")
)
"""Arguments that say how many channels come in."""

FUNCTIONS: Final = frozenset(("add", "concat", "multiply", "split", "crop"))
"""Layers that are written as functions, by their stems; a flatten is one where it has no module."""

_LIGHT: Final = frozenset(("bn", "gn", "ln", "lrn", "dropout", "flatten"))


class Slot(NamedTuple):
    """A number among a module's arguments, which may differ where the same module is repeated."""

    field: str
    value: Any
    """An int, two for height and width, or a float."""
    default: Any
    """torch's own, None where there is none."""
    positional: bool

    @property
    def is_entering(self) -> bool:
        """Whether it says how many channels come in."""
        return self.field in ENTERING

    @property
    def is_setting(self) -> bool:
        """Whether it is neither a number of channels nor a padding."""
        return not (self.is_entering or self.field.startswith("out_") or self.field in ("groups", "padding"))


class ModuleCall(NamedTuple):
    """A module as it is written: ``nn.Conv2d(3, 64, kernel_size=3, bias=False)``."""

    name: str
    slots: tuple[Slot, ...]
    settings: tuple[tuple[str, Any], ...]
    """Switches and words that are not torch's defaults."""

    @property
    def is_depthwise(self) -> bool:
        """Whether it has a filter, or several, for each channel by itself."""
        numbers = {slot.field: slot.value for slot in self.slots}
        return bool(1 < numbers.get("groups", 1) == numbers.get("in_channels"))


def is_function(node: Node) -> bool:
    """Whether ``forward`` calls a function for it."""
    stem = node.layer.stem
    return stem in FUNCTIONS or (stem == "flatten" and node.torch_name is None)


def is_light(node: Node) -> bool:
    """Whether it goes on the line of what stands before it: norms, activations, dropout."""
    return node.layer.stem in _LIGHT or node.layer.row_kind in ("relu", "activation")


def module_call(node: Node) -> ModuleCall:
    """The module of a node that is no function. Raises UsageError where torch has none that vggstat knows."""
    name, args, kwargs, _ = module_of(node)
    defaults = DEFAULTS.get(name, {})
    positional = _POSITIONAL.get(name, ())
    given = {
        **{key: value for key, value in defaults.items() if key in _ORDER},
        **dict(zip(positional, args, strict=False)),
        **kwargs,
    }
    slots, settings = [], []
    for key in sorted(given, key=lambda key: _place(key, positional)):
        value, default = _plain(given[key]), defaults.get(key)
        if isinstance(value, bool | str):
            settings += [(key, value)] if value != default else []
        else:
            slots.append(Slot(key, value, default, key in positional))
    of_maps = name == "LayerNorm" and len(node.in_shapes[0]) == 3
    return ModuleCall(CHANNEL_NORM if of_maps else f"nn.{name}", tuple(slots), tuple(settings))


def _place(key: str, positional: tuple[str, ...]) -> tuple[int, int]:
    for rank, keys in enumerate((positional, _ORDER)):
        if key in keys:
            return rank, keys.index(key)
    return 2, 0


def _plain(value: Any) -> Any:
    """One number where height and width are alike, or where there is but one."""
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value
