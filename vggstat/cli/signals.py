"""Signals that would end the program at once, as exceptions: what it does can then be tidied up, or kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["signals_as"]


@contextmanager
def signals_as(make: Callable[[int], BaseException]) -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise what ``make`` gives for their number, as Ctrl-C raises KeyboardInterrupt.

    A signal that somebody else handles already is left to them.
    """
    import signal
    from threading import current_thread, main_thread

    def end(number: int, frame: object) -> None:  # noqa: ARG001
        raise make(number)

    changed = []
    if current_thread() is main_thread():  # only there can it be asked for
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)
                changed.append(number)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)
