"""The figures of the shipped networks against torch's own counters, and known numbers to the byte."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import pytest
import torch

from tests.networks import BRANCHING, CHAINS, DEEPER, PAPER, graph_of, report_of
from vggstat.cost.check import Check, Verdict
from vggstat.cost.counting import find_counting_rule
from vggstat.cost.report import analyze
from vggstat.measure.verify.counters import (
    flop_counter_mode,
    fvcore,
    hooks,
    mem_tracker,
    parameters,
    saved_tensors,
)
from vggstat.measure.verify.counters.base import MAX_MACS
from vggstat.measure.verify.subject import Subject
from vggstat.sources.torch_module.shapes_only import arithmetic_skipped

ON_META = (hooks, parameters, flop_counter_mode, saved_tensors, mem_tracker)
LONG = ("DenseNet-121", "Inception-v3")
"""Whose peaks are looked at once: MemTracker's time grows with the square of the layers."""


def checks_of(argument: str, counters: Sequence[Any] = ON_META) -> list[Check]:
    subject = Subject(report_of(argument))
    return [check for counter in counters for check in counter.count(subject)]


def stated(checks: list[Check], source: str, quantity: str) -> object:
    """What a source states about the whole network."""
    (found,) = (c for c in checks if (c.source, c.quantity, c.layer) == (source, quantity, None))
    return found.stated


@pytest.mark.parametrize(
    ("name", "batch", "dtype"),
    [
        *((name, batch, dtype) for name in CHAINS for batch, dtype in ((1, "fp32"), (8, "bf16"))),
        *((name, batch, dtype) for name in ("D", "D-BN") for batch, dtype in ((1, "bf16"), (8, "fp32"))),
        # at batch 1 in float32 they are verified with all counters, tests/sources/test_networks.py
        *((name, 8, "bf16") for name in BRANCHING if name not in DEEPER),
    ],
)
def test_every_figure_of_the_shipped_networks_agrees(name: str, batch: int, dtype: str) -> None:
    """Shapes, parameters, FLOPs, saved bytes and both peaks, of one image in float32 and of eight in bfloat16."""
    checks = checks_of(f"{name}@batch={batch},{dtype}", ON_META[:-1] if name in LONG else ON_META)

    assert [check for check in checks if check.verdict is not Verdict.AGREES] == []


@pytest.mark.parametrize(
    "argument", ["D@384", "D@head=gap", "D@head=conv,384", "D@head=none", "D@head=flatten,256"]
)
def test_every_figure_of_other_heads_and_sizes_agrees(argument: str) -> None:
    """The same holds for other heads and images."""
    checks = checks_of(argument)

    assert [check for check in checks if check.verdict is not Verdict.AGREES] == []


# Measured with torch 2.13: saved_tensors_hooks, MemTracker, FlopCounterMode
SAVED = {
    "A": 48_844_800,
    "A-LRN": 101_027_840,
    "B": 68_112_384,
    "C": 73_330_688,
    "D": 73_330_688,
    "E": 78_548_992,
}
STEP = {
    "A": 45_481_132_032,
    "A-LRN": 45_481_132_032,
    "B": 67_677_388_800,
    "C": 70_451_920_896,
    "D": 92_648_177_664,
    "E": 117_618_966_528,
}


@pytest.mark.parametrize("name", PAPER)
def test_counters_state_the_reference_numbers(name: str) -> None:
    """torch's counters themselves give the numbers of the reference, so that both sides cannot drift together."""
    checks = checks_of(name)

    assert stated(checks, "saved_tensors_hooks", "saved_bytes") == SAVED[name]
    assert stated(checks, "FlopCounterMode", "training_operations") == STEP[name]


@pytest.mark.parametrize(
    ("argument", "inference", "training"),
    [
        ("D", 579_722_400, 1_722_992_880),
        ("D@batch=8", 763_767_968, 2_219_016_488),
        ("D@batch=32", 1_394_781_344, 3_986_817_512),
        ("A-LRN", 583_435_680, 1_711_363_312),
        ("A-LRN@batch=8", None, 2_530_436_392),
        ("D@bf16", 291_466_832, None),
        ("D@bf16,batch=8", 394_729_040, None),
    ],
)
def test_memory_tracker_states_the_reference_peaks(
    argument: str, inference: int | None, training: int | None
) -> None:
    """MemTracker's peaks are those of the reference: inference, and SGD with momentum."""
    checks = list(mem_tracker.count(Subject(report_of(argument))))
    found = {check.quantity: check.stated for check in checks}

    assert inference in (None, found["inference_peak_bytes"])
    assert training in (None, found["training_peak_bytes"])


