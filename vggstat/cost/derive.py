"""One layer's figures step by step, as on a blackboard: products of plain numbers and what they come to."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Final

from vggstat.cost.report import Block, Report, Row, block_of
from vggstat.errors import UsageError
from vggstat.net.ops.base import Param, Window, Windows
from vggstat.net.ops.part import Part
from vggstat.net.scopes import part_name
from vggstat.records import Record
from vggstat.shapes import Sides, pair, spell

PRODUCTS: Final = {
    "": "values that leave × products of each",
    "upconv": "values that enter × products of each",
    "attention": "queries × keys × their length + values that leave × keys",
}
"""The rules of MACs that are not weights at each position, by kind."""


class Step(Record):
    """One figure: what it is, the rule in words, the rule with numbers put in, and the result."""

    quantity: str
    rule: str
    expression: str
    value: int | None
    """None where the result is a shape or a word, which ``expression`` ends in."""
    unit: str = ""


class Derivation(Record):
    """The steps for one row of a report."""

    report: Report
    row: Row
    steps: tuple[Step, ...]


def find_row(report: Report, name: str) -> Row | None:
    """The row of that name (``block5_conv1``, ``features.24``), without regard to case; None if there is none."""
    wanted = name.lower()
    return next((row for row in report.rows if wanted in (row.name.lower(), row.torch_name)), None)


def find_part(report: Report, name: str) -> Block | None:
    """The rows of a block, a unit or a branch with their sums, by what their names begin with; None for no such part."""
    wanted = name.lower()
    for depth in range(1, max((len(row.scope) for row in report.rows), default=0) + 1):
        held = [
            row
            for row in report.rows
            if len(row.scope) >= depth and part_name(row.scope[:depth]).lower() == wanted
        ]
        if held:
            return block_of(part_name(held[0].scope[:depth]), tuple(held))
    return None


def derive_layer(report: Report, name: str) -> Derivation:
    """How the figures of one layer come about. Raises UsageError, with the nearest names, for no such layer."""
    row = find_row(report, name)
    if row is None:
        from difflib import get_close_matches

        holder = _holder(report, name)
        if holder:
            raise UsageError(
                f"{name} has no row of its own in {report.name}, as its figures stand with those of the layer that it "
                f"follows: vggstat explain {report.name} {holder}"
            )
        names = [row.name for row in report.rows]
        near = get_close_matches(name.lower(), names, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"its layers are {', '.join(names)}"
        raise UsageError(f"{report.name} has no layer {name!r}: {hint}")
    if row.kind == "unused":
        return Derivation(report=report, row=row, steps=(_unused_step(report, row),))
    steps = [
        *_map_steps(report, row),
        *_param_steps(report, row),
        *_work_steps(report, row),
        *_sight_steps(report, row),
    ]
    return Derivation(report=report, row=row, steps=tuple(steps))


def _holder(report: Report, name: str) -> str:
    """The row behind which a layer without one of its own stands; empty where there is no such layer."""
    at = report.rows[0].name
    for node in report.graph.nodes:
        at = node.name if node.is_row else at
        if node.name.lower() == name.lower():
            return at
    return ""


def weight_factors(row: Row) -> tuple[int, ...]:
    """The numbers whose product is the row's weights, in the order of a blackboard.

    A conv: kernel, kernel, channels that a filter sees, filters. An FC layer: height, width and channels of
    the map it flattens (or its inputs), outputs. A batch norm: its channels. Empty without weights.
    """
    shape = row.weight_shape
    if shape is None:
        return ()
    if len(shape) == 4:
        filters, channels, height, width = shape
        if row.kind == "upconv":  # torch has its weight the other way round
            filters, channels = channels, filters
        return (height, width, channels, filters)
    return tuple(reversed(shape))


def _times(*factors: int) -> str:
    return " × ".join(f"{factor:,}" for factor in factors)


def _map_steps(report: Report, row: Row) -> list[Step]:
    steps = []
    windows = row.layer.geometry() if row.layer is not None else None
    # Of a layer that was seen in a model the zeros in front and behind may differ.
    if row.in_shape is not None and isinstance(windows, Windows):
        for at, (axis, window) in enumerate(zip(("height", "width"), windows, strict=True)):
            kernel, stride, padding, dilation, _ = window
            if row.kind == "upconv":
                before, after = row.in_shape[at + 1], row.output_shape[at + 1]
                steps.append(
                    Step(
                        quantity=f"output {axis}",
                        rule="input × stride",
                        expression=_times(before, stride),
                        value=after,
                    )
                )
                continue
            extent = dilation * (kernel - 1) + 1
            steps.append(
                Step(
                    quantity=f"output {axis}",
                    rule="(input + 2 × padding − kernel) / stride + 1, rounded down",
                    expression=f"({row.in_shape[at + 1]} + 2 × {padding} − {extent}) / {stride} + 1",
                    value=row.output_shape[at + 1],
                )
            )
    steps += _part_steps(report, row)
    per_image = prod(row.output_shape)
    if len(row.output_shape) in (2, 4, 5):
        steps.append(
            Step(
                quantity="output values",
                rule="the product of its axes",
                expression=_times(*row.output_shape),
                value=per_image,
            )
        )
    elif len(row.output_shape) == 3:
        channels, height, width = row.output_shape
        steps.append(
            Step(
                quantity="output values",
                rule="height × width × channels",
                expression=_times(height, width, channels),
                value=per_image,
            )
        )
    else:
        steps.append(
            Step(
                quantity="output values", rule="one per output", expression=f"{per_image:,}", value=per_image
            )
        )
    return steps


def _part_steps(report: Report, row: Row) -> list[Step]:
    """The channels of a concatenation, and the sides that a crop leaves."""
    if row.kind == "concat":
        shapes = [other.output_shape for name in row.inputs for other in report.rows if other.name == name]
        channels = row.output_shape[0]
        if sum(shape[0] for shape in shapes) == channels:
            words = " + ".join(f"{shape[0]:,}" for shape in shapes)
            rule = "the sum of those that meet"
            return [Step(quantity="output channels", rule=rule, expression=words, value=channels)]
    if not (row.kind == "crop" and isinstance(row.layer, Part) and row.in_shape is not None):
        return []
    steps = []
    for at, axis in ((1, "height"), (2, "width")):
        before, first, after = row.in_shape[at], row.layer.start[at], row.output_shape[at]
        words = f"{before} − {first} − {before - first - after}"
        rule = "input − what is cut off before − what is cut off behind"
        steps.append(Step(quantity=f"output {axis}", rule=rule, expression=words, value=after))
    return steps


def _unused_step(report: Report, row: Row) -> Step:
    """Parameters that nothing takes, which are in the total."""
    module = row.name.removesuffix(", the rest")
    unused = report.graph.unused
    held = [param for param in unused if param.path.rpartition(".")[0] == module] or [
        param for param in unused if "." not in param.path
    ]
    return Step(
        quantity="parameters",
        rule="of tensors that its forward pass does not use",
        expression=_tensor_words(held),
        value=row.params,
    )


def _tensor_words(tensors: Iterable[Param]) -> str:
    """The products of their axes, as a sum."""
    return " + ".join(_times(*param.shape) for param in tensors)


def _several_steps(report: Report, row: Row) -> list[Step]:
    """Of a layer of somebody's model: whose its tensors are, and what they add up to."""
    node = next((node for node in report.graph.nodes if node.name == row.name), None)
    if node is None:
        return []
    steps = [
        Step(
            quantity="shared",
            rule="counted where it is held",
            expression=f"{shared.param.path} of {shared.owner}",
            value=None,
        )
        for shared in node.shared
    ]
    learned = [param for param in node.params if param.role != "buffer"]
    weights = [param for param in learned if param.role == "weight"]
    plain = not node.shared and len(weights) == 1 and weights[0].shape == row.weight_shape
    if plain or not (steps or learned):
        return []
    words = _tensor_words(learned) or "0"
    return [
        *steps,
        Step(quantity="parameters", rule="of its own tensors", expression=words, value=row.params),
    ]


