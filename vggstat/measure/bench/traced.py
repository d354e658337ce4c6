"""Somebody's model as what is benchmarked: its own forward pass, on a copy with random weights."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from vggstat.cost.bench import Counted
from vggstat.cost.counting import find_counting_rule
from vggstat.cost.facts import exact
from vggstat.cost.report import Report
from vggstat.cost.training import has_logits
from vggstat.errors import UsageError
from vggstat.measure.bench.benchmarked import Benchmarked, Checked
from vggstat.measure.bench.counted import DifferentModelError
from vggstat.measure.bench.module_rows import ModuleRows
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.passes import SEED, Inputs, Loss, TimedPass, laid_out, targets_of
from vggstat.measure.copies import copied
from vggstat.measure.module import as_torch_dtype, fill_parameters
from vggstat.measure.verify.counters.flop_counter_mode import grouped_extra
from vggstat.net.graph import Graph
from vggstat.records import Record
from vggstat.shapes import Shape, values
from vggstat.sources.torch_module.recorder import LIBRARIES
from vggstat.sources.torch_module.returned import tensors_returned
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.torch_module.trace import reason_of
from vggstat.sources.wanted import Source, Wanted

__all__ = ["TracedModel", "benchmarked"]

HINTS: Final = {
    r"dtype|scalar type|[Ii]nput type|Half|BFloat16": "where a forward pass makes tensors in a format of its own, take "
    "--dtype fp32, or --autocast bf16",
    "view size is not compatible": "where a forward pass takes views of maps, leave --channels-last out",
}
"""What to try, by a pattern in torch's reason."""


class TracedModel(Record):
    """A model, and the names by which it is given its inputs. What it is made of is copied: it stays as it is."""

    source: TorchSource
    names: tuple[str, ...]

    @property
    def channels_last(self) -> bool:
        """As its author wrote it, who may take views of maps."""
        return False

    @property
    def refused(self) -> Mapping[str, str]:
        name = self.source.name
        return {
            "fused": f"{name} is a model, whose own forward pass is timed: fused puts other kernels in the place of layers, "
            "which needs a network that vggstat builds from a spec. A model has eager, graph and compiled",
            "calibrate": f"{name} is a model, whose rows are modules with what is called after them: --calibrate predicts "
            "single layers, those of a spec",
        }

    def open(self, report: Report, device: torch.device, *, channels_last: bool) -> TimedPass:
        """Raises UsageError for a model that cannot be copied, or where there is nothing to train."""
        dtype = as_torch_dtype(report.workload.dtype)
        model = copied(self.source.with_values(), device, dtype)
        fill_parameters(model, seed=SEED)
        if channels_last:
            _to_channels_last(model)
        if report.workload.mode == "training" and not report.graph.trained_values:
            raise UsageError(f"all parameters of {report.name} are frozen, so there is nothing to train")
        generator = torch.Generator(device=device).manual_seed(SEED)
        inputs = [
            laid_out(made, channels_last=channels_last) for made in _inputs(report, device, dtype, generator)
        ]
        given = (
            Inputs((), dict(zip(self.names, inputs, strict=True))) if self.names else Inputs(tuple(inputs))
        )
        targets = targets_of(report, device, generator) if has_logits(report.graph) else torch.zeros(0)
        return TimedPass(report, device, model, given, loss=_loss_of(report), targets=targets)

    def check(self, timed: TimedPass) -> Checked:
        """Parameters, and operations as FlopCounterMode counts them of a copy without values."""
        held = sum(parameter.numel() for parameter in timed.model.parameters())
        if held != timed.report.total.params:
            raise DifferentModelError(
                f"the model is not the one that was counted: it has {held:,} parameters, and {timed.report.total.params:,} "
                "were counted"
            )
        parameters = Counted("parameters", held, "torch")
        counted = _counted_flops(timed.report)
        if counted is None:
            return Checked((parameters,), note=_unknown_words(timed.report))
        try:
            flops = _flops(timed)
        except Exception as error:
            return Checked((parameters,), note=f"operations not checked: {reason_of(error)}")
        if flops == counted:
            return Checked((parameters, Counted("FLOPs", flops, "FlopCounterMode")))
        words = f"{flops:,} FLOPs by FlopCounterMode, and {counted:,} were counted"
        return Checked((parameters,), unlike=_unlike(timed, words))

    def check_output(self, timed: TimedPass) -> Checked:
        """How many values it returns in the mode that is timed, of those that come from its inputs."""
        with torch.no_grad(), timed.autocast():
            found = [tensor.numel() for tensor in tensors_returned(timed.inputs.given_to(timed.model))]
        graph = timed.report.graph
        shapes = [graph.shape_of(value) for value in graph.outputs or (len(graph.nodes),)]
        counted = [timed.workload.batch * values(shape) for shape in shapes]
        if all(found.count(count) >= counted.count(count) for count in counted):
            return Checked((Counted("output values", sum(counted), "its own forward pass"),))
        words = f"tensors of {_list(found)} values, and those of {_list(counted)} were counted"
        return Checked(unlike=_unlike(timed, words))

    def rows(self, timed: TimedPass) -> ModuleRows:
        return ModuleRows(timed)

    def place_of(self, error: BaseException) -> str:
        """The reason with the line of the model that it was raised at or below; nothing where none of its lines ran."""
        frames = traceback.extract_tb(error.__traceback__)
        if all(frame.filename.startswith(LIBRARIES) for frame in frames):
            return ""
        words = reason_of(error)
        return "; ".join([words, *(hint for pattern, hint in HINTS.items() if re.search(pattern, words))])


