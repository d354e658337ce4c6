"""What every counter is given: a report, and models to hold it against, one for each as if nobody had run it before."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, redirect_stdout
from functools import cached_property, partial
from inspect import signature
from typing import Any, Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel

from vggstat.cost.report import Report, analyze
from vggstat.errors import UsageError
from vggstat.measure.module import allocate, as_torch_dtype, build_module
from vggstat.net.graph import Node
from vggstat.net.work import Work, total_work
from vggstat.sources.source import SpecSource
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.torch_module.trace import quiet
from vggstat.sources.torch_module.untouched import untouched
from vggstat.sources.wanted import Source, Wanted

__all__ = ["Built", "Given", "Models", "Run", "Subject", "subject_of"]

Where = Literal["meta", "fake", "cpu"]
"""On shapes alone, on fake tensors of a CPU, or really, in memory of undefined content."""


class Models(Protocol):
    """Where the models come from that a report is held against."""

    @property
    def title(self) -> str:
        """What the report is held against, in words."""
        ...

    @property
    def is_built(self) -> bool:
        """Whether they are built from the report's graph: all that runs is in it, and an error is a fault of ours."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which they take their inputs; none where the only one is passed by its place."""
        ...

    @property
    def places(self) -> tuple[Where, ...]:
        """Where they may run without values, the likeliest first."""
        ...

    @property
    def strange(self) -> str:
        """What is said of a layer that a model has and the report has not."""
        ...

    def model(self, dtype: torch.dtype) -> AbstractContextManager[nn.Module]:
        """A model in training mode that may be changed, and that nobody else sees meanwhile."""
        ...

    def path_of(self, node: Node) -> str:
        """The module that runs a node, by its path; empty where that is the model itself."""
        ...

    def is_torchs(self, path: str) -> bool:
        """Whether the module is one of torch's own, with none inside, as tools know them."""
        ...


class Built:
    """Models that ``build`` makes of the report's graph, or in tests of another one; it is given a device and a dtype."""

    title = "a real torch model"
    is_built = True
    names: tuple[str, ...] = ()
    places: tuple[Where, ...] = ("meta",)
    strange = "a layer that the specification does not have"

    def __init__(self, build: Callable[..., nn.Module]) -> None:
        self._build = build

    def model(self, dtype: torch.dtype) -> AbstractContextManager[nn.Module]:
        return nullcontext(self._build(device="meta", dtype=dtype))

    def path_of(self, node: Node) -> str:
        return node.torch_name or ""

    def is_torchs(self, path: str) -> bool:
        return bool(path)


class Given:
    """Somebody's model, which the report's graph was traced from. After each counter it is as it was before."""

    title = "independent counters"
    is_built = False
    strange = "vggstat sees no such layer"

    def __init__(self, source: TorchSource, wanted: Wanted) -> None:
        self._model = source.model
        self.names = source.argument_names(wanted)
        self.places: tuple[Where, ...] = ("meta", "fake") if source.is_on_meta else ("fake",)

    @contextmanager
    def model(self, dtype: torch.dtype) -> Iterator[nn.Module]:
        with untouched(self._model), torch.random.fork_rng(devices=[]), redirect_stdout(sys.stderr):
            yield self._model.train()

    def path_of(self, node: Node) -> str:
        return node.place.path

    def is_torchs(self, path: str) -> bool:
        module = self._model.get_submodule(path)
        return type(module).__module__.startswith("torch.") and next(module.children(), None) is None


class Run(NamedTuple):
    """A model in its place, and what it is called with."""

    model: nn.Module
    args: tuple[Tensor, ...]
    named: dict[str, Tensor]

    def call(self) -> Any:
        """What the model returns."""
        return self.model(*self.args, **self.named)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return (*self.args, *self.named.values())

    @property
    def in_order(self) -> tuple[Tensor, ...]:
        """The inputs by their places, for tools that pass them so. Raises ValueError where that cannot be."""
        taken = [*signature(self.model.forward).parameters][: len(self.named)]
        if set(taken) != set(self.named):
            raise ValueError(f"it passes inputs by their places, and the first ones are {', '.join(taken)}")
        return (*self.args, *(self.named[name] for name in taken))


