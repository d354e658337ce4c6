"""A training step on several processes at once, started by torchrun: DistributedDataParallel, by number of processes.

Every step is work of all processes of a group: they have to run equally many, so the first of them decides whenever time
does, and tells the others.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple

import torch
from torch import Tensor, distributed
from torch.nn.parallel import DistributedDataParallel

from vggstat.cost.bench import BenchFile
from vggstat.cost.report import Report
from vggstat.cost.scaling import Scaling, ScalingPoint
from vggstat.errors import UsageError
from vggstat.measure.bench.benchmarked import Benchmarked
from vggstat.measure.bench.clock import Clock
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.bench.run import Progress, silenced
from vggstat.measure.bench.session import clock_for
from vggstat.measure.bench.settings import describe_device, numerics
from vggstat.measure.bench.stopwatch import Mark, Stopwatch
from vggstat.net.ops.bn import BatchNorm

__all__ = ["Ranks", "device_of", "measure_scaling", "ranks_here"]

TIMEOUT: Final = timedelta(minutes=10)
"""How long a process waits for the others: one that is lost ends all of them."""
WARM_UPS: Final = 3
"""DDP lays its buckets out anew after the first step."""


class Ranks(NamedTuple):
    """Which of how many processes this is, and which of those on this machine."""

    rank: int
    size: int
    local: int


def ranks_here(environment: Mapping[str, str] = os.environ) -> Ranks | None:
    """What torchrun says of this process; None where it was not started by it. Raises UsageError for half of it."""
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return None
    try:
        rank, size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        return Ranks(rank, size, int(environment.get("LOCAL_RANK", rank)))
    except ValueError:
        raise UsageError(
            "RANK, WORLD_SIZE and LOCAL_RANK are set as torchrun does, but are no numbers: start it by torchrun, or "
            "unset them"
        ) from None


def device_of(ranks: Ranks, kind: str) -> torch.device:
    """The device of a process. Raises UsageError where the machine has fewer GPUs than processes."""
    if kind == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if ranks.local >= count:
        raise UsageError(
            f"process {ranks.local} has no GPU of its own: torch sees {count}; start at most that many with "
            "torchrun --nproc-per-node, or take --device cpu"
        )
    return torch.device("cuda", ranks.local)


class _Group:
    """The first so many processes: their collectives, and the step that they run together."""

    def __init__(
        self, size: int, report: Report, what: Benchmarked, device: torch.device, *, channels_last: bool
    ) -> None:
        members = list(range(size))
        self.size = size
        # Every process has to make every group, in the same order.
        self.group = distributed.new_group(members, timeout=TIMEOUT)
        self.control = distributed.new_group(members, timeout=TIMEOUT, backend="gloo")
        self.is_in = distributed.get_rank() < size
        self.timed: TimedPass | None = None
        self.model: Any = None
        if not self.is_in:
            return
        self.timed = what.open(report, device, channels_last=channels_last)
        self.model = self.timed.model
        if size > 1:
            places = [device.index] if device.type == "cuda" else None
            self.model = DistributedDataParallel(
                self.model,
                device_ids=places,
                process_group=self.group,
                find_unused_parameters=bool(report.graph.unused),
            )

    def agreed(self, value: float) -> float:
        """What the first process says."""
        told = torch.tensor([value], dtype=torch.float64)
        distributed.broadcast(told, src=0, group=self.control)
        return float(told[0])

    def step(self, mark: Mark) -> None:
        """A training step, with its all-reduce where there is more than one process."""
        assert self.timed is not None
        self.timed.run(mark, self._loss)

    def unsynced_step(self, mark: Mark) -> None:
        """The same without the all-reduce: each process keeps its own gradients."""
        with self.model.no_sync():
            self.step(mark)

    def _loss(self, *args: Tensor, **named: Tensor) -> Tensor:
        assert self.timed is not None
        return self.timed.chosen_loss.of(self.model(*args, **named), self.timed.targets)


class _Lockstep(Stopwatch):
    """A stopwatch whose processes run equally often: what time decides, the first one decides for all."""

    def __init__(self, group: _Group, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.group = group

    def start(self) -> None:
        with self.context():
            for _ in range(WARM_UPS):
                self._run_once()
            began = self.clock.stamp()
            self._run_once()
            ended = self.clock.stamp()
            self.clock.synchronize()
        self.estimate_s = max(1e-6, self.group.agreed(self.clock.seconds(began, ended)))

    def _run_once(self) -> None:
        self.run(lambda _: None)
        self.clock.synchronize()

    def _discard(self) -> None:
        distributed.barrier(group=self.group.control)
        for _ in range(
            math.ceil(self.discard_s / self.estimate_s) if self.estimate_s < self.discard_s else 1
        ):
            self._run_once()

    def _sample(self, is_over: Callable[[], bool]) -> None:
        super()._sample(lambda: bool(self.group.agreed(float(is_over()))))

    @property
    def is_done(self) -> bool:
        """As the first process has it; every process has to ask."""
        return bool(self.group.agreed(float(super().is_done)))


@contextmanager
def _together(backend: str) -> Iterator[None]:
    distributed.init_process_group(backend, timeout=TIMEOUT)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def measure_scaling(
    report: Report,
    ranks: Ranks,
    device: torch.device,
    *,
    what: Benchmarked = NETWORK,
    seconds: float,
    channels_last: bool,
    keep: Callable[[BenchFile], None] = lambda _: None,
    report_progress: Callable[[Progress], None] = lambda _: None,
) -> BenchFile:
    """Measures 1, 2, 4, ... and all processes in turns. Every process calls it; the first one's file is the result.

    Ctrl-C at one of them ends it: the file then says that it was interrupted. ``keep`` is called after every turn.
    """
    backend: Literal["gloo", "nccl"] = "nccl" if device.type == "cuda" else "gloo"
    if device.type == "cuda":
        torch.cuda.set_device(device)
    sizes = sorted(
        {2**power for power in range(ranks.size.bit_length()) if 2**power <= ranks.size} | {ranks.size}
    )
    info = describe_device(device)
    watches: dict[int, list[Stopwatch]] = {}

    def file(interrupted: bool = False) -> BenchFile:
        return BenchFile(
            device=info, results=(), scaling=(_scaling(report, backend, watches),), interrupted=interrupted
        )

    try:
        with _together(backend), silenced():
            clock = clock_for(device)
            groups = [_Group(size, report, what, device, channels_last=channels_last) for size in sizes]
            for group in groups:
                if group.is_in:
                    report_progress(
                        Progress(
                            f"{_count(group.size)}: first steps", 0.0, _left(watches, len(sizes), seconds)
                        )
                    )
                    watches[group.size] = _watches(group, clock, report, device, seconds)
            distributed.barrier()

            def after(watch: Stopwatch) -> None:
                keep(file())
                left = _left(watches, len(sizes), seconds)
                report_progress(Progress(watch.name, 1 - left / _left({}, len(sizes), seconds), left))

            _take_turns(watches, after)
    except KeyboardInterrupt:
        return file(interrupted=True)
    return file()


def _count(size: int) -> str:
    return f"{size:,} processes" if size > 1 else "1 process"


def _left(watches: Mapping[int, list[Stopwatch]], sizes: int, seconds: float) -> float:
    """Seconds at most until all rows have had their time: one for a process alone, two for each larger number."""
    spent = sum(min(watch.spent_s, seconds) for party in watches.values() for watch in party)
    return (2 * sizes - 1) * seconds - spent


def _take_turns(watches: Mapping[int, list[Stopwatch]], after: Callable[[Stopwatch], None]) -> None:
    """Rounds of one turn each, until all are done; whoever is in no group of a turn waits for the next one."""
    open_ = [watch for party in watches.values() for watch in party]
    while open_:
        for watch in open_:
            watch.turn()
            after(watch)
        open_ = [watch for watch in open_ if not watch.is_done]


def _watches(
    group: _Group, clock: Clock, report: Report, device: torch.device, seconds: float
) -> list[Stopwatch]:
    """Of the step, and with several processes of that without an all-reduce, both run in."""
    workload = report.workload

    def context() -> AbstractContextManager[Any]:
        return (
            numerics(workload.autocast or workload.dtype, device) if device.type == "cuda" else nullcontext()
        )

    runs = [group.step, group.unsynced_step] if group.size > 1 else [group.step]
    found: list[Stopwatch] = []
    for run in runs:
        watch = _Lockstep(group, _count(group.size), run, clock, limit_s=seconds, context=context)
        watch.start()
        found.append(watch)
    return found


def _scaling(
    report: Report, backend: Literal["gloo", "nccl"], watches: Mapping[int, list[Stopwatch]]
) -> Scaling:
    workload = report.workload
    return Scaling(
        spec=report.name,
        title=report.graph.spec.title,
        digest=report.graph.spec.digest,
        dtype=workload.dtype.name,
        autocast=workload.autocast.name if workload.autocast else None,
        image=report.graph.image,
        batch=workload.batch,
        optimizer=workload.optimizer.name,
        implementation=workload.optimizer.implementation,
        backend=backend,
        gradient_bytes=report.graph.trained_values * workload.dtype.width,
        has_batch_norm=any(isinstance(node.layer, BatchNorm) for node in report.graph.nodes),
        points=tuple(
            ScalingPoint(
                processes=size,
                samples_s=tuple(party[0].samples),
                unsynced_samples_s=tuple(party[1].samples) if len(party) > 1 else (),
            )
            for size, party in watches.items()
            if party[0].samples and all(watch.samples for watch in party)
        ),
    )
