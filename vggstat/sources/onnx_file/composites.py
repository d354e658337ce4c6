"""Normalizations, shuffles and biases that exporters write as several nodes."""

from __future__ import annotations

from typing import Final

from vggstat.sources.onnx_file.rewriting import Found, Net, Pattern
from vggstat.sources.onnx_file.steps import Entering, Step
from vggstat.sources.onnx_file.values import Constant, Value

__all__ = ["PATTERNS"]


def _biased(step: Step, net: Net) -> Found | None:
    """A product with stored weights, and the stored value for each of its channels that is added to it."""
    bias = next((item for item in step.inputs if isinstance(item, Constant)), None)
    product = net.maker(step.values[0], "MatMul", "Gemm", "Conv", "ConvTranspose") if step.values else None
    if bias is None or product is None or product.entering(2) is not None or product.constant(1) is None:
        return None
    axis = len(product.after) - 1 if product.op in ("MatMul", "Gemm") else 1
    if not _is_along(bias, product, axis) or step.after != product.after:
        return None
    inputs = (*product.inputs[:2], bias._replace(shape=(bias.elements,)))
    return Found(product._replace(inputs=inputs, outputs=step.outputs), (product,))


def _is_along(constant: Constant, step: Step, axis: int) -> bool:
    """Whether it holds one value for each place of an axis of what a step makes."""
    length = step.after[axis]
    behind = len(step.after) - 1 - axis
    shape = constant.shape[: len(constant.shape) - behind]
    if constant.elements != length or len(shape) == 0:
        return False
    return shape[-1] == length and len(constant.shape) <= len(step.after)


def _layer_norm(step: Step, net: Net) -> Found | None:
    """(x − mean) / sqrt(mean of squares + eps) over the last axes, each as a node of its own."""
    for centred in step.inputs:
        away = net.maker(centred, "Sub")
        if away is None or len(away.values) != 2:
            continue
        rest = next((item for item in step.inputs if item is not centred), None)
        found = _deviation(step, rest, net)
        mean = net.maker(away.entering(1), "ReduceMean")
        if found is None or mean is None or mean.values != away.values[:1]:
            continue
        variance, others = found
        squared = net.maker(variance.entering(0), "Pow", "Mul")
        if squared is None or not _is_square_of(squared, away, net):
            continue
        axes = _axes(mean)
        if axes is None or axes != _axes(variance) or axes != tuple(range(axes[0], len(step.after))):
            continue
        again = net.maker(squared.entering(0), "Sub")
        more = [] if again is None or again is away else [again]
        layer = step._replace(
            op="LayerNormalization", inputs=away.inputs[:1], settings={"axis": axes[0]}, version=17
        )
        return Found(layer, (away, mean, variance, squared, *others, *more))
    return None


def _deviation(step: Step, item: Entering, net: Net) -> tuple[Step, tuple[Step, ...]] | None:
    """The mean of squares that a quotient's denominator is the root of, and the steps on the way."""
    way: list[Step] = []
    if step.op == "Mul":
        inverse = net.maker(item, "Reciprocal")
        if inverse is None:
            return None
        way.append(inverse)
        item = inverse.entering(0)
    root = net.maker(item, "Sqrt")
    added = net.maker(root.entering(0), "Add") if root is not None else None
    if root is None or added is None or not added.values:
        return None
    variance = net.maker(added.values[0], "ReduceMean")
    return None if variance is None else (variance, (*way, root, added))


def _is_square_of(step: Step, away: Step, net: Net) -> bool:
    """Whether it squares what ``away`` makes, or the same difference computed once more."""
    sources = [net.maker(item, "Sub") for item in step.values]
    same = all(source is not None and source.values == away.values for source in sources)
    exponent = step.constant(1)
    return same and (len(sources) == 2 or (exponent is not None and exponent.scalar == 2))


def _axes(step: Step) -> tuple[int, ...] | None:
    axes = step.integers("axes", 1)
    rank = len(step.before)
    return None if not axes else tuple(sorted(axis % rank for axis in axes))


def _affine_norm(step: Step, net: Net) -> Found | None:
    """A norm without learned values, and the scale that follows it; or one with a scale, and the shift."""
    place = {"Mul": 1, "Add": 2}.get(step.op)
    constant = next((item for item in step.inputs if isinstance(item, Constant)), None)
    norm = net.maker(step.values[0], "LayerNormalization", "GroupNormalization") if step.values else None
    if place is None or norm is None or constant is None or len(norm.inputs) != place:
        return None
    axis = len(norm.after) - 1 if norm.op == "LayerNormalization" else 1
    last = tuple(norm.after[norm.settings.get("axis", -1) :])
    whole = norm.op == "LayerNormalization" and constant.shape == last
    if not whole and not _is_along(constant, norm, axis):
        return None
    shape = last if whole else (constant.elements,)
    layer = norm._replace(inputs=(*norm.inputs, constant._replace(shape=shape)), outputs=step.outputs)
    return Found(layer, (norm,))


def _group_norm(step: Step, net: Net) -> Found | None:
    """An instance norm of each group's values in a row, between two reshapes."""
    norm = net.maker(step.values[0], "InstanceNormalization") if step.values else None
    apart = net.maker(norm.entering(0), "Reshape") if norm is not None else None
    if norm is None or apart is None or apart.before != step.after:
        return None
    groups = apart.after[1] if len(apart.after) > 1 else 0
    scale, shift = norm.constant(1), norm.constant(2)
    plain = scale is not None and shift is not None and scale.is_all(1) and shift.is_all(0)
    if not groups or apart.before[1] % groups or apart.after[0] != apart.before[0] or not plain:
        return None
    layer = step._replace(op="GroupNormalization", inputs=apart.inputs[:1], settings={"num_groups": groups})
    return Found(layer, (norm, apart))