class Subject:
    """A report and its models, by default those that are built from its graph."""

    def __init__(self, report: Report, models: Models | None = None) -> None:
        self.report = report
        self.batch = report.workload.batch
        self.dtype = as_torch_dtype(report.workload.dtype)
        self.models = models or Built(partial(build_module, report.graph))

    @cached_property
    def layers(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes that are in the model, by the path of the module that runs them, in order."""
        found: dict[str, list[Node]] = {}
        given = {node.index for node in self.report.graph.further_inputs}
        for node in self.report.graph.nodes:
            if node.in_model and node.index not in given:
                found.setdefault(self.models.path_of(node), []).append(node)
        return {path: tuple(nodes) for path, nodes in found.items()}

    @cached_property
    def work(self) -> Mapping[str, Work]:
        """The work of one image in each module and those inside it, by its path."""
        parts: dict[str, list[Work]] = {}
        for path, nodes in self.layers.items():
            for outer in outer_paths(path):
                parts.setdefault(outer, []).extend(node.ops for node in nodes)
        return {path: total_work(works) for path, works in parts.items()}

    def label(self, path: str) -> str:
        """What a module is called: as its layer, where it is one."""
        first = next(iter(self.layers.get(path, ())), None)
        return first.name if first is not None and first.torch_name == path else path or self.report.name

    def is_torchs(self, node: Node) -> bool:
        """Whether a node is the only call of one of torch's own modules."""
        path = self.models.path_of(node)
        return len(self.layers.get(path, ())) == 1 and self.models.is_torchs(path)

    @contextmanager
    def run(self, where: Where | None = None) -> Iterator[Run]:
        """A model in its place (where it runs without values, if None) with a batch of inputs of undefined content."""
        chosen = where or self._place
        device = "meta" if chosen == "meta" else "cpu"
        with ExitStack() as stack:
            model = stack.enter_context(self.models.model(self.dtype))
            stack.enter_context(_one_by_one())
            if chosen == "fake":
                stack.enter_context(quiet())
                stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
            allocate(model, device, self.dtype)
            inputs = self._inputs(device)
            names = self.models.names
            yield Run(model, () if names else inputs, dict(zip(names, inputs, strict=bool(names))))

    @cached_property
    def _place(self) -> Where:
        """Where the model runs without values: on ``meta``, unless it makes tensors on the CPU that do not fit there."""
        *places, last = self.models.places
        for place in places:
            try:
                with self.run(place) as run, torch.no_grad():
                    run.model.eval()
                    run.call()
            except Exception:
                continue  # the counters say why, where it runs nowhere
            return place
        return last

    def _inputs(self, device: str) -> tuple[Tensor, ...]:
        graph = self.report.graph
        shapes = (graph.image, *(node.shape for node in graph.further_inputs))
        dtype, make = (torch.int64, torch.zeros) if graph.input_width else (self.dtype, torch.empty)
        return tuple(make(self.batch, *shape, device=device, dtype=dtype) for shape in shapes)

    def one_image(self) -> Subject:
        """The same network on one image in float32.

        Operation counts depend on neither; a counter that really runs the model is run on one image.
        """
        return Subject(analyze(self.report.graph), self.models)

    @property
    def of_one_image(self) -> str:
        """A remark for counts that were made on one image of a larger batch; empty for a batch of one."""
        return "of one image" if self.batch > 1 else ""


def subject_of(report: Report, source: Source, wanted: Wanted) -> Subject:
    """The subject of a report that was read from ``source``: of a torch model that itself, of a spec what it builds.

    Raises UsageError for a source that nothing runs.
    """
    if isinstance(source, TorchSource):
        return Subject(report, Given(source, wanted))
    if isinstance(source, SpecSource):
        return Subject(report)
    raise UsageError(
        f"{source.name} is no spec and no torch model, so no counter runs it: `vggstat verify SPEC --against {source.name}` "
        "compares its layers"
    )


def outer_paths(path: str) -> Iterable[str]:
    """The path of a module and of all that it lies in, the model itself first."""
    parts = path.split(".") if path else []
    return ("", *(".".join(parts[: depth + 1]) for depth in range(len(parts))))


@contextmanager
def _one_by_one() -> Iterator[None]:
    """Within it torch takes no kernel that does the work of many layers at once, which no counter sees into."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
