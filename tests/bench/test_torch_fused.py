"""The execution ``fused``: on a CPU with oneDNN's kernels; what a GPU has beside them, as a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.bench.test_torch_bench import CPU, SMALL, benchmark, configuration, report_for
from tests.networks import graph_of, report_of
from vggstat.cost.report import Report, analyze
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import UsageError
from vggstat.measure.bench import fused as fused_module
from vggstat.measure.bench import ways
from vggstat.measure.bench.clock import CpuClock
from vggstat.measure.bench.counted import DifferentModelError
from vggstat.measure.bench.fused import FusedPass
from vggstat.measure.bench.groups import GroupRows
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.passes import TimedPass

AWKWARD = """
name: awkward
input: [3, 20, 20]
blocks:
  - [{conv: {filters: 8, kernel: 3, stride: 2, bias: false}}, {conv: {filters: 8, kernel: 1, activation: none}}, lrn]
  - [{conv: {filters: 8, kernel: 3, groups: 2, dilation: 2, norm: batch}}, {maxpool: {kernel: 3, stride: 2}}, avgpool]
head: flatten
classifier: [relu, FC-16, dropout, {fc: {features: 10, activation: none}}]
"""


BRANCHING = """
name: branching
input: [3, 24, 24]
defaults: {conv: {norm: batch, bias: false}}
blocks:
  - [conv3-8 as a]
  - - residual: [conv3-16/2, conv3-16]
      shortcut: conv1-16/2
    - residual: [conv1-8, conv1x3-8, conv1-16]
  - - branches: [[conv1-4], [conv1-4, conv3-8], [maxpool3/1 same, conv1-4]]
    - branches: [[], [gap, conv1-4 plain, conv1-16 plain sigmoid]]
      join: multiply
    - branches: [[], [conv1-8 linear, dwconv3]]
      split: true
    - upconv2-8/2
    - add: [a]
head: gap
classifier: [FC-10]
"""
"""Values that several layers read, before and behind what could be run together with them."""


def timed_of(report: Report, *, channels_last: bool = True) -> TimedPass:
    return NETWORK.open(report, CPU, channels_last=channels_last)


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
@pytest.mark.parametrize("text", [SMALL, AWKWARD, BRANCHING])
def test_it_computes_what_the_model_computes(text: str, dtype: str, channels_last: bool) -> None:
    """Batch norms folded, ReLU in the products, in either layout: the model's logits, on images never seen before."""
    if dtype == "bf16":
        text = text.replace(", lrn]", "]")  # which torch's CPU kernels have in float32 only
    report = analyze(graph_of(text), Workload(batch=3, dtype=find_dtype(dtype)))
    timed = timed_of(report, channels_last=channels_last)
    with torch.inference_mode():
        fused = FusedPass(timed, CpuClock())
        images = torch.randn_like(timed.images)
        wanted, made = timed.model.eval()(images).float(), fused(images).float()
    allowed = {"fp32": 1e-5, "bf16": 2e-2}[dtype]

    assert float((made - wanted).norm() / wanted.norm()) <= allowed


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_a_network_that_branches_is_run_group_by_group(mode: str) -> None:
    """As a whole and in the groups of the tables it makes the same; each group is marked once, in training both ways."""
    timed = timed_of(analyze(graph_of(BRANCHING), Workload(batch=3, mode=mode)))  # type: ignore[arg-type]
    rows = GroupRows(timed)
    marks: list[str] = []
    rows.run(marks.append)
    names = [section.name for section in rows.sections]
    with timed.evaluated():
        whole, grouped = timed.model(timed.images), rows.output()

    assert torch.equal(whole, grouped)
    assert [name for name in marks if name in names] == names
    backward = [name for name in marks if name.startswith("backward:")]
    wanted = ["backward:loss", *(f"backward:{name}" for name in reversed(names))]
    assert backward == ([] if mode == "inference" else wanted)


def test_every_product_and_pool_has_a_choice() -> None:
    """One for each convolution, FC layer and max-pool of D; the words count them."""
    report = analyze(report_of("D@32").graph, Workload(batch=1))
    with torch.inference_mode():
        fused = FusedPass(timed_of(report), CpuClock())
    kinds = [choice.kind for choice in fused.choices]

    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"conv": 13, "pool": 5, "FC": 3}
    assert set(fused.styles) <= {node.name for node in report.graph.nodes}
    assert set(fused.styles.values()) <= {"fused", "eager"}


