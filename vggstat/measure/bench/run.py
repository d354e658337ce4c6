"""A whole benchmark: configurations that take turns on one device, and the file of what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout, suppress
from datetime import UTC, datetime
from io import TextIOBase
from time import monotonic
from typing import Final, NamedTuple

import torch

from vggstat.cost.bench import BenchFile, BenchResult, MeasuredCeilings
from vggstat.cost.plausibility import with_warnings
from vggstat.errors import VggstatError
from vggstat.measure.bench.ceilings import CeilingWatches
from vggstat.measure.bench.clock import Clock, first_line, named
from vggstat.measure.bench.rows import failed_row, rows_of
from vggstat.measure.bench.session import (
    Configuration,
    DeviceLostError,
    Session,
    clock_for,
    is_out_of_memory,
    predicted_bytes,
)
from vggstat.measure.bench.settings import available_bytes, describe_device
from vggstat.measure.bench.stopwatch import Stopwatch
from vggstat.measure.bench.telemetry import open_sensors
from vggstat.units import giga

__all__ = ["Benchmark", "Progress", "measure_each", "silenced"]

TOGETHER: Final = 0.6
"""The share of the free memory that configurations measured in turns may be predicted to need."""
KEPT_S: Final = 1.0
"""What was measured is kept after every turn, but not more often than this: writing is no part of a turn."""


class Progress(NamedTuple):
    """What is going on, how much of all is done (0 to 1), and how long the rest takes at most."""

    what: str
    done: float
    left_s: float


class Benchmark:
    """Runs configurations; at any moment ``file`` holds what was measured so far."""

    def __init__(
        self,
        configurations: Sequence[Configuration],
        device: torch.device,
        *,
        report_progress: Callable[[Progress], None] = lambda _: None,
        keep: Callable[[BenchFile], None] = lambda _: None,
        force: bool = False,
        ceiling_seconds: float = 1.0,
        small_ceilings: bool = False,
        clock: Clock | None = None,
        ceiling_clock: Clock | None = None,
    ) -> None:
        self.device = device
        self.clock = clock or clock_for(device)
        self.info = describe_device(device)
        self.sensors = open_sensors(device)
        self.sessions = [Session(entry, device, self.clock, self.sensors) for entry in configurations]
        self.report_progress = report_progress
        self.keep = keep
        self.force = force
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.interrupted = False
        self.failures: list[str] = []
        self.refused: dict[int, str] = {}
        """Why a session has no time, by its number."""
        self.closed: set[int] = set()
        dtypes = {session.configuration.multiplied_in for session in self.sessions}
        self.ceilings = [
            CeilingWatches(
                dtype,
                device,
                ceiling_clock or self.clock,
                self.info.name,
                limit_s=ceiling_seconds,
                small=small_ceilings,
            )
            for dtype in sorted(dtypes)
        ]
        self._kept = monotonic()

    # running ----------------------------------------------------------------------------------------------

    def run(self) -> BenchFile:
        """Measures everything, and ends early at Ctrl-C or where the device fails for good: the file then says so."""
        with _current(self.device), _as_it_was(self.device), silenced():
            return self._run()

    def _run(self) -> BenchFile:
        try:
            self._refuse_too_large()
            if len(self.refused) == len(self.sessions):
                return self.file
            self._measure_ceilings("ceilings")
            for numbers in self._parties():
                self._run_party(numbers)
                self._keep(at_once=True)
            self._measure_ceilings("ceilings again")
        except KeyboardInterrupt:
            self.interrupted = True
        except DeviceLostError as error:
            self._lose(str(error))
        finally:
            for number, session in enumerate(self.sessions):
                self._close(number, session)
        return self.file

    def _measure_ceilings(self, words: str) -> None:
        for watches in self.ceilings:
            self._say(f"{words}, {watches.dtype.short}")
            try:
                watches.measure()
            except Exception as error:
                if failure := self.clock.failure():
                    raise DeviceLostError(failure) from error
                why = "out of memory" if is_out_of_memory(error) else named(error)
                self.failures.append(f"{words} in {watches.dtype.short} not measured: {why}")

    def _lose(self, reason: str) -> None:
        """Nothing more runs on the device: what is not measured says so."""
        self.failures.append(f"{self.info.label} stopped working, and the run ends here: {reason}")
        for number in range(len(self.sessions)):
            self.refused.setdefault(number, f"not measured, for {self.info.label} stopped working: {reason}")

    def _keep(self, *, at_once: bool = False) -> None:
        if at_once or monotonic() - self._kept >= KEPT_S:
            self.keep(self.file)
            self._kept = monotonic()

    def _refuse_too_large(self) -> None:
        if self.force:
            return
        free = available_bytes(self.device)
        for number, session in enumerate(self.sessions):
            need = predicted_bytes(session.report)
            if free and need is not None and need > free:
                self.refused[number] = (
                    f"needs {giga(need)} GB by prediction, and {giga(free)} GB are free on {self.info.label}: "
                    "take a smaller --batch, or --force"
                )

    def _parties(self) -> list[list[int]]:
        """Sessions that fit into memory together, in order: these are measured in turns."""
        room = available_bytes(self.device) * TOGETHER or float("inf")
        parties: list[list[int]] = []
        taken = float("inf")
        for number, session in enumerate(self.sessions):
            if number in self.refused:
                continue
            # A GPU's graphs keep as much as the eager pass takes.
            predicted = predicted_bytes(session.report)
            # What needs nobody knows how much is measured alone.
            need = room if predicted is None else predicted * (2 if self.device.type == "cuda" else 1)
            if not parties or taken + need > room:
                parties.append([])
                taken = 0.0
            parties[-1].append(number)
            taken += need
        return parties

    def _run_party(self, numbers: list[int]) -> None:
        ready = []
        for number in numbers:
            self._say(f"{self._words(number)}: building and checking")
            if self._attempt(number, self.sessions[number].open):
                ready.append(number)
        while waiting := [
            (number, watch)
            for number in ready
            for watch in self.sessions[number].all_watches
            if not watch.is_done
        ]:
            for number, watch in waiting:
                self._take_turn(self.sessions[number], watch)
                self._say(self._words(number))
                self._keep()
        for number in numbers:
            self._close(number, self.sessions[number])

    def _take_turn(self, session: Session, watch: Stopwatch) -> None:
        try:
            watch.turn()
        except Exception as error:
            session.fail(watch, error)

    def _attempt(self, number: int, action: Callable[[], object]) -> bool:
        """Whether it went well; if not, whatever went wrong, the row says why and the sweep goes on."""
        session = self.sessions[number]
        try:
            action()
        except DeviceLostError as error:
            self.refused[number] = f"the device stopped working: {error}"
            raise
        except (Exception, SystemExit) as error:
            if failure := self.clock.failure():
                self.refused[number] = f"the device stopped working: {failure}"
                raise DeviceLostError(failure) from error
            self.refused[number] = self._why(session, error)
        else:
            return True
        self._close(number, session)
        return False

    def _why(self, session: Session, error: BaseException) -> str:
        if isinstance(error, VggstatError):
            return str(error)
        if is_out_of_memory(error):
            need = predicted_bytes(session.report)
            if need is None:
                return "out of memory: nobody knows how much is needed; take a smaller --batch"
            return f"out of memory: {giga(need)} GB were predicted to be needed"
        if place := session.what.place_of(error):
            return place
        if isinstance(error, RuntimeError | ValueError):
            return f"torch refused it: {first_line(error)}"
        return f"it failed: {named(error)}"

    def _close(self, number: int, session: Session) -> None:
        if number not in self.closed:
            self.closed.add(number)
            session.close()

    # what is there ----------------------------------------------------------------------------------------

    @property
    def file(self) -> BenchFile:
        """Everything measured so far, with its warnings."""
        measured = [found for watches in self.ceilings if (found := watches.result())]
        results: list[BenchResult] = []
        for number, session in enumerate(self.sessions):
            own = rows_of(session, _for(measured, session.configuration.multiplied_in.short))
            results += own
            if number in self.refused and not any(result.timing for result in own):
                results.append(failed_row(session, self.refused[number]))
        return BenchFile(
            started=self.started,
            device=self.info,
            ceilings=tuple(measured),
            results=with_warnings(results, measured),
            interrupted=self.interrupted,
            failures=tuple(self.failures),
        )

    def _words(self, number: int) -> str:
        session = self.sessions[number]
        workload = session.report.workload
        return f"{session.report.name} · batch {workload.batch:,} · {workload.dtype.name}"

    def _say(self, what: str) -> None:
        """Reports progress. A configuration that is not open yet counts with the rows it will have."""
        done = total = left = 0.0
        for number, session in enumerate(self.sessions):
            limit = session.plan.seconds
            rows = len(session.all_watches) or len(session.plan.executions) + 1
            total += rows * limit
            if number in self.refused or number in self.closed:
                done += rows * limit
                continue
            shares = [watch.share_done for watch in session.all_watches] or [0.0] * rows
            done += sum(shares) * limit
            left += sum(1 - share for share in shares) * limit
        self.report_progress(Progress(what, done / total if total else 1.0, left))


def measure_each(
    places: Sequence[torch.device],
    make: Callable[[torch.device], Benchmark],
    keep: Callable[[BenchFile], None],
) -> BenchFile:
    """The same benchmark on one device after the other, each alone, as one file; the first one's environment.

    ``make`` gives the benchmark of a device, ``keep`` is called with all that there is after each. Ends early where one
    of them was interrupted; a device that fails is said, and the next one is measured.
    """
    whole: BenchFile | None = None
    for place in places:
        found = make(place).run()
        whole = found if whole is None else _joined(whole, found)
        keep(whole)
        if found.interrupted:
            break
    assert whole is not None
    return whole


def _joined(one: BenchFile, other: BenchFile) -> BenchFile:
    return one.replace(
        ceilings=(*one.ceilings, *other.ceilings),
        results=(*one.results, *other.results),
        interrupted=other.interrupted,
        failures=(*one.failures, *other.failures),
    )


def _current(device: torch.device) -> AbstractContextManager[object]:
    """Streams, events and graphs are made on the current device, not on that of the tensors."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


class _Nowhere(TextIOBase):
    """A stream that takes everything: a model may write to it and flush it, as it may not with None."""

    def write(self, text: str) -> int:
        return len(text)


@contextmanager
def silenced() -> Iterator[None]:
    """What a model prints, it prints in every run."""
    with redirect_stdout(_Nowhere()):
        yield


@contextmanager
def _as_it_was(device: torch.device) -> Iterator[None]:
    """What models draw at random is drawn again by whoever comes after."""
    state = torch.cuda.get_rng_state(device) if device.type == "cuda" else None
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            if state is not None:
                with suppress(RuntimeError):  # a device that is lost has no state any more
                    torch.cuda.set_rng_state(state, device)


def _for(measured: list[MeasuredCeilings], dtype: str) -> MeasuredCeilings | None:
    return next((entry for entry in measured if entry.dtype == dtype), None)