def _lrn(step: Step, net: Net) -> Found | None:
    """x / (k + alpha · mean of squares of neighbours) ** beta, the mean as a pool over the channels as a third axis."""
    power = net.maker(step.entering(1), "Pow")
    added = net.maker(power.entering(0), "Add") if power is not None else None
    scaled = net.maker(added.entering(0), "Mul") if added is not None else None
    if power is None or added is None or scaled is None:
        return None
    way = [scaled]
    while len(way[-1].values) == 1 and len(way) < LONGEST:
        before = net.maker(way[-1].values[0], *LRN_STEPS)
        if before is None:
            return None
        way.append(before)
    pools = [one for one in way if one.op == "AveragePool"]
    told = [power.constant(1), added.constant(1), scaled.constant(1)]
    numbers = [item.scalar for item in told if item is not None]
    if set(way[-1].values) != {step.values[0]} or len(pools) != 1 or len(numbers) != 3 or None in numbers:
        return None
    size, *others = pools[0].settings.get("kernel_shape", (0,))
    beta, k, alpha = numbers
    settings = {"size": size, "alpha": alpha, "beta": beta, "bias": k}
    layer = step._replace(op="LRN", inputs=step.inputs[:1], settings=settings)
    return Found(layer, (power, added, *way)) if set(others) == {1} else None


def _norm_of_channels(step: Step, net: Net) -> Found | None:
    """A layer norm over channels that are brought to the last axis and back."""
    norm = net.maker(step.values[0], "LayerNormalization") if _order(step) == (0, 3, 1, 2) else None
    ahead = net.maker(norm.entering(0), "Transpose") if norm is not None else None
    if norm is None or ahead is None or _order(ahead) != (0, 2, 3, 1):
        return None
    if norm.settings.get("axis", -1) not in (-1, 3):
        return None
    layer = norm._replace(
        inputs=(*ahead.inputs[:1], *norm.inputs[1:]),
        outputs=step.outputs,
        settings={**norm.settings, "axis": 1},
    )
    return Found(layer._replace(op="ChannelNorm"), (norm, ahead))


def _order(step: Step) -> tuple[int, ...]:
    return tuple(step.settings.get("perm", ())) if step.op == "Transpose" else ()


def _shuffle(step: Step, net: Net) -> Found | None:
    """Channels in groups, the two axes exchanged, and channels again."""
    swap = net.maker(step.values[0], "Transpose") if step.values else None
    apart = net.maker(swap.entering(0), "Reshape") if swap is not None else None
    if swap is None or apart is None:
        return None
    before, split = apart.before, apart.after
    whole = (
        len(before) == 4 and len(split) == 5 and split[1] * split[2] == before[1] and split[3:] == before[2:]
    )
    if not whole or _order(swap) != (0, 2, 1, 3, 4) or step.after != before or split[0] != before[0]:
        return None
    layer = step._replace(op="ChannelShuffle", inputs=apart.inputs[:1], settings={"groups": split[1]})
    return Found(layer, (swap, apart))


def _padded(step: Step, net: Net) -> Found | None:
    """Zeros around a map that a convolution alone reads are its padding."""
    if step.settings.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        return None
    pad = net.maker(step.entering(0), "Pad")
    sides = pad.integers("pads", 1) if pad is not None else None
    rank = len(step.before)
    if pad is None or sides is None or len(sides) != 2 * rank or pad.entering(3) is not None:
        return None
    edges = (*sides[:2], *sides[rank : rank + 2])
    zeros = pad.settings.get("mode", "constant") == "constant" and not (pad.scalar("value", 2) or 0)
    if not zeros or any(edges) or min(sides) < 0 or (pad.version >= 11 and _is_hidden(pad.entering(2))):
        return None
    own = step.settings.get("pads") or [0] * (2 * rank - 4)
    pads = [a + b for a, b in zip(own, (*sides[2:rank], *sides[rank + 2 :]), strict=True)]
    settings = {**step.settings, "pads": pads, "auto_pad": "NOTSET"}
    return Found(step._replace(inputs=(*pad.inputs[:1], *step.inputs[1:]), settings=settings), (pad,))


def _is_hidden(item: Entering) -> bool:
    """Whether a value is given that is not known."""
    return isinstance(item, Value) or (isinstance(item, Constant) and item.scalar is None)


def _cut(step: Step, net: Net) -> Found | None:
    """Cuts along one axis after the other are one."""
    before = net.maker(step.entering(0), "Part")
    if before is None:
        return None
    start = tuple(map(sum, zip(before.settings["start"], step.settings["start"], strict=True)))
    return Found(step._replace(inputs=before.inputs[:1], settings={"start": start}), (before,))


LRN_STEPS: Final = ("Mul", "Pow", "Reshape", "Unsqueeze", "Squeeze", "Pad", "AveragePool")
"""What lies between the squares of an LRN and its sum."""

LONGEST: Final = 9

PATTERNS: Final = tuple(
    Pattern(frozenset(ends), find)
    for find, *ends in (
        (_biased, "Add"),
        (_layer_norm, "Div", "Mul"),
        (_group_norm, "Reshape"),
        (_affine_norm, "Mul", "Add"),
        (_lrn, "Div"),
        (_norm_of_channels, "Transpose"),
        (_shuffle, "Reshape"),
        (_padded, "Conv"),
        (_cut, "Part"),
    )
)
"""In this order: a scale follows what has become a norm."""
