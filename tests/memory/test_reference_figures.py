"""The figures of the reference sheet, measured with torch 2.13 there, to the byte."""

from __future__ import annotations

import pytest

from tests.networks import PAPER, report_of
from vggstat.cost.accounting import find_accounting
from vggstat.cost.inference import inference_peak
from vggstat.cost.items import parameter_items
from vggstat.cost.optimizer import find_optimizer
from vggstat.cost.training import training_peak
from vggstat.cost.workload import DTYPES, DType, Workload, find_dtype

BF16 = find_dtype("bf16")


TRAINING = {
    # name: batch 1, 8, 32, 256; float32; "memory and time", table of section 1.3
    "sgd": (1_169_562_704, 1_665_586_312, 3_433_387_336, 19_932_863_560),
    "momentum": (1_722_992_880, 2_219_016_488, 3_986_817_512, 20_486_293_736),
    "momentum+wd": (2_214_322_824, 2_219_016_488, 3_986_817_512, 20_486_293_736),
    "adam fused": (2_276_423_056, 2_772_446_664, 4_540_247_688, 21_039_723_912),
    "adam": (2_767_753_000, 2_772_446_664, 4_540_247_688, 21_039_723_912),
}


@pytest.mark.parametrize("name", TRAINING)
@pytest.mark.parametrize(("column", "batch"), [(0, 1), (1, 8), (2, 32), (3, 256)])
def test_training_peak_of_d(name: str, column: int, batch: int) -> None:
    """The training peak of D is the one that MemTracker saw, for each optimizer and batch."""
    rule, _, implementation = name.partition(" ")
    optimizer = find_optimizer(rule, implementation or "foreach")

    workload = Workload(batch=batch, optimizer=optimizer)

    assert training_peak(report_of("D").graph, workload).bytes == TRAINING[name][column]


@pytest.mark.parametrize(("batch", "expected"), [(1, 1_326_287_312), (8, 1_629_751_816), (32, 2_670_201_544)])
def test_training_peak_under_autocast(batch: int, expected: int) -> None:
    """Autocast to bfloat16 without optimizer state: at batch 1 it takes more than float32."""
    workload = Workload(batch=batch, autocast=BF16, optimizer=find_optimizer("sgd"))

    assert training_peak(report_of("D").graph, workload).bytes == expected


@pytest.mark.parametrize(("batch", "expected"), [(1, 1_711_363_312), (8, 2_530_436_392), (32, 5_338_686_952)])
def test_training_peak_with_lrn(batch: int, expected: int) -> None:
    """In A-LRN the peak stands in the backward pass of the LRN, which makes five maps at once."""
    moment = training_peak(report_of("A-LRN").graph, Workload(batch=batch))

    assert (moment.bytes, moment.node, moment.phase) == (expected, "block1_lrn", "backward")


@pytest.mark.parametrize(
    ("batch", "dtype", "layer"),
    [
        (1, "fp32", "block3_relu3"),
        (8, "fp32", "block4_relu3"),
        (32, "fp32", "block4_relu3"),
        (1, "bf16", "block3_pool"),
        (8, "bf16", "block4_pool"),
    ],
)
def test_where_the_training_peak_stands(batch: int, dtype: str, layer: str) -> None:
    """In the backward pass: while fc1's gradient is there already, and most maps are there still."""
    moment = training_peak(report_of("D").graph, Workload(batch=batch, dtype=find_dtype(dtype)))

    assert (moment.node, moment.phase) == (layer, "backward")


@pytest.mark.parametrize(
    ("dtype", "batch", "expected", "layer"),
    [
        ("fp32", 1, 579_722_400, "block1_conv2"),
        ("fp32", 8, 763_767_968, "block1_conv2"),
        ("fp32", 32, 1_394_781_344, "block1_conv2"),
        ("fp32", 256, 7_284_239_520, "block1_conv2"),
        ("bf16", 1, 291_466_832, "block1_pool"),  # its int64 indices do not shrink
        ("bf16", 8, 394_729_040, "block1_pool"),
        ("bf16", 32, 748_770_896, "block1_pool"),
        ("bf16", 256, 4_053_161_552, "block1_pool"),
    ],
)
def test_inference_peak_of_d(dtype: str, batch: int, expected: int, layer: str) -> None:
    """Parameters, image, and the input and output of the fullest layer."""
    graph, workload = report_of("D").graph, Workload(batch=batch, dtype=find_dtype(dtype))
    moment = inference_peak(graph, workload)
    parameters = sum(item.bytes for item in parameter_items(graph, workload))

    assert (parameters + moment.bytes, moment.node) == (expected, layer)


def test_inference_peak_with_lrn() -> None:
    """The LRN of A-LRN takes four times the widest map: 583,435,680 B with the parameters."""
    graph = report_of("A-LRN").graph
    parameters = sum(item.bytes for item in parameter_items(graph, Workload()))

    assert parameters + inference_peak(graph, Workload()).bytes == 583_435_680


SAVED = {
    # bytes for one image without the loss, float32 and bfloat16; section 1.1
    "A": (48_844_800, 30_547_968),
    "A-LRN": (101_027_840, 56_639_488),
    "B": (68_112_384, 40_181_760),
    "C": (73_330_688, 42_790_912),
    "D": (73_330_688, 42_790_912),
    "E": (78_548_992, 45_400_064),
}


@pytest.mark.parametrize("name", PAPER)
@pytest.mark.parametrize("batch", [1, 8])
def test_saved_bytes(name: str, batch: int) -> None:
    """What autograd keeps grows with the batch, and in bfloat16 to 58 %, as indices stay int64."""
    saved = find_accounting("saved")
    graph = report_of(name).graph
    found = tuple(
        saved.total_bytes(graph, Workload(batch=batch, dtype=find_dtype(dtype))) for dtype in ("fp32", "bf16")
    )

    assert found == tuple(batch * size for size in SAVED[name])


def test_saved_bytes_under_autocast() -> None:
    """The maps in bfloat16, a copy of the image, and copies of all weights."""
    saved = find_accounting("saved").total_bytes(report_of("D").graph, Workload(autocast=BF16))

    assert saved == 42_790_912 + 2 * 138_344_128


def test_saved_bytes_compiled() -> None:
    """The reference's 44,233,120 B hold the loss's 1000 log-probabilities too, as `saved` does not."""
    compiled = find_accounting("saved-compiled").total_bytes(report_of("D").graph, Workload())

    assert compiled == 44_233_120 - 1000 * 4


@pytest.mark.parametrize("name", [*PAPER, "D-BN"])
@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.short)
def test_totals_are_sums_of_items(name: str, dtype: DType) -> None:
    """Every item names a layer of the graph, and the running layer's items come last."""
    graph = report_of(name).graph
    moment = training_peak(graph, Workload(dtype=dtype))
    layers = {"input", *(node.name for node in graph.nodes)}

    assert {item.node for item in moment.items} <= layers
    assert moment.bytes == sum(item.bytes for item in moment.items)
    assert moment.items[-1].node == moment.node