def test_bf16_inference_peaks_at_the_first_pool() -> None:
    """In bfloat16 the pool indices, which stay int64, move the peak from block1_conv2 to block1_pool."""
    report = report_of("D@bf16")
    from vggstat.cost.inference import inference_peak

    assert inference_peak(report.graph, report.workload).node == "block1_pool"


@pytest.mark.parametrize("name", ["A-LRN", "D", "AlexNet", "A-BN"])
def test_fvcore_agrees_under_its_own_rule(name: str) -> None:
    """fvcore's total equals the rule named fvcore, and what it leaves out is unchecked, never 0."""
    pytest.importorskip("fvcore")
    total, *rest = fvcore.count(Subject(report_of(name)))

    assert total.verdict is Verdict.AGREES
    assert total.convention == "fvcore"
    assert {check.verdict for check in rest} == {Verdict.UNCHECKED}
    assert all(check.stated is None and check.computed is None and check.note for check in rest)
    assert "max-pool operations" in {check.quantity for check in rest}


def test_fvcore_counts_one_image_of_a_batch() -> None:
    """A counter that really runs the model runs one image, and says so."""
    pytest.importorskip("fvcore")
    total, *_ = fvcore.count(Subject(report_of("A@batch=64,bf16")))

    assert total.stated == 7_609_115_136  # MACs of A and 25,088 inputs of the average pool
    assert total.note == "of one image"


MIXED = """
{name: mixed, input: [6, 23, 17], head: flatten,
 blocks: [[{conv: {filters: 4, groups: 2, bias: false, norm: batch, dilation: 2}}, {lrn: {size: 3}}, avgpool,
           {conv: {filters: 5, stride: 2, activation: none}}, {maxpool: {ceil: true}}, {adaptive-avgpool: {output: 3}}]],
 classifier: [{fc: {features: 9, bias: false, dropout: 0}}, FC-4]}
"""


@pytest.mark.parametrize("name", ["A-LRN", "A-BN", "AlexNet", "mixed"])
def test_fvcore_counts_the_same_where_the_arithmetic_is_skipped(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Module by module as in a forward pass that is really computed."""
    pytest.importorskip("fvcore")
    report = analyze(graph_of(MIXED)) if name == "mixed" else report_of(name)
    skipped = fvcore._totals(Subject(report))
    monkeypatch.setattr(fvcore, "arithmetic_skipped", nullcontext)

    assert skipped == fvcore._totals(Subject(report))
    assert skipped[0] == report.operations(find_counting_rule("fvcore"))


def test_arithmetic_is_skipped() -> None:
    """What comes out has the shape of what would be computed, and inputs are left as they are."""
    images = torch.full((2, 3, 8, 8), -1.0)
    conv = torch.nn.Conv2d(3, 5, 3, stride=2, padding=1)
    with arithmetic_skipped(), torch.no_grad():
        maps = conv(images)
        torch.relu_(images)

    assert maps.shape == (2, 5, 4, 4)
    assert maps.device.type == "cpu"
    assert images.eq(-1).all()
    assert conv(images).shape == maps.shape


def test_fvcore_counts_what_would_take_minutes() -> None:
    """D on a 1024×1024 image: 320,836,894,720 MACs and 512 × 32 × 32 inputs of the average pool."""
    pytest.importorskip("fvcore")
    report = report_of("D@1024")
    total, *_ = fvcore.count(Subject(report))

    assert total.verdict is Verdict.AGREES
    assert report.total.macs_known > MAX_MACS
    assert total.stated == report.total.macs_known + 512 * 32 * 32


def test_a_model_that_is_too_large_is_not_run() -> None:
    """What would run for minutes is left unchecked, with the reason."""
    pytest.importorskip("fvcore")
    checks = list(fvcore.count(Subject(report_of("D@4096"))))

    assert [check.verdict for check in checks] == [Verdict.UNCHECKED]
    assert "too large" in checks[0].note


def test_counting_leaves_the_random_state_alone() -> None:
    """No counter draws from the caller's random generator or changes its settings."""
    torch.manual_seed(5)
    state = torch.get_rng_state()
    checks_of("A-BN")
    list(fvcore.count(Subject(report_of("AlexNet"))))

    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()