def benchmarked(source: Source, wanted: Wanted) -> Benchmarked:
    """What is benchmarked of a source: the module that its graph means, or where it is a model, that itself."""
    if isinstance(source, TorchSource):
        return TracedModel(source=source, names=source.argument_names(wanted))
    return NETWORK


# how it is run


def _to_channels_last(model: nn.Module) -> None:
    for parameter in model.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.to(
                parameter.device, parameter.dtype, memory_format=torch.channels_last
            )


def _inputs(
    report: Report, device: torch.device, dtype: torch.dtype, generator: torch.Generator
) -> list[Tensor]:
    """A batch of each input: values from -1 to 1, or numbers of words that every table has that they are looked up in."""
    graph, batch = report.graph, report.workload.batch
    shapes = [(batch, *shape) for shape in (graph.image, *(node.shape for node in graph.further_inputs))]
    if graph.input_width is not None:
        words = _words(graph)
        return [torch.randint(words, shape, device=device, generator=generator) for shape in shapes]
    return [
        torch.empty(shape, device=device, dtype=dtype).uniform_(-1, 1, generator=generator)
        for shape in shapes
    ]


def _words(graph: Graph) -> int:
    """The size of the smallest table that is read; 1 where none is seen, for 0 is a number of each."""
    tables = (
        node.tensors[0].shape[0]
        for node in graph.nodes
        if getattr(node.layer, "operation", "") == "embedding" and node.tensors
    )
    return min(tables, default=1)


def _loss_of(report: Report) -> Loss:
    graph = report.graph
    if has_logits(graph):
        shape = (report.workload.batch, *graph.output_shape)
        return Loss(lambda output, targets: functional.cross_entropy(_logits(output, shape), targets))
    count = len(graph.outputs) or 1
    return Loss(_sum_of, f"the sum of its {count} outputs" if count > 1 else "the sum of its output")


def _logits(output: Any, shape: Shape) -> Tensor:
    """What is returned of that many values, in that shape. Raises UsageError where it has no gradient."""
    wanted = values(shape)
    for tensor in tensors_returned(output):
        if tensor.numel() == wanted and tensor.is_floating_point():
            return tensor.reshape(shape)
    raise UsageError("what it returns has no gradient, so there is nothing to train by: use --mode inference")


def _sum_of(output: Any, _: Tensor) -> Tensor:
    """All floating values of what is returned. Raises UsageError where none of them has a gradient."""
    sums = [
        tensor.sum(dtype=torch.float32)
        for tensor in tensors_returned(output)
        if tensor.is_floating_point() and tensor.requires_grad
    ]
    if not sums:
        raise UsageError(
            "what it returns has no gradient, so there is nothing to train by: use --mode inference"
        )
    return torch.stack(sums).sum()


# whether it is what was counted


def _counted_flops(report: Report) -> int | None:
    """Of the pass or the step, by vggstat as FlopCounterMode would count them; None where they are not known."""
    forward = exact(report, "operations:flops")
    if report.workload.mode == "inference" or forward is None:
        return forward
    step = exact(report, "training_flops")
    extra = sum(grouped_extra(node) for node in report.graph.nodes) * report.workload.batch
    return None if step is None else step + extra


def _unknown_words(report: Report) -> str:
    """Why there are no FLOPs and no bounds of the whole."""
    left = report.counted(find_counting_rule("flops")).not_counted
    kinds = ", ".join(dict.fromkeys(kind for one in left for kind in one.why))
    return f"FLOPs and bound are not known, for no count is known for {kinds} ({left[0].name}{_more(len(left) - 1)})"


def _more(count: int) -> str:
    return f" and {count:,} more" if count else ""


def _flops(timed: TimedPass) -> int:
    """By FlopCounterMode, of a copy on meta in the mode that is timed; gradients on, as where the model was traced."""
    twin = copied(timed.model, "meta", as_torch_dtype(timed.workload.dtype))
    args = [tensor.to("meta") for tensor in timed.inputs.args]
    named = {name: tensor.to("meta") for name, tensor in timed.inputs.named.items()}
    with FlopCounterMode(display=False) as counter:
        output = twin(*args, **named)
        if timed.is_training:
            timed.chosen_loss.of(output, timed.targets.to("meta")).backward()  # type: ignore[no-untyped-call]
    return int(counter.get_total_flops())


def _unlike(timed: TimedPass, words: str) -> str:
    mode = "a training step" if timed.is_training else "inference"
    return (
        f"in {mode} it has {words} as it was traced: its figures are not those of what is timed, and left out"
    )


def _list(counts: list[int]) -> str:
    return " and ".join(f"{count:,}" for count in counts) or "no"
