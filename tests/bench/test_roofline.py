"""The bounds of the reference sheet ("memory and time", section 3), given the ceilings that it used."""

from __future__ import annotations

import json

import pytest

from tests.networks import SHIPPED, graph_of, report_of
from vggstat.cost.roofline import Ceilings, Roofline, roofline
from vggstat.cost.traffic import STYLES, Style, groups_of
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import UsageError
from vggstat.net.ops.base import Mode
from vggstat.render.views.roofline import roofline_page

PEAKS = {"bf16": 790e12, "tf32": 395e12, "fp32": 60e12}
"""bf16 measured on one H200, tf32 and fp32 assumed; the copy is 4.3 TB/s."""


def line_of(dtype: str, batch: int, mode: Mode = "inference", name: str = "D") -> Roofline:
    """The roofline under the reference's ceilings. Trained in bf16 with parameters in float32, as there."""
    ceilings = Ceilings(name="H200", dtype=dtype, flops_per_s=PEAKS[dtype], bytes_per_s=4.3e12)
    workload = Workload(batch=batch, dtype=find_dtype(dtype), mode=mode)
    if mode == "training" and dtype == "bf16":
        workload = Workload(batch=batch, autocast=find_dtype("bf16"), mode=mode)
    return roofline(report_of(name).graph, workload, ceilings)


WHOLE = [
    # dtype, batch, fused and eager microseconds an image, their decimals there
    ("bf16", 1, 101.3, 129.4, 1),
    ("bf16", 32, 45.6, 73.7, 1),
    ("bf16", 256, 44.1, 72.2, 1),
    ("tf32", 1, 202.7, 256.0, 1),
    ("tf32", 32, 91.1, 144.5, 1),
    ("tf32", 256, 88.1, 141.5, 1),
    ("fp32", 1, 634, 687, 0),
    ("fp32", 32, 523, 576, 0),
    ("fp32", 256, 523, 576, 0),
]


@pytest.mark.parametrize(("dtype", "batch", "fused", "eager", "digits"), WHOLE)
def test_whole_network(dtype: str, batch: int, fused: float, eager: float, digits: int) -> None:
    """The forward bounds of D are the reference's, fused and eager."""
    line = line_of(dtype, batch)

    assert [round(s * 1e6 / batch, digits) for s in (line.fused_s, line.eager_s)] == [fused, eager]


@pytest.mark.parametrize(
    ("dtype", "batch", "rates", "caps"),
    [
        ("bf16", 256, (22_692, 13_860), (88.9, 54.3)),
        ("tf32", 256, (11_346, 7_069), (88.9, 55.4)),
        ("fp32", 256, (1_912, 1_735), (98.6, 89.5)),
    ],
)
def test_rates_and_caps(dtype: str, batch: int, rates: tuple[int, int], caps: tuple[float, float]) -> None:
    """Images a second, and the most of the peak that the bound leaves."""
    line = line_of(dtype, batch)
    both: tuple[Style, ...] = ("fused", "eager")

    assert tuple(round(line.images_per_s(style) or 0) for style in both) == rates
    assert tuple(round(100 * line.utilisation(style), 1) for style in both) == caps


def test_the_cap_of_each_style() -> None:
    """What D reaches at most in bf16 at 256, by the bytes of its 13 maps of 13,547,520 values an image.

    cudnn_convolution_relu reads each map that it writes: 6.94 GB, 1.61 ms. A compiled pass reads and writes each once
    more, and the maps of two FC layers: 3.23 ms.
    """
    line = line_of("bf16", 256)
    maps = 256 * 2 * 13_547_520
    fc = 256 * 2 * 2 * (4096 + 4096)
    more = {style: line.total_s(style) - line.fused_s for style in STYLES}

    assert more["cudnn-relu"] == pytest.approx(maps / 4.3e12)
    assert more["compiled"] == pytest.approx((2 * maps + fc) / 4.3e12)
    assert [round(line.images_per_s(style) or 0, -1) for style in STYLES] == [22_690, 19_850, 17_640, 13_860]