def _param_steps(report: Report, row: Row) -> list[Step]:
    several = _several_steps(report, row)
    if several:
        return several
    if row.weight_shape is None:
        return [
            Step(quantity="parameters", rule="it learns nothing", expression="0", value=0),
        ]
    rules = {
        "conv": "kernel height × kernel width × channels a filter sees × filters",
        "upconv": "kernel height × kernel width × channels × filters",
        "fc": "inputs × outputs",
        "bn": "one scale (gamma) per channel",
        "norm": "one scale (gamma) per channel",
    }
    steps = [
        Step(
            quantity="weights",
            rule=rules.get(row.kind, "the product of the weight's axes"),
            expression=_weight_words(row),
            value=row.weights,
        )
    ]
    if row.biases:
        rule = "one shift (beta) per channel" if row.kind in ("bn", "norm") else "one per output channel"
        steps.append(Step(quantity="biases", rule=rule, expression=f"{row.biases:,}", value=row.biases))
    steps.append(
        Step(
            quantity="parameters",
            rule="weights + biases",
            expression=f"{row.weights:,} + {row.biases:,}",
            value=row.params,
        )
    )
    return steps


def _weight_words(row: Row) -> str:
    """The product that the weights are; ``(96 / 2)`` where a filter sees one group of the channels."""
    factors = [f"{factor:,}" for factor in weight_factors(row)]
    if row.kind == "conv" and row.groups is not None and row.groups > 1:
        channels = weight_factors(row)[2] * row.groups
        factors[2] = f"({channels:,} / {row.groups:,})"
    return " × ".join(factors)


