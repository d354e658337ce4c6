"""Sentences of the paper, and figures derived from its Table 1, as tests."""

from __future__ import annotations

import pytest

from tests.networks import PAPER, report_of
from vggstat.cost.accounting import find_accounting
from vggstat.cost.stack import parse_stack

# Derived from Table 1 of Simonyan & Zisserman 2014; agree with torch modules counted by fvcore, torchinfo and
# FlopCounterMode: parameters, weights, biases, MACs, MACs + bias additions, forward and backward FLOPs,
# output values of the rows (input, conv, LRN, pool, FC).
EXACT = {
    "A": (132_863_336, 132_851_392, 11_944, 7_609_090_048, 7_616_525_288, 45_481_132_032, 9_116_136),
    "A-LRN": (132_863_336, 132_851_392, 11_944, 7_609_090_048, 7_616_525_288, 45_481_132_032, 12_327_400),
    "B": (133_047_848, 133_035_712, 12_136, 11_308_466_176, 11_320_718_312, 67_677_388_800, 13_933_032),
    "C": (133_638_952, 133_625_536, 13_416, 11_770_888_192, 11_784_444_904, 70_451_920_896, 15_237_608),
    "D": (138_357_544, 138_344_128, 13_416, 15_470_264_320, 15_483_821_032, 92_648_177_664, 15_237_608),
    "E": (143_667_240, 143_652_544, 14_696, 19_632_062_464, 19_646_923_752, 117_618_966_528, 16_542_184),
}


@pytest.mark.parametrize("name", PAPER)
def test_exact_figures(name: str) -> None:
    """Every total of a configuration is exact to the last digit."""
    report = report_of(name)
    total = report.total

    assert EXACT[name] == (
        total.params,
        total.weights,
        total.biases,
        total.macs,
        report.ops.macs + report.ops.bias,
        report.training_flops,
        total.output_values,
    )


@pytest.mark.parametrize(("name", "millions"), [("A", 133), ("B", 133), ("C", 134), ("D", 138), ("E", 144)])
def test_table_2(name: str, millions: int) -> None:
    """Table 2: number of parameters (in millions)."""
    assert round(report_of(name).total.params / 10**6) == millions


@pytest.mark.parametrize(("name", "layers"), [("A", 11), ("B", 13), ("C", 16), ("D", 16), ("E", 19)])
def test_depth(name: str, layers: int) -> None:
    """From 11 weight layers in the network A (8 conv. and 3 FC layers) to 19 in the network E (16 and 3)."""
    report = report_of(name)

    assert (report.weight_layers, report.fc_layers) == (layers, 3)


def test_width_doubles_after_each_pool() -> None:
    """The width starts from 64 and increases by a factor of 2 after each max-pooling layer, until it reaches 512."""
    widths = [
        block.rows[-1].output_shape[0] for block in report_of("E").blocks if block.name.startswith("block")
    ]

    assert widths == [64, 128, 256, 512, 512]


def test_resolution_is_preserved_by_convolutions() -> None:
    """The spatial padding is such that the resolution is preserved after convolution; pools halve it."""
    report = report_of("D")
    sides = [row.output_shape[1] for row in report.rows if row.kind == "pool"]
    kept = [
        row.in_shape[1:] == row.output_shape[1:] for row in report.rows if row.kind == "conv" and row.in_shape
    ]

    assert sides == [112, 56, 28, 14, 7]
    assert all(kept)


def test_lrn_has_no_parameters() -> None:
    """Local response normalisation adds memory, but neither parameters nor multiply-accumulates."""
    plain, normalised = report_of("A"), report_of("A-LRN")

    assert plain.total.params == normalised.total.params
    assert plain.total.macs == normalised.total.macs
    assert normalised.total.output_values - plain.total.output_values == 224 * 224 * 64


def test_three_small_filters_against_one_large() -> None:
    """Three 3x3 layers see 7x7 and have 3(3²C²) = 27C² weights; one 7x7 layer has 49C², 81 % more."""
    small, large = parse_stack(["3x3"] * 3, channels=256), parse_stack(["7x7"], channels=256)

    assert small.receptive_field == large.receptive_field == 7
    assert (small.squares, large.squares) == (27, 49)
    assert small.weights == 27 * 256**2
    assert round(100 * (large.weights / small.weights - 1)) == 81
    assert (small.nonlinearities, large.nonlinearities) == (3, 1)


def test_two_small_filters_see_five() -> None:
    """A stack of two 3x3 conv. layers has an effective receptive field of 5x5."""
    assert parse_stack(["3x3", "3x3"], channels=1).receptive_field == 5


