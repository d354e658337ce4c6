"""A real forward pass, and FC layers as convolutions."""

from __future__ import annotations

import pytest
import torch

from tests.networks import graph_of, report_of
from vggstat.cost.check import Check, Verdict
from vggstat.cost.report import Report, analyze
from vggstat.cost.workload import Workload, find_dtype
from vggstat.measure.verify import forward
from vggstat.measure.verify.forward import check_forward

SMALL = """
name: small
input: [3, 32, 32]
blocks:
  - [conv3-8, maxpool]
  - [conv3-16, conv3-16, maxpool]
head: adaptive
classifier: [FC-32, FC-10, soft-max]
"""


def small(dtype: str = "fp32", text: str = SMALL) -> Report:
    return analyze(graph_of(text), Workload(dtype=find_dtype(dtype)))


def checks_of(report: Report, device: str = "cpu") -> dict[str, Check]:
    return {check.quantity: check for check in check_forward(report, torch.device(device))}


@pytest.mark.parametrize("dtype", ["fp32", "tf32", "fp16", "bf16"])
def test_a_forward_pass_agrees_in_every_dtype(dtype: str) -> None:
    """Shape, finite values, the softmax's sum, and the FC layers as convolutions within the dtype's tolerance."""
    checks = checks_of(small(dtype))

    assert checks["output_shape"].stated == (10,)
    assert checks["finite_values"].stated == 10
    assert isinstance(checks["fc_as_convolution"].stated, float)
    # 384 / 4 = 96 pixels of map, less 8 - 1 of the first kernel
    assert checks["output_map"].stated == (10, 89, 89)
    del checks["forward_on_gpu"]
    assert {check.verdict for check in checks.values()} == {Verdict.AGREES}


def test_converted_weights_are_the_same_memory() -> None:
    """The dense classifier sees the FC weights as kernels: nothing is copied."""
    from vggstat.measure.module import build_module
    from vggstat.sources.spec.build import build_graph

    graph = small().graph
    model = build_module(graph, device="cpu")
    dense = forward._convert(model, build_graph(graph.spec, head="conv"))
    kernel = dict(dense.named_parameters())["0.weight"]

    assert kernel.shape == (32, 16, 8, 8)
    assert (
        kernel.untyped_storage().data_ptr()
        == model.get_parameter("classifier.0.weight").untyped_storage().data_ptr()
    )


def test_an_output_that_is_not_finite_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that overflow show as fewer finite values than specified."""

    def overflow(module: torch.nn.Module, seed: int = 0) -> None:
        with torch.no_grad():
            for tensor in module.parameters():
                tensor.fill_(3e38 + seed * 0)

    monkeypatch.setattr(forward, "fill", overflow)
    checks = checks_of(small())

    assert checks["finite_values"].verdict is Verdict.DISAGREES
    assert checks["finite_values"].stated == 0


def test_a_wrong_conversion_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels in another order than the flatten's are further off than the tolerance."""
    real = forward._convert

    def mirrored(*arguments: object) -> torch.nn.Module:
        dense = real(*arguments)  # type: ignore[arg-type]
        with torch.no_grad():
            first = next(dense.parameters())
            first.data = first.flip(-1)
        return dense

    monkeypatch.setattr(forward, "_convert", mirrored)
    check = checks_of(small())["fc_as_convolution"]

    assert check.verdict is Verdict.DISAGREES
    assert "where 1e-05 is allowed" in check.note


@pytest.mark.parametrize("argument", ["D@head=gap", "D@head=none", "D@head=conv"])
def test_heads_without_whole_map_layers_are_unchecked(argument: str) -> None:
    """Where no FC layer takes a whole map there is nothing to convert, and that is said."""
    report = report_of(argument)
    model = torch.nn.Identity()
    checks = list(forward._check_dense(report, model, torch.device("cpu"), []))  # type: ignore[arg-type]

    assert [check.verdict for check in checks] == [Verdict.UNCHECKED]
    assert "has no FC layers that take a whole map" in checks[0].note


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_same_on_a_gpu() -> None:
    """On a GPU the same checks agree, in float32 multiplied as float32."""
    checks = checks_of(small(), "cuda")

    assert {check.verdict for check in checks.values()} == {Verdict.AGREES}
