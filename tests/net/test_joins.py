"""Layers of several maps: shapes, work, and what they move."""

from __future__ import annotations

import pytest

from tests.branching import Builder
from vggstat.cost.counting import find_counting_rule
from vggstat.cost.report import analyze
from vggstat.cost.traffic import groups_of, kernels_of
from vggstat.cost.workload import Workload
from vggstat.errors import ShapeError
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.add import Add
from vggstat.net.ops.base import Layer
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.maxpool import MaxPool
from vggstat.net.ops.multiply import Multiply
from vggstat.render.columns import COLUMNS, operation_counts
from vggstat.render.page import Named
from vggstat.shapes import Shape

MAP: Shape = (4, 8, 8)


@pytest.mark.parametrize(
    ("layer", "inputs", "shape"),
    [
        (Add(), (MAP, MAP), MAP),
        (Add(), (MAP, MAP, MAP), MAP),
        (Concat(), (MAP, (3, 8, 8)), (7, 8, 8)),
        (Concat(), ((10,), (5,)), (15,)),
        (Multiply(), (MAP, MAP), MAP),
        (Multiply(), (MAP, (4, 1, 1)), MAP),
        (Multiply(), ((4, 1, 1), MAP), MAP),
    ],
)
def test_shapes(layer: Layer, inputs: tuple[Shape, ...], shape: Shape) -> None:
    """A sum and a product have the shape of what they join, a concatenation all channels."""
    assert layer.out_shape(*inputs) == shape


@pytest.mark.parametrize(
    ("layer", "inputs", "message"),
    [
        (Add(), (MAP, (8, 8, 8)), "add needs maps of one shape, but gets 8×8×4 and 8×8×8"),
        (
            Concat(),
            (MAP, (4, 4, 4)),
            "concat needs maps of one shape beside their channels, but gets 8×8×4 and 4×4×4",
        ),
        (Multiply(), (MAP, (4, 4, 4)), "multiply needs two maps of one shape, or one with a value a channel"),
        (Multiply(), (MAP, (8, 1, 1)), "but gets 8×8×4 and 1×1×8"),
        (Multiply(), (MAP, MAP, MAP), "multiply takes two maps, but gets 3"),
    ],
)
def test_what_does_not_join(layer: Layer, inputs: tuple[Shape, ...], message: str) -> None:
    """Both shapes are named."""
    with pytest.raises(ShapeError, match=message):
        layer.out_shape(*inputs)


def test_work_that_plain_rules_count_as_nothing() -> None:
    """256 values: two additions each for three maps, one product; a rule that names neither does not know them."""
    added, multiplied = Add().ops(MAP, MAP, MAP), Multiply().ops(MAP, (4, 1, 1))

    assert dict(added) == {"add_values": 2 * 256}
    assert dict(multiplied) == {"multiply_values": 256}
    assert not dict(Concat().ops(MAP, MAP))
    assert [find_counting_rule(rule).count(added) for rule in ("macs", "flops", "macs+bias")] == [0, 0, 0]
    assert find_counting_rule("flopth").unknown_in(added) == ("addition of maps",)


def test_bytes_that_a_join_moves() -> None:
    """A sum reads two maps of 1,024 B and writes one; its gradient is handed on, and the map that two layers read gets
    the sum of two: 3 · 1,024 B. A gate's gradient reads dy and both factors, and writes two gradients."""
    builder = Builder(MAP)
    first = builder.put(Conv(filters=4), 0)
    total = builder.put(Add(), builder.put(Conv(filters=4), first), first)
    gate = builder.put(AdaptiveAvgPool(output=1), total)
    builder.put(Multiply(), total, gate)
    groups = {group.kind: group for group in groups_of(builder.graph())}
    training = Workload(mode="training")

    assert [(kernel.what, kernel.bytes) for kernel in kernels_of(groups["add"], training)] == [
        ("add", 3 * 1024),
        ("gradients added", 3 * 1024),  # the pool and the product read the sum
    ]
    assert [(kernel.what, kernel.bytes) for kernel in kernels_of(groups["multiply"], training)] == [
        ("multiply", 1024 + 16 + 1024),
        ("multiply gradient", 1024 + 2 * (1024 + 16)),
    ]


def test_a_field_that_is_not_known_is_not_all() -> None:
    """Steps of 2 and 3 pixels meet in the sum: its field is the larger one, 1; behind a window of 3 there is none to tell."""
    builder = Builder((4, 4, 4))
    near, far = (builder.put(MaxPool(kernel=1, stride=stride), 0) for stride in (2, 3))
    builder.put(Conv(filters=4), builder.put(Add(), near, far))
    report = analyze(builder.graph())
    last = report.rows[-2:]

    assert [(row.receptive_field, row.jump, row.sees_all) for row in last] == [
        (1, None, False),
        (None, None, False),
    ]
    counts = operation_counts(report, find_counting_rule("macs"))
    shown = [
        [COLUMNS[key].cell(row, counts) for key in ("receptive_field", "effective_stride")] for row in last
    ]
    unknown = Named(value=None, text="?")
    assert shown == [[1, unknown], [unknown, unknown]]