def test_a_pass_in_several_styles() -> None:
    """Each layer counts as it is run; those that nothing is said about are fused."""
    line = line_of("bf16", 256)
    every: dict[str, Style] = {layer.name: "eager" for layer in line.layers}

    assert line.mixed_s({}) == line.fused_s
    assert line.mixed_s(every) == pytest.approx(line.eager_s)
    assert line.mixed_s({"block1_conv1": "cudnn-relu"}) - line.fused_s == pytest.approx(
        256 * 2 * 64 * 224 * 224 / 4.3e12
    )


@pytest.mark.parametrize(
    ("dtype", "expected", "digits"),
    [("bf16", (1001, 210.7, 188.6), 1), ("tf32", (1354, 395.7, 369.1), 1), ("fp32", (2648, 1691, 1674), 0)],
)
def test_training_step(dtype: str, expected: tuple[float, float, float], digits: int) -> None:
    """Forward, backward and SGD with momentum in eager mode; the copies of autocast are a line of their own."""
    found = []
    for batch in (1, 32, 256):
        line = line_of(dtype, batch, "training")
        found.append(round((line.eager_s - line.cast_s) * 1e6 / batch, 0 if batch == 1 else digits))

    assert tuple(found) == expected


def test_casts_and_optimizers() -> None:
    """Autocast moves 6 bytes a parameter: 830 MB, 193 us; the optimizer 5 tensors of float32: 2.77 GB, 644 us."""
    line = line_of("bf16", 1, "training")
    (optimizer,) = (kernel for kernel in line.beside if kernel.direction == "optimizer")

    assert round(line.cast_s * 1e6) == 193
    assert optimizer.bytes == 5 * 4 * 138_357_544
    assert round(line.seconds("optimizer", "eager") * 1e6) == 644
    # 2.994 times the forward pass, not 3: the image needs no gradient
    assert line.flops == 92_648_177_664


