"""``check`` on several cores: the files in several processes, what is found and said as if it were in this one.

Each process has a pipe of its own, and this one no thread: so the file at which a process ends is known, and one that
is interrupted can end the others wherever they are. Each of them ends where this one has gone.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from threading import Thread
from typing import Final, NamedTuple, cast

from vggstat.cli.complaints import Complaints, render
from vggstat.cli.streams import finish
from vggstat.errors import VggstatError
from vggstat.lint.config import Settings
from vggstat.lint.engine import FileResult, check_files
from vggstat.sources.spec.access import Access, access, granted

__all__ = ["check_in_processes"]

AHEAD: Final = 8
"""Files for each process that are checked, or wait to be printed, before the first of them is printed."""
QUEUED: Final = 2
"""Files that a process is given at once: the one that it checks, and the one after it."""
METHOD: Final = "fork" if sys.platform == "linux" else "spawn"
"""How processes are started: elsewhere a fork is missing, or unsafe beside the system's own libraries."""
_INTERRUPT: Final = {signal.SIGINT}


class _Told(NamedTuple):
    """What a process hands over of a file."""

    results: tuple[FileResult, ...]
    """One; none of a file that cannot be read."""
    said: tuple[str, ...]
    code: int
    failed: tuple[str, int] | None
    """What ends the whole run: its text and exit code."""


def check_in_processes(
    paths: Sequence[str], settings: Settings, jobs: int, complaints: Complaints, method: str = METHOD
) -> Iterator[FileResult]:
    """The result of each file, in their order. What cannot be read in another process, such as a pipe, is read here.

    ``method``: ``fork`` or ``spawn``.
    """
    pool = _Pool(paths, settings, method)
    try:
        for _ in range(jobs):
            pool.start()
        for number, path in enumerate(paths):
            if number not in pool.files:
                yield from check_files([path], settings, render, complaints, complaints.fault)
                continue
            told = pool.result(number, number + AHEAD * jobs)
            if told is None:
                complaints.crash(path)
            else:
                yield from _taken(told, complaints)
    finally:
        pool.end()


def _taken(told: _Told, complaints: Complaints) -> tuple[FileResult, ...]:
    """The results of a file, after what was said of it."""
    complaints.pass_on(told.said, told.code)
    if told.failed is not None:
        error = VggstatError(told.failed[0])
        error.exit_code = told.failed[1]
        raise error
    return told.results


class _Worker:
    """A process that checks files, and those that it was given, by their numbers, the one that it is at first."""

    def __init__(self, settings: Settings, method: str) -> None:
        context = get_context("fork") if method == "fork" else get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.given: deque[int] = deque()
        self.process = context.Process(target=_work, args=(theirs, settings, access()), daemon=True)
        self.process.start()
        theirs.close()  # so that the pipe ends with the process

    def end(self) -> None:
        """Wherever it is; returns when it has gone."""
        self.process.terminate()
        self.process.join()
        self.pipe.close()


class _Pool:
    """The processes, the files that wait for one, and what was told of those that are not yet printed."""

    def __init__(self, paths: Sequence[str], settings: Settings, method: str) -> None:
        self.paths = paths
        self.files = frozenset(number for number, path in enumerate(paths) if os.path.isfile(path))
        self.settings = settings
        self.method = method
        self.waiting = deque(sorted(self.files))
        self.told: dict[int, _Told | None] = {}
        """None of a file at which two processes have ended."""
        self.ended_at: set[int] = set()
        self.workers: list[_Worker] = []

    def start(self) -> None:
        """One process more. What is printed is flushed before, since it would get a copy of it; and Ctrl-C waits, which
        would end it with a traceback before it has begun."""
        finish()
        if not hasattr(signal, "pthread_sigmask"):
            self.workers.append(_Worker(self.settings, self.method))
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
        try:
            self.workers.append(_Worker(self.settings, self.method))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def result(self, number: int, until: int) -> _Told | None:
        """What a process tells of a file, when it does, while the others check those before number ``until``."""
        while True:
            for worker in self.workers:
                self._give(worker, until)
            if number in self.told:
                return self.told.pop(number)
            for pipe in wait([worker.pipe for worker in self.workers]):
                self._take(next(worker for worker in self.workers if worker.pipe is pipe))

    def _give(self, worker: _Worker, until: int) -> None:
        while len(worker.given) < QUEUED and self.waiting and self.waiting[0] < until:
            worker.given.append(self.waiting.popleft())
            with suppress(OSError):  # it has ended, which its pipe will tell
                worker.pipe.send(self.paths[worker.given[-1]])

    def _take(self, worker: _Worker) -> None:
        """What a process tells; one that has ended instead is followed by another, which tries the file once more."""
        try:
            told = cast(_Told, worker.pipe.recv())
        except (EOFError, OSError):
            self.workers.remove(worker)
            worker.end()
            if worker.given and worker.given[0] in self.ended_at:
                self.told[worker.given.popleft()] = None
            else:
                self.ended_at.update(list(worker.given)[:1])
            self.waiting.extendleft(reversed(worker.given))
            if self.waiting:
                self.start()
        else:
            self.told[worker.given.popleft()] = told

    def end(self) -> None:
        """All processes."""
        while self.workers:
            self.workers.pop().end()


def _work(pipe: Connection, settings: Settings, allowed: Access) -> None:
    """Check the files whose paths come, until the process is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of them; who started them ends them
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    Thread(target=_end_with_parent, daemon=True).start()
    with granted(allowed):
        while True:
            try:
                path = pipe.recv()
            except (EOFError, OSError):  # who started it has gone
                return
            told = _check(path, settings)
            try:
                pipe.send(told)
            except OSError:
                return


def _end_with_parent() -> None:
    """End the process when the one that started it has gone, which would leave it waiting for work."""
    parent = parent_process()
    assert parent is not None
    while os.getppid() == parent.pid and not wait([parent.sentinel], timeout=1):
        pass
    os._exit(1)


def _check(path: str, settings: Settings) -> _Told:
    """Check a file for the process that started this one."""
    said: list[str] = []
    complaints = Complaints(said.append)
    results: tuple[FileResult, ...] = ()
    failed = None
    try:
        results = tuple(check_files([path], settings, render, complaints, complaints.fault))
    except VggstatError as error:
        failed = (str(error), error.exit_code)  # not itself: some cannot be rebuilt from their text
    return _Told(results, tuple(said), complaints.code, failed)
