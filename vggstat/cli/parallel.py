"""``check`` on several cores: the files in several processes, what is found and said as if it were in this one.

A process that is interrupted leaves none behind: this one ends the others, and each of them ends where this one has gone.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import Final, NamedTuple

from vggstat.cli.complaints import Complaints, render
from vggstat.cli.streams import finish
from vggstat.errors import VggstatError
from vggstat.lint.config import Settings
from vggstat.lint.engine import FileResult, check_files
from vggstat.sources.spec.access import Access, access, granted

__all__ = ["check_in_processes"]

AHEAD: Final = 8
"""Files for each process that are checked, or wait to be, before the result of the first of them is taken."""
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
    waiting = deque(paths)
    while waiting:
        try:
            yield from _checked(waiting, settings, jobs, complaints, method)
        except BrokenProcessPool:  # by one of those that were being checked; the first is tried by itself
            yield from _checked_alone(waiting.popleft(), settings, complaints, method)


def _checked(
    waiting: deque[str], settings: Settings, jobs: int, complaints: Complaints, method: str
) -> Iterator[FileResult]:
    """The results until all files are checked, or a process ends; a file is off the list when its result is here."""
    ahead = iter(tuple(waiting))
    running: deque[Future[_Told] | None] = deque()
    with _pool(settings, jobs, method) as pool:
        while waiting:
            for path in islice(ahead, AHEAD * jobs - len(running)):
                running.append(_submit(pool, path) if os.path.isfile(path) else None)
            future = running.popleft()
            told = future.result() if future else None
            path = waiting.popleft()
            if told:
                yield from _taken(told, complaints)
            else:
                yield from check_files([path], settings, render, complaints, complaints.fault)


def _checked_alone(
    path: str, settings: Settings, complaints: Complaints, method: str
) -> Iterator[FileResult]:
    """The result of a file from a process of its own; a complaint where that ends as well."""
    try:
        with _pool(settings, 1, method) as pool:
            told = _submit(pool, path).result()
    except BrokenProcessPool:
        complaints.crash(path)
    else:
        yield from _taken(told, complaints)


def _taken(told: _Told, complaints: Complaints) -> tuple[FileResult, ...]:
    """The results of a file, after what was said of it."""
    complaints.pass_on(told.said, told.code)
    if told.failed is not None:
        error = VggstatError(told.failed[0])
        error.exit_code = told.failed[1]
        raise error
    return told.results


@contextmanager
def _pool(settings: Settings, jobs: int, method: str) -> Iterator[ProcessPoolExecutor]:
    """Processes that check files; where it is left early they are ended, whatever they are at."""
    others = set(active_children())
    pool = ProcessPoolExecutor(
        jobs, mp_context=get_context(method), initializer=_begin, initargs=(settings, access())
    )
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(active_children()) - others:
            process.terminate()
        raise
    finally:
        pool.shutdown()


def _submit(pool: ProcessPoolExecutor, path: str) -> Future[_Told]:
    """Have a file checked. What is printed is flushed before, since a new process would get a copy of it; and Ctrl-C waits,
    which would end a process with a traceback before it has begun."""
    finish()
    if not hasattr(signal, "pthread_sigmask"):
        return pool.submit(_check, path)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPT)
    try:
        return pool.submit(_check, path)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_given: list[Settings] = []
"""In a process that checks files: the settings."""


def _begin(settings: Settings, allowed: Access) -> None:
    """The first thing that a process does."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C goes to all of them; the one that started them ends them
    Thread(target=_end_with_parent, daemon=True).start()
    granted(allowed).__enter__()  # for good
    _given[:] = [settings]


def _end_with_parent() -> None:
    """End the process when the one that started it has gone, which would leave it waiting for work."""
    parent = parent_process()
    assert parent is not None
    while os.getppid() == parent.pid and not wait([parent.sentinel], timeout=1):
        pass
    os._exit(1)


def _check(path: str) -> _Told:
    """Check a file for the process that started this one."""
    said: list[str] = []
    complaints = Complaints(said.append)
    results: tuple[FileResult, ...] = ()
    failed = None
    try:
        results = tuple(check_files([path], _given[0], render, complaints, complaints.fault))
    except VggstatError as error:
        failed = (str(error), error.exit_code)  # not itself: some cannot be rebuilt from their text
    return _Told(results, tuple(said), complaints.code, failed)