def test_one_layer_by_hand() -> None:
    """block3_conv2 of D: 3*3*256*256 weights, one MAC for each at each of 56*56 pixels."""
    row = next(row for row in report_of("D").rows if row.name == "block3_conv2")

    assert row.weights == 3 * 3 * 256 * 256 == 589_824
    assert row.biases == 256
    assert row.macs == 589_824 * 56 * 56 == 1_849_688_064
    assert row.output_values == 56 * 56 * 256 == 802_816
    assert row.output_bytes == 4 * 802_816
    # 24 at block3_conv1, and (3 - 1) steps of 4 pixels more.
    assert (row.receptive_field, row.jump) == (24 + 2 * 4, 4)


def test_fc1_holds_most_parameters() -> None:
    """fc1: 7*7*512*4096 weights, 74.3 % of all parameters; the FC layers hold 89.4 % and do 0.8 % of the MACs."""
    report = report_of("D")
    fc1 = next(row for row in report.rows if row.name == "fc1")
    fc = next(block for block in report.blocks if block.name == "fc")

    assert fc1.weights == 7 * 7 * 512 * 4096 == 102_760_448
    assert round(1000 * fc1.params / report.total.params) == 743
    assert round(1000 * fc.params / report.total.params) == 894
    assert round(1000 * fc.macs_known / report.total.macs_known) == 8


def test_training_step_is_not_three_forward_passes() -> None:
    """The first convolution needs no gradient of its input: 3 x forward - 173,408,256 = 2.994 x forward."""
    report = report_of("D")

    assert report.training_flops == 3 * 30_940_528_640 - 2 * 224 * 224 * 64 * 27
    assert report.training_flops is not None
    assert round(1000 * report.training_flops / (2 * report.total.macs_known)) == 2994


def test_dense_evaluation() -> None:
    """FC layers as convolutions: the same parameters; a 6x6 map and 99,102,228,480 FLOPs at 384 pixels."""
    at_224, at_384 = report_of("D@head=conv"), report_of("D@384,head=conv")

    assert at_224.total.params == at_384.total.params == 138_357_544
    assert at_224.graph.output_shape == (1000, 1, 1)
    assert at_384.graph.output_shape == (1000, 6, 6)
    assert at_384.total.flops == 99_102_228_480


@pytest.mark.parametrize(
    ("argument", "params"),
    [
        # 512 * 8 * 8 inputs of fc1 instead of 512 * 7 * 7: 15 * 512 * 4096 weights more
        ("D@256,head=flatten", 138_357_544 + 15 * 512 * 4096),
        ("D@256", 138_357_544),
        ("D@384", 138_357_544),
        # convolutions, and 512 * 1000 weights with 1000 biases
        ("D@head=gap", 14_714_688 + 512 * 1000 + 1000),
        ("D@head=none", 14_714_688),
        ("D@classes=10", 138_357_544 - 990 * 4097),
    ],
)
def test_heads(argument: str, params: int) -> None:
    """The head settles whether parameters depend on the input size."""
    assert report_of(argument).total.params == params


def test_alexnet() -> None:
    """Krizhevsky et al. 2012 with two groups: the parameters layer by layer."""
    layers = [row.params for row in report_of("AlexNet").rows if row.params]

    assert layers == [34_944, 307_456, 885_120, 663_936, 442_624, 37_752_832, 16_781_312, 4_097_000]
    assert sum(layers) == 60_965_224


@pytest.mark.parametrize(
    ("name", "params"),
    [("A-BN", 132_868_840), ("B-BN", 133_053_736), ("D-BN", 138_365_992), ("E-BN", 143_678_248)],
)
def test_batch_norm_keeps_the_conv_bias(name: str, params: int) -> None:
    """torchvision's _bn models: two parameters a channel more, and the convolutions keep their bias."""
    assert report_of(name).total.params == params


@pytest.mark.parametrize(
    ("name", "values", "size"),
    [("A", 12_109_800, 48.44), ("B", 21_743_592, 86.97), ("D", 24_352_744, 97.41), ("E", 26_961_896, 107.85)],
)
def test_cs231n_total(name: str, values: int, size: float) -> None:
    """Each row's output and each conv and FC layer's input again: 24.35 M values for D, which reads as 24M."""
    report = report_of(name)
    items = find_accounting("cs231n-total").items(report.graph, report.workload)

    assert sum(item.elements or 0 for item in items) == values
    assert round(sum(item.bytes for item in items) / 10**6, 2) == size