def test_layers_that_are_alike_are_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of D's 13 convolutions 9 differ; of the others the way is known, and only held against the model.

    Two ways for each convolution and pool, four for an FC layer with a ReLU and three for the last one.
    """
    timed: list[object] = []
    seconds = FusedPass._seconds

    def counted(fused: FusedPass, call: ways.Call, x: torch.Tensor) -> float:
        timed.append(call)
        return seconds(fused, call, x)

    monkeypatch.setattr(FusedPass, "_seconds", counted)
    report = analyze(report_of("D@32").graph, Workload(batch=1))
    with torch.inference_mode():
        fused = FusedPass(timed_of(report), CpuClock())

    assert len(timed) == 9 * 2 + 5 * 2 + 4 + 4 + 3
    assert len(fused.choices) == 21


def only(*found: ways.Way) -> Any:
    """In place of all ways of a convolution."""

    def conv_ways(*_: Any) -> Iterator[ways.Way]:
        yield from found

    return conv_ways


def way(name: str, run: Any) -> ways.Way:
    return ways.Way(name, "fused", lambda _: run)


def test_what_computes_something_else_is_never_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast: zeros, NaN and another shape are refused, with the layer's name, and the slow right one is taken."""
    made = ways.conv_ways

    def with_wrong(conv: ways.Conv, device: str, shape: tuple[int, ...]) -> Iterator[ways.Way]:
        def right(x: torch.Tensor) -> torch.Tensor:
            return ways._conv_apart(conv, x)

        yield way("zeros", lambda x: torch.zeros_like(right(x)))
        yield way("nan", lambda x: torch.full_like(right(x), float("nan")))
        yield way("smaller", lambda x: right(x)[:1])
        yield from made(conv, device, shape)

    monkeypatch.setattr(fused_module, "conv_ways", with_wrong)
    with torch.inference_mode():
        fused = FusedPass(timed_of(report_for()), CpuClock())

    assert {choice.way for choice in fused.choices}.isdisjoint({"zeros", "nan", "smaller"})
    assert "zeros refused: computes something else at block1_conv1" in fused.words


def test_memory_that_holds_nan_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """cudnn_convolution_relu adds 0 times what lies in its output: where that is a NaN, so is the result.

    The stand-in gets the memory that was filled with NaN before, as the allocator would hand it out.
    """
    left: list[torch.Tensor] = []
    full_like = torch.full_like

    def kept(like: torch.Tensor, value: float) -> torch.Tensor:
        left.append(full_like(like, value))
        return left[-1]

    monkeypatch.setattr(torch, "full_like", kept)

    def careless(conv: ways.Conv, *_: object) -> Iterator[ways.Way]:
        def run(x: torch.Tensor) -> torch.Tensor:
            return ways._conv_apart(conv, x) + 0 * left.pop()

        yield way("careless", run)
        yield ways.Way("kernels apart", "eager", lambda _: lambda x: ways._conv_apart(conv, x))

    monkeypatch.setattr(fused_module, "conv_ways", careless)
    with torch.inference_mode():
        fused = FusedPass(timed_of(report_for()), CpuClock())

    assert {choice.way for choice in fused.choices if choice.kind == "conv"} == {"kernels apart"}
    assert "careless refused" in fused.words