def _product_steps(report: Report, row: Row) -> list[Step]:
    """The MACs of a layer that are not its weights at each position; nothing for others."""
    node = next((node for node in report.graph.nodes if node.name == row.name), None)
    products = node.layer.mac_products(*node.in_shapes) if node is not None else ()
    if not products or row.macs is None:
        return []
    batch = report.workload.batch
    words = " + ".join(_times(*factors) for factors in products)
    if batch > 1:
        words = f"{f'({words})' if len(products) > 1 else words} × {batch:,}"
    return [
        Step(quantity="MACs", rule=PRODUCTS.get(row.kind, PRODUCTS[""]), expression=words, value=row.macs),
        Step(quantity="FLOPs", rule="2 per MAC", expression=_times(2, row.macs), value=row.flops),
    ]


def _work_steps(report: Report, row: Row) -> list[Step]:
    if row.macs is None:
        return [Step(quantity="MACs", rule="no count is known for it", expression="not known", value=None)]
    if not row.macs:
        return []
    products = _product_steps(report, row)
    if products:
        return products
    batch = report.workload.batch
    weights = prod(row.weight_shape or (row.weights,))
    shape = row.in_shape if row.kind == "upconv" and row.in_shape else row.output_shape
    positions = prod(shape[1:]) if len(shape) == 3 else 1
    factors = (weights, *shape[1:]) if positions > 1 else (weights,)
    side = "input" if row.kind == "upconv" else "output"
    images = (batch,) if batch > 1 else ()
    return [
        Step(
            quantity="MACs",
            rule="one per weight" + (f", at each pixel of the {side}" if positions > 1 else ""),
            expression=_times(*factors, *images),
            value=row.macs,
        ),
        Step(quantity="FLOPs", rule="2 per MAC", expression=_times(2, row.macs), value=row.flops),
    ]


def _sight_steps(report: Report, row: Row) -> list[Step]:
    if row.receptive_field is None:
        return [_unseen(row)]
    before = [other for other in report.rows if other.name in row.inputs]
    windows = row.layer.windows() if row.layer else None
    if len(before) > 1 and all(other.receptive_field is not None for other in before):
        return _met_steps(row, before)
    known = len(before) == 1 and before[0].receptive_field is not None and before[0].jump is not None
    if not known or windows is None or all((w.extent, w.stride, w.enlarged) == (1, 1, 1) for w in windows):
        return [
            _pixels_step("receptive field", "as before it", spell(row.receptive_field), row.receptive_field)
        ]
    if (
        isinstance(row.receptive_field, int)
        and windows.height == windows.width
        and isinstance(before[0].jump, int)
    ):
        return _axis_steps(row, windows.height, before[0].receptive_field, before[0].jump, "")
    steps = []
    for at, axis in enumerate(("height", "width")):
        field, jump = (
            pair(side)[at] if side is not None else 0 for side in (before[0].receptive_field, before[0].jump)
        )
        steps += _axis_steps(row, windows[at], field, jump, f", {axis}", at)
    return steps


def _met_steps(row: Row, before: list[Row]) -> list[Step]:
    """Of several maps: the largest field."""
    fields = [other.receptive_field for other in before if other.receptive_field is not None]
    assert row.receptive_field is not None
    words = f"the largest of {', '.join(map(spell, fields))}"
    return [_pixels_step("receptive field", "the largest of those that meet", words, row.receptive_field)]


def _pixels_step(quantity: str, rule: str, expression: str, sides: Sides | None) -> Step:
    """A step whose result is a number of pixels; ``expression`` ends in two that are not the same."""
    number = sides if isinstance(sides, int) else None
    return Step(
        quantity=quantity,
        rule=rule,
        expression=expression,
        value=number,
        unit="" if number is None else "pixels",
    )


def _axis_steps(
    row: Row, window: Window, field: Sides | None, jump: int, axis: str, at: int = 0
) -> list[Step]:
    """The receptive field and the step along one axis, or along both where they are alike."""
    own = None if row.receptive_field is None else pair(row.receptive_field)[at]
    step = None if row.jump is None else pair(row.jump)[at]
    enlarged = f" / {window.enlarged}" if window.enlarged > 1 else ""
    return [
        _pixels_step(
            f"receptive field{axis}",
            "field before + (kernel − 1) × step before",
            f"{field} + ({window.extent} − 1) × {jump}",
            own,
        ),
        _pixels_step(
            f"step{axis}",
            f"step before × stride{enlarged and ' / enlargement'} (the effective stride)"
            if step is not None
            else "not a whole number of pixels",
            f"{_times(jump, window.stride)}{enlarged}",
            step,
        ),
    ]


def _unseen(row: Row) -> Step:
    """A receptive field without a number: the whole image, or not known."""
    if row.sees_all:
        return Step(
            quantity="receptive field", rule="sees every value", expression="the whole image", value=None
        )
    rule = "behind paths of different steps, or steps of no whole number of pixels"
    if row.layer is not None and not row.layer.knows_windows:
        rule = "which values of its input a value sees is not known"
    return Step(quantity="receptive field", rule=rule, expression="not known", value=None)
