"""Models in many styles, traced, against what torch itself counts of them when it runs them on shapes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.measure.styles import STYLES, Style
from vggstat.cost.accounting import find_accounting
from vggstat.cost.report import Report, analyze
from vggstat.cost.roofline import Ceilings, roofline
from vggstat.cost.workload import Workload
from vggstat.measure.step import NativeDropout
from vggstat.measure.verify.counters.flop_counter_mode import grouped_extra
from vggstat.net.ops.base import Mode
from vggstat.sources.torch_module.trace import trace

BATCH = 3
ONLY_WEIGHTS = {"position", "conv.parametrizations.weight.0", "self_attention.out_proj"}
"""Modules that make weights of weights alone, or whose weights another one takes: no layers of their own."""


def model_of(style: Style) -> nn.Module:
    """On meta: shapes without values."""
    with torch.device("meta"):
        return style.make()


def report_of(style: Style, batch: int = 1) -> Report:
    first, *others = style.inputs
    named = first if others else ""
    graph = trace(
        model_of(style), style.inputs[first], {name: style.inputs[name] for name in others}, first=named
    )
    return analyze(graph, Workload(batch=batch))


def inputs_of(style: Style, batch: int) -> list[Tensor]:
    whole = len(next(iter(style.inputs.values()))) == 1
    dtype = torch.int64 if whole else torch.float32
    return [torch.empty(batch, *shape, device="meta", dtype=dtype) for shape in style.inputs.values()]


@pytest.mark.parametrize("name", STYLES)
def test_all_parameters_are_there(name: str) -> None:
    """Each once, whoever shares it, and whether or not anything uses it."""
    style = STYLES[name]
    model, report = model_of(style), report_of(style)
    held = sum(parameter.numel() for parameter in model.parameters())
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    buffers = sum(buffer.numel() * buffer.element_size() for buffer in model.buffers())

    assert report.total.params == sum(row.params for row in report.rows) == held
    assert report.frozen_params == held - trained
    assert report.file_bytes == 4 * held + buffers


@pytest.mark.parametrize("name", STYLES)
def test_products_are_counted_as_torch_counts_them(name: str) -> None:
    """Forward, and forward and backward; FlopCounterMode counts two a multiply-accumulate, on meta."""
    style = STYLES[name]
    model, report = model_of(style), report_of(style, BATCH)
    with FlopCounterMode(display=False) as counter:
        outputs = model(*inputs_of(style, BATCH))
    forward = counter.get_total_flops()
    with FlopCounterMode(display=False) as counter:
        _loss(model(*inputs_of(style, BATCH))).backward()  # type: ignore[no-untyped-call]

    assert outputs is not None
    if not style.known:
        assert report.total.macs is None
        assert report.total.macs_not_counted
        return
    assert report.total.flops == forward
    grouped = sum(grouped_extra(node) for node in report.graph.nodes) * BATCH
    assert (
        report.training_flops or 0
    ) + grouped == counter.get_total_flops()  # torch takes them for dense there


def _loss(outputs: Any) -> Tensor:
    held = outputs.values() if isinstance(outputs, dict) else [outputs]
    return sum((output.sum() for output in held), torch.zeros((), device="meta"))


@pytest.mark.parametrize("mode", ["inference", "training"])
@pytest.mark.parametrize("name", [name for name, style in STYLES.items() if style.known])
def test_a_roofline_has_all_products(name: str, mode: Mode) -> None:
    """Of tokens and of frozen, shared and lost layers too: the kernels' FLOPs are those that are counted."""
    graph = report_of(STYLES[name]).graph
    report = analyze(graph, Workload(batch=BATCH, mode=mode))
    ceilings = Ceilings(name="any", dtype="fp32", flops_per_s=1e12, bytes_per_s=1e11)
    line = roofline(graph, report.workload, ceilings)

    assert line.flops == (report.total.flops if mode == "inference" else report.training_flops)
    assert not {node.name for node in graph.further_inputs} & {layer.name for layer in line.layers}


@pytest.mark.parametrize("name", STYLES)
def test_saved_bytes_are_those_that_autograd_keeps(name: str) -> None:
    """Each storage once, the model's own tensors aside, with CUDA's dropout masks."""
    style = STYLES[name]
    model, report = model_of(style).train(), report_of(style, BATCH)
    own = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    kept: dict[int, int] = {}
    alive = []

    def pack(tensor: Tensor) -> Tensor:
        alive.append(tensor)  # so that no storage's number comes back
        storage = tensor.untyped_storage()
        if storage._cdata not in own and not isinstance(tensor, nn.Parameter):
            kept[storage._cdata] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor), NativeDropout():
        model(*inputs_of(style, BATCH))

    known = report.memory_if_run(find_accounting("saved"))
    assert known == (sum(kept.values()) if style.saved else None)


@pytest.mark.parametrize("name", STYLES)
def test_shapes_are_those_of_the_modules(name: str) -> None:
    """Every module without others inside, by its name and its last call, for one image."""
    style = STYLES[name]
    model, report = model_of(style), report_of(style)
    seen: dict[str, int] = {}
    for path, module in model.named_modules():
        if next(module.children(), None) is None:
            module.register_forward_hook(lambda _m, _i, out, path=path: seen.update({path: _values(out)}))
    model(*inputs_of(style, BATCH))
    rows = {node.torch_name: node for node in report.graph.nodes if node.torch_name}

    for path, count in seen.items():
        if path in rows and path != "lstm":
            product = 1
            for size in rows[path].shape:
                product *= size
            assert product * BATCH == count, path
    assert {path for path in seen if path not in rows} <= ONLY_WEIGHTS


def _values(output: Any) -> int:
    return int(output.numel()) if isinstance(output, Tensor) else int(output[0].numel())
