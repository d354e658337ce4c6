"""Layer kinds that no VGG has: each formula by an example that can be followed by hand."""

from __future__ import annotations

import pytest

from tests.networks import graph_of, report_of
from vggstat.cost.accounting import find_accounting
from vggstat.cost.counting import find_counting_rule
from vggstat.cost.derive import derive_layer
from vggstat.cost.report import Report, Row, analyze
from vggstat.cost.saved import saved_items
from vggstat.cost.training import training_moments, training_peak
from vggstat.cost.workload import Workload
from vggstat.errors import SpecError, UsageError
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Graph, Sight
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.group_norm import GroupNorm
from vggstat.net.spec import Place
from vggstat.render.styles import cs231n, find_style
from vggstat.render.styles.base import TableOptions

HERE = Place("here", 1, 1, "")


def report(layers: str, classifier: str = "[]") -> Report:
    head = "flatten" if classifier != "[]" else "none"
    text = f"name: x\ninput: [4, 8, 6]\nblocks: [[{layers}]]\nhead: {head}\nclassifier: {classifier}\n"
    return analyze(graph_of(text))


def row(found: Report, name: str) -> Row:
    return next(row for row in found.rows if row.name == name)


def test_group_norm() -> None:
    """A scale and a shift for each of 4 channels; two statistics for each of 2 groups, 16 B, beside the input."""
    found = report("conv1-4 linear, {group-norm: {groups: 2}}")
    norm = row(found, "block1_gn1")

    assert (norm.label, norm.weights, norm.params, norm.macs) == ("GN", 4, 8, 0)
    assert [item.bytes for item in saved_items(found.graph, Workload()) if item.node == norm.name] == [
        4 * 4 * 8 * 6,
        8,
        8,
    ]
    assert find_counting_rule("fvcore").count(found.graph.nodes[1].ops) == 5 * 4 * 8 * 6
    assert find_counting_rule("torchinfo").count(found.graph.nodes[1].ops) == 8


def test_group_norm_needs_whole_groups() -> None:
    with pytest.raises(SpecError, match=r"groups: 3 needs channels \(4\) that are a multiple of 3"):
        report("{group-norm: {groups: 3}}")


def test_a_slice_of_a_gradient_is_copied_for_a_group_norm() -> None:
    """What a concatenation hands out is a slice: 2 images x 4 x 8 x 8 x 4 B. That of one image lies in one piece."""
    builder = GraphBuilder((4, 8, 8))
    one = builder.add(Conv(filters=4), "conv", scope=(), place=HERE)
    two = builder.add(GroupNorm(groups=2), "norm", scope=(), place=HERE, inputs=(one,))
    builder.add(Concat(), "concat", scope=(), place=HERE, inputs=(two, one))
    spec = graph_of("name: x\ninput: [4, 8, 8]\nblocks: [[conv3-4]]\nhead: none").spec
    graph = Graph(spec=spec, image=builder.image, head="none", classes=None, nodes=builder.nodes())

    def copies(batch: int) -> set[int]:
        moments = training_moments(graph, Workload(batch=batch, mode="training"))
        return {item.bytes for at in moments for item in at.items if item.what == "gradient in one piece"}

    assert (copies(1), copies(2)) == (set(), {2 * 4 * 8 * 8 * 4})


def test_upsampling() -> None:
    """Twice as high and wide; half of the step, and a bilinear one sees two values in each direction."""
    found = report("maxpool, upsample2, {upsample: {scale: 2, mode: bilinear}}")
    nearest, bilinear = row(found, "block1_upsample"), row(found, "block1_upsample2")

    assert (nearest.output_shape, bilinear.output_shape) == ((4, 8, 6), (4, 16, 12))
    assert found.graph.nodes[1].sight == Sight(2, 1)  # a pool of 2, read at a step of 2 / 2
    assert found.graph.nodes[2].sight == Sight(3, None)  # half a pixel is no step
    assert (nearest.label, bilinear.label) == ("upsample2", "bilinear upsample2")
    assert not [item for item in saved_items(found.graph, Workload()) if "upsample" in item.node]


def test_channel_shuffle() -> None:
    """The map's shape stays; as many groups as channels would change nothing."""
    assert row(report("shuffle2"), "block1_shuffle").output_shape == (4, 8, 6)
    with pytest.raises(SpecError, match="shuffle4 of 4 channels changes nothing"):
        report("shuffle4")
    with pytest.raises(SpecError, match=r"needs channels \(4\) that are a multiple of 3"):
        report("shuffle3")


def test_global_pool_is_an_adaptive_one_to_one_value() -> None:
    """As with ``head: gap``, and nothing can be set about it."""
    found = report("gap")

    assert row(found, "block1_avgpool").output_shape == (4, 1, 1)
    assert found.graph.nodes[0].layer == report_of("D@head=gap").graph.nodes[-4].layer
    with pytest.raises(SpecError, match="gap has no field 'output'"):
        report("{gap: {output: 2}}")


def test_batch_norm_after_an_fc_layer() -> None:
    """Between the layer and its ReLU; none after the predictions unless it is written there."""
    found = report("conv3-4", "[{fc: {features: 5, norm: batch, dropout: 0}}, {fc: {features: 3}}]")
    names = [node.name for node in found.graph.nodes if node.name.startswith(("fc", "pred"))]
    norm = next(node for node in found.graph.nodes if node.name == "fc1_bn")

    assert names == ["fc1", "fc1_bn", "fc1_relu", "predictions"]
    assert norm.layer.torch_module(*norm.in_shapes).name == "BatchNorm1d"
    assert row(found, "fc1_bn").params == 2 * 5


