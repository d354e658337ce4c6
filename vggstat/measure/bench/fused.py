"""The execution ``fused``: inference with as few kernels as the machine has for it, chosen layer by layer.

Each convolution, FC layer and max-pool is tried in several ways on the map that enters it; those that compute what the
model computes are timed, and the fastest is taken, as cuDNN does with its own algorithms. A batch norm is folded into
the convolution before it. Before the clock starts the whole is held against the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from time import perf_counter
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor, nn

from vggstat.cost.statistics import median
from vggstat.cost.traffic import Style
from vggstat.errors import UsageError
from vggstat.measure.bench.clock import Clock, first_line
from vggstat.measure.bench.counted import DifferentModelError
from vggstat.measure.bench.groups import Step, call_of
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.bench.ways import (
    Call,
    Conv,
    Dense,
    Piece,
    Pool,
    Way,
    conv_ways,
    dense_ways,
    likeness,
    pool_ways,
)
from vggstat.measure.module import done_after
from vggstat.measure.verify.forward import TOLERANCES
from vggstat.net.graph import Node

__all__ = ["FusedPass"]

RUNS: Final = 7
LONG_S: Final = 0.1
"""A way that has taken so long is not run again for its time."""
WAIT_CYCLES: Final = 2_000_000
"""About 1 ms at 2 GHz: the host queues the runs meanwhile, so that short kernels are not timed with its gaps."""


KINDS: Final[dict[type[Piece], str]] = {Conv: "conv", Pool: "pool", Dense: "FC"}


class Choice(NamedTuple):
    """How a layer is run, and as which kernels."""

    layer: str
    kind: str
    way: str
    style: Style


class _Step(NamedTuple):
    """Layers that are run together, the modules that they are in the model, and the ways there are."""

    node: Node
    kind: str
    nodes: tuple[Node, ...]
    modules: tuple[Call, ...]
    ways: tuple[Way, ...] = ()
    key: tuple[Any, ...] = ()
    """Equal for steps that are alike: what was fastest for the one is so for the other."""


class FusedPass:
    """The model's forward pass in its fastest pieces. Called with images, it returns the logits.

    Raises UsageError for a pass in training or under autocast, and DifferentModelError where the pieces do not compute
    the model's output to the format's tolerance.
    """

    def __init__(self, timed: TimedPass, clock: Clock) -> None:
        if timed.is_training or timed.workload.autocast is not None:
            raise UsageError("fused runs inference in one format: without --mode training and --autocast")
        self.timed = timed
        self.clock = clock
        self.choices: list[Choice] = []
        self.refused: dict[str, str] = {}
        """Why a way that was tried is used nowhere, by its name."""
        self._calls: list[Step] = []
        self._readers: Counter[int] = Counter()
        """How often each value is read."""
        self._known: dict[tuple[Any, ...], int] = {}
        """The number of the fastest way of steps that are alike."""
        self._choose()
        self._check()

    def __call__(self, images: Tensor) -> Tensor:
        maps = {0: images}
        x = images
        for step in self._calls:
            x = step.run(maps)
        return x

    @property
    def styles(self) -> Mapping[str, Style]:
        """Which kernels each layer is, by its name."""
        return {choice.layer: choice.style for choice in self.choices}

    @property
    def words(self) -> str:
        """``13 conv by cudnn_convolution_relu, 5 pool by amax``."""
        counts = Counter((choice.kind, choice.way) for choice in self.choices)
        kinds = list(KINDS.values())
        ordered = sorted(counts.items(), key=lambda entry: kinds.index(entry[0][0]))
        words = [f"{count} {kind} by {way}" for (kind, way), count in ordered]
        used = {choice.way for choice in self.choices}
        words += [f"{way} refused: {why}" for way, why in self.refused.items() if way not in used]
        return ", ".join(words)

    # choosing ---------------------------------------------------------------------------------------------

    def _choose(self) -> None:
        done = done_after([node for node in self.timed.report.graph.nodes if node.in_model])
        maps = {0: self.timed.images}
        for step in self._steps(self.timed.images):
            usual = [
                Step(call, node.inputs, node.output, done[node.index])
                for node, call in zip(step.nodes, step.modules, strict=True)
            ]
            # A convolution, an FC layer and a max-pool read one map, and leave it as it is.
            x = maps[step.node.inputs[0]]
            for one in usual:
                wanted = one.run(maps)
            if step.ways:
                way, call = self._fastest(step, x, wanted)
                self.choices.append(Choice(step.node.name, step.kind, way.name, way.style))
                self._calls.append(Step(call, step.node.inputs, usual[-1].makes, usual[0].done))
            else:
                self._calls += usual

    def _fastest(self, step: _Step, x: Tensor, wanted: Tensor) -> tuple[Way, Call]:
        key = (*step.key, *x.shape)
        known = self._known.get(key)
        found: list[tuple[float, int, Call]] = []
        for number, way in enumerate(step.ways):
            if known is not None and number != known:
                continue
            try:
                call = way.prepare(x)
                if self._is_right(call, x, wanted):
                    found.append((self._seconds(call, x) if known is None else 0.0, number, call))
                else:
                    self.refused.setdefault(way.name, f"computes something else at {step.node.name}")
            except IndexError:
                continue  # cuDNN has fewer plans than are asked for
            except Exception as error:
                if self.clock.failure():
                    raise
                self.refused.setdefault(way.name, first_line(error))
        if not found and known is not None:
            del self._known[key]  # right for the other one's values, and not for these
            return self._fastest(step, x, wanted)
        if not found:
            raise DifferentModelError(
                f"{self.timed.report.name}: no way to run {step.node.name} computes what the model computes"
            )
        _, self._known[key], call = min(found, key=lambda entry: entry[0])
        return step.ways[self._known[key]], call

    def _is_right(self, call: Call, x: Tensor, wanted: Tensor) -> bool:
        """Whether it computes what the model does, whatever lies in the memory that it gets."""
        torch.full_like(wanted, float("nan"))  # freed at once: the next map of this size is likely put there
        made = call(x)
        return (
            made.shape == wanted.shape and _apart(made, wanted) <= TOLERANCES[self.timed.workload.dtype.name]
        )

    def _seconds(self, call: Call, x: Tensor) -> float:
        began = perf_counter()
        call(x)
        self.clock.synchronize()
        runs = RUNS if perf_counter() - began < LONG_S else 1
        self.clock.delay(WAIT_CYCLES)
        stamps = [self.clock.stamp()]
        for _ in range(runs):
            call(x)
            stamps.append(self.clock.stamp())
        self.clock.synchronize()
        return median([self.clock.seconds(start, end) for start, end in pairwise(stamps)])

    def _check(self) -> None:
        with self.timed.evaluated():
            wanted = self.timed.model(self.timed.images)
        made = self(self.timed.images)
        allowed = TOLERANCES[self.timed.workload.dtype.name]
        apart = _apart(made, wanted)
        if not apart <= allowed:
            raise DifferentModelError(
                f"{self.timed.report.name}: fused, the output is {apart:.1e} from the model's, and {allowed:g} is allowed"
            )

    # what there is ----------------------------------------------------------------------------------------

    def _steps(self, images: Tensor) -> Iterator[_Step]:
        """The layers in order, each with what is run together with it."""
        nodes = [node for node in self.timed.report.graph.nodes if node.in_model]
        device, batch = self.timed.device.type, images.shape[0]
        self._readers = Counter(value for node in nodes for value in node.inputs)
        while nodes:
            taken, *nodes = nodes
            module = self._module(taken)
            group = [taken]
            piece: Piece | None = None
            ways: Iterator[Way] = iter(())
            if isinstance(module, nn.Conv2d):
                norm = _take(nodes, group, self, nn.BatchNorm2d)
                relu = _take(nodes, group, self, nn.ReLU) is not None
                piece = _conv(module, norm, relu=relu)
                ways = conv_ways(piece, device, (batch, *taken.in_shapes[0]))
            elif isinstance(module, nn.Linear):
                relu = _take(nodes, group, self, nn.ReLU) is not None
                piece = Dense(module.weight, module.bias, relu)
                ways = dense_ways(piece, device, batch)
            elif isinstance(module, nn.MaxPool2d) and not module.ceil_mode and module.dilation == 1:
                piece = Pool(_one(module.kernel_size), _one(module.stride), _one(module.padding))
                ways = pool_ways(piece, device, (batch, *taken.in_shapes[0]))
            calls = tuple(call_of(self.timed.model, node) for node in group)
            if piece is None:
                yield _Step(taken, "", tuple(group), calls)
            else:
                yield _Step(taken, KINDS[type(piece)], tuple(group), calls, tuple(ways), likeness(piece))

    def _module(self, node: Node) -> nn.Module | None:
        return self.timed.model.get_submodule(node.torch_name) if node.torch_name else None


def _take(nodes: list[Node], group: list[Node], fused: FusedPass, kind: type[nn.Module]) -> nn.Module | None:
    """The next layer's module where it is of a kind, and alone reads what the group makes: it then belongs to it."""
    module = fused._module(nodes[0]) if nodes else None
    made = group[-1].output
    if not isinstance(module, kind) or nodes[0].inputs != (made,) or fused._readers[made] > 1:
        return None
    group.append(nodes.pop(0))
    return module


