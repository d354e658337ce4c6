"""Operators on maps without weights: pools, sums, parts, enlargements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from vggstat.net.ops.other import Rearranged
from vggstat.shapes import square
from vggstat.sources.language import PART
from vggstat.sources.onnx_file.plain import windows_along
from vggstat.sources.onnx_file.reading import Reading, along, params_of, plain
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import FLOATING, Value

__all__ = ["MAPS"]

PADDING: Final = "padding"
"""The kind of a layer that puts values around a map."""


def _max_pool(step: Step) -> Reading | None:
    settings = _pool_settings(step)
    if settings is None or any(isinstance(made, Value) for made in step.outputs[1:]):
        return None
    dilation = along(step, "dilations", 2)
    return plain(step, "maxpool", settings if dilation == 1 else {**settings, "dilation": dilation})


def _avg_pool(step: Step) -> Reading | None:
    settings = _pool_settings(step)
    return None if settings is None else plain(step, "avgpool", settings)


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
        "stride": along(step, "strides", 2),
        "padding": square(pads[0], pads[1]),
        "ceil": bool(step.settings.get("ceil_mode")) or down != [*step.after[2:]],
    }


def _global_max_pool(step: Step) -> Reading | None:
    if len(step.before) != 4:
        return None
    sides = square(*step.before[2:])
    return plain(step, "maxpool", {"kernel": sides, "stride": sides})


def _global_avg_pool(step: Step) -> Reading:
    return plain(step, "adaptive-avgpool", {"output": 1})


def _sum(step: Step) -> Reading | None:
    return plain(step, "add", {}) if len(step.values) == len(step.inputs) > 1 else None


def _product(step: Step) -> Reading | None:
    return plain(step, "multiply", {}) if len(step.values) == len(step.inputs) else None


def _concat(step: Step) -> Reading | None:
    axis = step.settings.get("axis", 1) % max(1, len(step.after))
    return plain(step, "concat", {}) if axis == 1 and len(step.values) == len(step.inputs) else None


def _reshape(step: Step) -> Reading | None:
    return plain(step, "flatten", {}) if len(step.after) == 2 and step.after[:1] == step.before[:1] else None


def _part(step: Step) -> Reading | None:
    start = step.settings["start"]
    if len(step.before) != 4 or step.before[0] != step.after[0]:
        return None
    return plain(step, PART, {"start": tuple(start[1:]), "makes": tuple(step.after[1:])})


def _pad(step: Step) -> Reading:
    pads = step.integers("pads", 1)
    return plain(step, PADDING, {"sides": pads, "mode": step.settings.get("mode", "constant")})


def _gather(step: Step) -> Reading | None:
    """Rows of a table of the model's own."""
    table = step.constant(0)
    if table is None or table.type not in FLOATING or table.elements < 2:
        return None
    return Reading("embedding", {}, params_of(table, "weight", table.shape), Rearranged)


def _resize(step: Step) -> Reading | None:
    mode = {"nearest": "nearest", "linear": "bilinear"}.get(step.settings.get("mode", "nearest"))
    if mode is None or len(step.before) != 4 or len(step.after) != 4 or not all((*step.before, *step.after)):
        return None
    scales = {after / before for after, before in zip(step.after[2:], step.before[2:], strict=True)}
    scale = scales.pop()
    if scales or scale != int(scale) or not _is_usual(step, mode):
        return None
    return plain(step, "upsample", {"scale": int(scale), "mode": mode})


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
    return plain(step, "shuffle", step.settings)


MAPS: Final[Mapping[str, Callable[[Step], Reading | None]]] = {
    "MaxPool": _max_pool,
    "AveragePool": _avg_pool,
    "GlobalMaxPool": _global_max_pool,
    "GlobalAveragePool": _global_avg_pool,
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
"""How they are read."""
