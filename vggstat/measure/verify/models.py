"""Somebody's model held against a specification, by structure."""

from __future__ import annotations

from torch import Tensor, nn

from vggstat.cost.check import (
    STRUCTURE,
    Check,
    Verdict,
    Verification,
    difference,
    judge,
    structure_checks,
    unchecked,
)
from vggstat.cost.identify import (
    Identification,
    Subject,
    count_layers,
    identify,
    identify_weights,
    match_weights,
    subject_of_file,
)
from vggstat.cost.report import Report
from vggstat.net.graph import Graph
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.net.spec import Spec
from vggstat.shapes import Shape, describe
from vggstat.sources.require import version_of
from vggstat.sources.state_dict import StateDict, StoredTensor
from vggstat.sources.stored_layers import stored_layers
from vggstat.sources.torch_module.factory import Loaded
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.torch_module.trace import TraceError, input_channels, trace
from vggstat.sources.wanted import Wanted

__all__ = ["identify_model", "state_of", "trace_somewhere", "verify_model"]

SOURCE = "model"
SIDES = (224, 32, 227, 256, 64, 96, 128, 160, 192, 299, 320, 384, 448, 512, 28)
"""Sides of images that models are tried on, the likeliest first."""


def verify_model(report: Report, loaded: Loaded, reference: str) -> Verification:
    """Structure, shapes of weights and totals of ``loaded`` against the report's network.

    Of a model that cannot be traced only the weights are compared: the verification then says why, and does not agree.
    """
    model, graph = loaded.model, report.graph
    checks: list[Check] = []
    unseen = ""
    image: Shape = graph.image
    try:
        try:
            traced = trace(model, image)
        except TraceError as reason:
            own = reason
            traced = trace_somewhere(model, image)
            note = f"it takes {describe(traced.image)}, not {describe(image)}: {reason}"
            checks.append(judge(SOURCE, "input_shape", traced.image, image, note=note))
        checks += structure_checks(SOURCE, match_layers(known_layers(graph), known_layers(traced)))
        checks += _overwritten(traced)
        checks += _unseen(traced, model)
    except TraceError:
        unseen = f"{own}"
        checks = [unchecked(SOURCE, STRUCTURE, "it cannot be traced")]
        match = match_weights(graph, stored_layers(state_of(model, reference)))
        checks += structure_checks(SOURCE, match)
    checks += _totals(report, model)
    if loaded.note:
        checks.append(unchecked(SOURCE, "allocation", loaded.note))
    return Verification(
        report=report,
        against=reference,
        unseen=unseen,
        versions={"torch": version_of("torch") or ""},
        checks=tuple(checks),
    )


def identify_model(
    loaded: Loaded, reference: str, specs: tuple[Spec, ...], wanted: Wanted | None = None
) -> Identification:
    """The network that a model is, or the nearest: by its structure, or where it cannot be traced its weights.

    Raises UsageError where it does not run on the inputs ``wanted``.
    """
    state = state_of(loaded.model, reference)
    stored = stored_layers(state)
    try:
        traced = _traced(loaded.model, reference, wanted or Wanted())
    except TraceError as reason:
        return identify_weights(stored, specs, subject_of_file(state, stored, untraced=str(reason)))
    subject = Subject(
        name=reference,
        compared="structure",
        parameters=stored.learned,
        layers=count_layers(stored.layers),
        tied=stored.tied,
        remarks=(loaded.note,) if loaded.note else (),
    )
    return identify(traced, specs, subject)


def _traced(model: nn.Module, reference: str, wanted: Wanted) -> Graph:
    """The graph on the inputs wanted, or where none are on the first of the usual images that it takes."""
    if wanted.image is None and not wanted.inputs:
        return trace_somewhere(model, (3, 0, 0))
    return TorchSource(model=model, name=reference).graph(wanted)


def trace_somewhere(model: nn.Module, image: Shape) -> Graph:
    """The graph on the first of the usual images that the model takes. Raises TraceError of the first."""
    channels = input_channels(model) or image[0]
    first: TraceError | None = None
    for side in SIDES:
        if (channels, side, side) == image:
            continue
        try:
            return trace(model, (channels, side, side))
        except TraceError as error:
            first = first or error
    assert first is not None
    raise first


def state_of(model: nn.Module, origin: str) -> StateDict:
    """What the model's state dict holds, by name and shape; a tensor that has several names is one."""
    tensors = (
        StoredTensor(
            name,
            tuple(tensor.shape),
            str(tensor.dtype),
            memory=str(id(tensor)),
            learned=isinstance(tensor, nn.Parameter),
        )
        for name, tensor in model.state_dict(keep_vars=True).items()
        if isinstance(tensor, Tensor)
    )
    return StateDict(origin=origin, format="torch model", layout="torch", tensors=tuple(tensors))


def _overwritten(traced: Graph) -> list[Check]:
    """What the model writes over though a gradient needs it: torch refuses its backward pass."""
    return [
        Check(
            source=SOURCE,
            quantity="in place",
            verdict=Verdict.DISAGREES,
            note=f"{words}: torch refuses the backward pass (modified by an inplace operation)",
        )
        for words in traced.overwritten
    ]


def _unseen(traced: Graph, model: nn.Module) -> list[Check]:
    """Learned values that no layer of the graph holds, where there are any."""
    seen = sum(param.elements for node in traced.nodes for param in node.params if param.role != "buffer")
    held = sum(parameter.numel() for parameter in model.parameters())
    if seen >= held:  # more, where layers share a tensor
        return []
    note = (
        f"{held - seen:,} of {held:,} learned values belong to no layer that was seen: they are not used, or where "
        "tracing does not see it"
    )
    return [unchecked(SOURCE, "parameters in use", note, stated=held, computed=seen)]


def _totals(report: Report, model: nn.Module) -> list[Check]:
    """Learned parameters in all. Shared ones count once, as torch counts them."""
    stated = sum(parameter.numel() for parameter in model.parameters())
    computed = report.total.params
    check = judge("torch", "params", stated, computed)
    if check.verdict is Verdict.DISAGREES:
        check = check.replace(note=difference(stated, computed))
    return [check]