LAYERS = {
    # intensity at batch 1, 32, 256; compute and memory time at 256 in microseconds, where the sheet has them
    "block1_conv1": (25.8, 25.8, 25.8, 56.2, 400.3),
    "block1_conv2": (286.4, 287.9, 288.0, 1198.8, 764.8),
    "block2_conv1": (372.6, 383.6, 384.0, None, None),
    "block2_conv2": (550.7, 575.2, 575.9, None, None),
    "block3_conv1": (616.8, 762.2, 767.3, None, None),
    "block3_conv2": (842.4, 1138.9, 1150.3, None, None),
    "block4_conv1": (518.9, 1447.3, 1524.3, None, None),
    "block4_conv3": (584.9, 2110.2, 2277.8, None, None),
    "block5_conv3": (180.6, 1684.9, 2202.8, None, None),
    "fc1": (1.0, 31.7, 238.6, 66.6, 51.3),
    "fc2": (1.0, 31.5, 227.5, 10.9, 8.8),
    "predictions": (1.0, 30.8, 194.1, 2.7, 2.5),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    """Intensities agree to the printed digit, times to a tenth of a microsecond."""
    *intensities, compute, memory = LAYERS[name]
    lines = [line_of("bf16", batch) for batch in (1, 32, 256)]
    layers = [next(layer for layer in line.layers if layer.name == name) for line in lines]

    assert [round(layer.intensity or 0, 1) for layer in layers] == intensities
    if compute is not None:
        assert layers[-1].compute_s * 1e6 == pytest.approx(compute, abs=0.06)
        assert layers[-1].memory_s * 1e6 == pytest.approx(memory, abs=0.06)


@pytest.mark.parametrize(
    ("batch", "bound"),
    [
        (1, {"block1_conv1", "block5_conv1", "block5_conv2", "block5_conv3", "fc1", "fc2", "predictions"}),
        (32, {"block1_conv1", "fc1", "fc2", "predictions"}),
        (256, {"block1_conv1"}),
    ],
)
def test_what_memory_binds(batch: int, bound: set[str]) -> None:
    """The sheet's M: at batch 1 also block 5 and FC, at 256 only the first convolution; pools always."""
    line = line_of("bf16", batch)
    pools = {f"block{number}_pool" for number in range(1, 6)}

    assert {layer.name for layer in line.layers if layer.limit == "memory"} == bound | pools


def test_pools() -> None:
    """Memory times of the pools at batch 256 in bfloat16, in microseconds."""
    layers = {layer.name: layer.memory_s * 1e6 for layer in line_of("bf16", 256).layers}

    assert [round(layers[f"block{number}_pool"], 1) for number in (1, 2, 3)] == [478.0, 239.0, 119.5]


@pytest.mark.parametrize(
    ("pool", "forward", "backward"),
    [
        # 16 values of four bytes go in, and 4 come out; the gradient goes the other way
        ("avgpool", 16 * 4 + 4 * 4, 16 * 4 + 4 * 4),
        ("{adaptive-avgpool: {output: 2}}", 16 * 4 + 4 * 4, 16 * 4 + 4 * 4),
        # and 4 indices of eight bytes, which are read again; the gradient is filled with zeros before
        ("maxpool", 16 * 4 + 4 * 4 + 4 * 8, 16 * 4 + 4 * 4 + 4 * 8 + 16 * 4),
    ],
)
def test_only_max_pools_write_indices(pool: str, forward: int, backward: int) -> None:
    """What torch's eager mode moves for a pool over a map of 4x4 that has something to learn before it."""
    graph = graph_of(
        f"name: x\ninput: [1, 4, 4]\nblocks: [[{{conv: {{filters: 1, activation: none}}}}, {pool}]]\n"
    )
    ceilings = Ceilings(name="x", dtype="fp32", flops_per_s=1.0, bytes_per_s=1.0)
    line = roofline(graph, Workload(mode="training"), ceilings)

    assert line.layers[1].bytes_of(style="eager") == forward
    assert line.layers[1].bytes_of("backward", "eager") == backward


def test_separate_kernels() -> None:
    """Bias and ReLU alone move 25.2 us of traffic an image: 4 times 2 bytes times 13,547,520 values."""
    line = line_of("bf16", 256)
    pointwise = sum(
        kernel.bytes for layer in line.layers for kernel in layer.kernels if kernel.what in ("bias", "ReLU")
    )
    relu_of_fc = 256 * 2 * 2 * (4096 + 4096)

    assert pointwise == 256 * 4 * 2 * 13_547_520 + relu_of_fc
    assert round(pointwise / 4.3e12 * 1e6 / 256, 1) == 25.2


@pytest.mark.parametrize("name", [*SHIPPED, "D@384", "D@head=conv", "D@head=gap"])
@pytest.mark.parametrize("mode", ["inference", "training"])
def test_every_network(name: str, mode: Mode) -> None:
    """Bounds are positive, eager is never below fused, and the groups hold every layer once."""
    report = report_of(name)
    line = line_of("fp32", 2, mode, name)

    assert 0 < line.fused_s <= min(line.total_s("cudnn-relu"), line.total_s("compiled")) <= line.eager_s
    once = report.training_flops if mode == "training" else report.total.flops
    assert once is not None
    assert line.flops == 2 * once
    grouped = [node.index for group in groups_of(report.graph) for node in group.nodes]
    assert grouped == [node.index for node in report.graph.nodes if node.in_model]
    assert all(layer.fused_s <= layer.eager_s for layer in line.layers)


def test_json_of_the_page() -> None:
    """The JSON holds the figures of the text, unrounded; it can be written."""
    data = json.loads(json.dumps(roofline_page(line_of("bf16", 256, "training")).data()))

    assert data["eager"]["seconds"] == pytest.approx(188.6e-6 * 256 + 193.06e-6, rel=1e-3)
    assert data["layers"][0]["limit"] == "memory"
    assert set(data["parts"]) == {"forward", "backward", "optimizer"}


def test_a_network_that_does_nothing() -> None:
    """Without a layer there is no time to bound."""
    graph = graph_of("{name: none, input: [3, 8, 8], blocks: [[soft-max]], head: none}")
    ceilings = Ceilings(name="x", dtype="fp32", flops_per_s=1.0, bytes_per_s=1.0)

    if not groups_of(graph):
        with pytest.raises(UsageError, match="no layer that runs"):
            roofline(graph, Workload(), ceilings)