def test_depthwise_convolution() -> None:
    """A filter a channel: 3 * 3 * (4 / 4) * 4 weights, at 8 x 6 pixels; conv's defaults hold, but for what it settles."""
    text = """
name: x
input: [4, 8, 6]
defaults: {conv: {bias: false, groups: 2, activation: relu6}, dwconv: {norm: batch}}
blocks: [[dwconv3, dwconv3/2 plain linear]]
"""
    found = analyze(graph_of(text))
    first, second = (found.graph.nodes[index] for index in (0, 3))

    assert [node.layer.label for node in found.graph.nodes] == ["conv3-4 g4", "BN", "ReLU6", "conv3-4 g4"]
    assert (row(found, first.name).weights, row(found, first.name).macs) == (36, 36 * 8 * 6)
    assert (row(found, first.name).biases, row(found, second.name).biases) == (0, 4)
    assert second.shape == (4, 4, 3)
    steps = {step.quantity: step.expression for step in derive_layer(found, first.name).steps}
    assert steps["weights"] == "3 × 3 × (4 / 4) × 4"
    assert cs231n.params_words(found.rows[1], None) == "(3*3*(4/4))*4 = 36"


def test_what_a_depthwise_convolution_settles_is_not_written() -> None:
    """Nor is it asked for: ``{dwconv: {kernel: 5}}`` is all of it."""
    assert report("{dwconv: {kernel: 5}}").graph.nodes[0].layer == Conv(filters=4, kernel=5, groups=4)
    for layer, message in (
        ("{dwconv: {filters: 8}}", "dwconv has no field 'filters'"),
        ("dwconv3 g2", "dwconv has no groups, which 'g2' would set"),
        ("flatten, dwconv3", "block1_conv1: conv3-192 g192 needs a feature map"),
    ):
        with pytest.raises(SpecError, match=message):
            report(layer)


def test_every_kind_can_be_derived_and_shown() -> None:
    """Each row of a network of many kinds, in words; and what follows a layer, on slides."""
    found = report(
        "conv3-4 hard-swish, {group-norm: {groups: 2}}, shuffle2, upsample2, {upsample: {mode: bilinear}}, maxpool, gap, "
        "elu"
    )
    steps = {row.name: derive_layer(found, row.name).steps for row in found.rows}
    told = {name: {step.quantity: (step.expression, step.value) for step in of} for name, of in steps.items()}

    assert told["block1_gn1"]["weights"] == ("4", 4)
    assert told["block1_avgpool"]["receptive field"] == ("the whole image", None)
    page = find_style("slides")(found, TableOptions())
    shown = page.shown[0]
    assert "hard-swish" in str(shown)
    assert "Group Norm" in str(shown)


def test_a_step_of_half_a_pixel_is_none() -> None:
    """Twice as large from the start: a step of 1 / 2; behind it a window of 3 has no field that can be told, and not all."""
    found = report("upsample2, conv3-4")
    steps = [{step.quantity: step for step in derive_layer(found, row.name).steps} for row in found.rows[1:]]

    assert (steps[0]["step"].expression, steps[0]["step"].value) == ("1 × 1 / 2", None)
    assert steps[1]["receptive field"].expression == "not known"


def test_layer_norm_of_maps_and_vectors() -> None:
    """Two values a channel, a mean and a deviation a pixel; of a vector one of each."""
    found = report("conv1-4 linear, layer-norm").graph.nodes[1]
    vector = report("conv1-4 linear, flatten, ln").graph.nodes[2]

    assert [param.shape for param in found.params] == [(4,), (4,)]
    assert [(saved.what, saved.elements) for saved in found.saved] == [
        *(("input", 4 * 8 * 6), ("mean", 8 * 6), ("inverse deviation", 8 * 6))
    ]
    assert [(saved.what, saved.elements) for saved in vector.saved][1:] == [
        ("mean", 1),
        ("inverse deviation", 1),
    ]


def test_what_the_backward_pass_of_a_layer_norm_of_maps_needs_is_unknown() -> None:
    """Torch copies maps whose channels are not last, depending on the layers around: said, and not counted as none."""
    over_maps, over_vectors = report("conv1-4 linear, layer-norm, bn"), report("conv1-4 linear, flatten, ln")

    assert over_maps.memory_if_run(find_accounting("training-peak")) is None
    with pytest.raises(UsageError, match="layer norm over the channels of a map"):
        training_peak(over_maps.graph, Workload(mode="training", batch=2))
    assert training_peak(over_vectors.graph, Workload(mode="training", batch=2)).bytes > 0


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "made"), [(2, 3, 2, 1), (1, 2, 2, 1), (4, 5, 3, 1), (3, 3, 2, 1)]
)
def test_a_pool_that_may_reach_over_the_edge_may_be_larger_than_its_map(
    side: int, kernel: int, stride: int, made: int
) -> None:
    """torch's rule: (side − kernel) / stride rounded up, and one; what does not come to a position is refused."""
    pool = f"{{maxpool: {{kernel: {kernel}, stride: {stride}, ceil: true}}}}"
    text = f"name: x\ninput: [4, {side}, {side}]\nhead: none\nblocks: [[{pool}]]"

    assert graph_of(text).output_shape == (4, made, made)
    with pytest.raises(SpecError, match="reaches over"):
        graph_of(text.replace(f"kernel: {kernel}", f"kernel: {side + stride}"))