def _conv(module: nn.Conv2d, norm: nn.Module | None, *, relu: bool) -> Conv:
    """The convolution, a batch norm folded into it: y = (x - mean) / deviation * scale + shift is linear in x."""
    weight, bias = module.weight.data, None if module.bias is None else module.bias.data
    if isinstance(norm, nn.BatchNorm2d):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = torch.rsqrt(norm.running_var.double() + norm.eps)
        shift = -norm.running_mean.double() if bias is None else bias.double() - norm.running_mean.double()
        if norm.affine:
            scale = scale * norm.weight.double()
        shift = shift * scale + (norm.bias.double() if norm.affine else 0)
        folded = weight.double() * scale[:, None, None, None]
        layout = (
            torch.channels_last
            if weight.is_contiguous(memory_format=torch.channels_last)
            else torch.contiguous_format
        )
        weight, bias = folded.to(weight.dtype).contiguous(memory_format=layout), shift.to(weight.dtype)
    return Conv(
        weight,
        bias,
        cast(tuple[int, int], module.stride),
        cast(tuple[int, int], module.padding),
        cast(tuple[int, int], module.dilation),
        module.groups,
        relu,
    )


def _one(size: int | Sequence[int]) -> int:
    """The side of a square window."""
    return size if isinstance(size, int) else size[0]


def _apart(made: Tensor, wanted: Tensor) -> float:
    """The distance over the length, in float32; NaN where something is none."""
    one, other = made.float(), wanted.float()
    length = float(other.norm())
    return float((one - other).norm()) / (length or 1.0)