def test_no_way_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing computes the layer the row has no time, and says which layer."""
    monkeypatch.setattr(fused_module, "conv_ways", only(way("zeros", lambda x: 0 * x)))
    eager, fused = benchmark(configuration(executions=("eager", "fused"))).run().results

    assert eager.timing is not None
    assert fused.error.startswith("no fused pass: small: no way to run block1_conv1")


def test_what_torch_refuses_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A way that raises is left out with torch's reason, which the row repeats."""

    def refuse(_: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("cuDNN filters (a.k.a. weights) must be used in a 4-D tensor")

    made = ways.conv_ways
    monkeypatch.setattr(fused_module, "conv_ways", lambda *given: (way("odd", refuse), *made(*given)))
    _, fused = benchmark(configuration(executions=("eager", "fused"))).run().results

    assert fused.timing is not None
    assert "odd refused: cuDNN filters" in fused.note


@pytest.mark.parametrize(
    "workload", [Workload(batch=2, mode="training"), Workload(autocast=find_dtype("bf16"))]
)
def test_training_and_autocast_are_refused(workload: Workload) -> None:
    """Nothing of it is folded or fused there: the row would be another thing."""
    timed = timed_of(analyze(graph_of(SMALL), workload))

    with pytest.raises(UsageError, match="inference in one format"):
        FusedPass(timed, CpuClock())


def test_another_output_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces that are right one by one are still held against the model as a whole."""
    timed = timed_of(report_for())
    monkeypatch.setattr(timed.model, "forward", lambda _: torch.ones(4, 10))
    with torch.inference_mode(), pytest.raises(DifferentModelError, match="fused, the output is"):
        FusedPass(timed, CpuClock())


# the ways


IMAGE = torch.randn(2, 8, 12, 12, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_amax_is_a_max_pool(layout: torch.memory_format) -> None:
    """Windows side by side, to the bit and in the map's own layout."""
    x = IMAGE.contiguous(memory_format=layout)
    made = ways._amax(ways.Pool(3, 3, 0), x)

    assert torch.equal(made, functional.max_pool2d(x, 3))
    assert made.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("pool", [ways.Pool(3, 2, 0), ways.Pool(2, 2, 1), ways.Pool(5, 5, 0)])
def test_windows_that_overlap_or_do_not_fit_have_no_amax(pool: ways.Pool) -> None:
    """Five into twelve leaves a border, which a pool drops and a view cannot."""
    assert "amax" not in {entry.name for entry in ways.pool_ways(pool, "cpu", tuple(IMAGE.shape))}


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_ways_of_an_fc_layer(bias: bool, relu: bool) -> None:
    """Each of them computes it, whether it has a bias or a ReLU or neither."""
    layer = nn.Linear(64, 10, bias=bias)
    x = torch.randn(3, 64)
    with torch.inference_mode():
        wanted = layer(x).relu() if relu else layer(x)
        for entry in ways.dense_ways(ways.Dense(layer.weight, layer.bias, relu), "cpu", 3):
            torch.testing.assert_close(entry.prepare(x)(x), wanted)


def test_ways_of_a_gpu() -> None:
    """cuDNN's fused convolution where a ReLU follows, Inductor's pools without indices; each style is a bound's."""
    conv = ways.Conv(torch.zeros(4, 8, 3, 3), None, (1, 1), (1, 1), (1, 1), 1, True)
    found = {entry.name: entry.style for entry in ways.conv_ways(conv, "cuda", (1, 8, 16, 16))}
    plain = {entry.name for entry in ways.conv_ways(conv._replace(relu=False), "cuda", (1, 8, 16, 16))}
    pools = {entry.name for entry in ways.pool_ways(ways.Pool(2, 2, 0), "cuda", (1, 8, 12, 12))}

    assert found["cudnn_convolution_relu"] == "cudnn-relu"
    assert found["kernels apart"] == "eager"
    assert "cudnn_convolution_relu" not in plain
    assert pools == {"amax", "Inductor", "pool with indices"}
    assert "split-K in 8" in {
        entry.name for entry in ways.dense_ways(ways.Dense(torch.zeros(4, 64), None, True), "cuda", 1)
    }


def test_many_images_need_no_split() -> None:
    """An FC layer of 256 images is a product large enough as it is."""
    dense = ways.Dense(torch.zeros(4, 64), None, True)

    assert not [entry for entry in ways.dense_ways(dense, "cuda", 256) if entry.name.startswith("split")]


# as rows


def test_a_fused_row() -> None:
    """Its bound is that of the kernels that were chosen: never below fused, never above eager."""
    eager, fused = benchmark(configuration(executions=("eager", "fused"))).run().results

    assert (eager.execution, fused.execution) == ("eager", "fused")
    assert fused.timing is not None
    assert fused.own_bound_s is not None
    assert fused.fused_bound_s is not None
    assert fused.eager_bound_s is not None
    assert fused.fused_bound_s <= fused.own_bound_s <= fused.eager_bound_s
    assert fused.cap_images_per_s == pytest.approx(4 / fused.own_bound_s)
    assert "conv by" in fused.note


def test_the_fastest_alone_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn of each, then one row, which says what it was chosen from; what failed is said there too."""

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", fail)
    plan = configuration(executions=("eager", "compiled", "fused"), fastest=True)
    (result,) = benchmark(plan).run().results

    assert result.execution in ("eager", "fused")
    assert result.timing is not None
    assert "the fastest by a turn of each: " in result.note
    assert "compiled not tried: torch.compile failed: no compiler" in result.note


def test_ways_of_the_first_convolution() -> None:
    """Three channels: pixels of a row taken as one where their number divides the width, and windows as rows."""
    conv = ways.Conv(torch.zeros(4, 3, 3, 3), torch.zeros(4), (1, 1), (1, 1), (1, 1), 1, True)

    def names(conv: ways.Conv, width: int) -> set[str]:
        return {
            entry.name
            for entry in ways.conv_ways(conv, "cuda", (1, 3, 16, width))
            if "graph" not in entry.name
        }

    assert names(conv, 20) == {
        "kernels apart",
        "cudnn_convolution_relu",
        "cudnn_convolution_relu over 2 pixels",
        "cudnn_convolution_relu over 4 pixels",
        "im2col and addmm with ReLU",
    }
    unpadded = conv._replace(padding=(0, 0))
    assert names(unpadded, 20) == {"kernels apart", "cudnn_convolution_relu"}
