"""Clocks: a stamp is taken where the device stands, and two stamps make a time once the device is there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from time import perf_counter_ns
from typing import Any

__all__ = ["Clock", "CpuClock", "CudaClock", "first_line", "named"]


def first_line(error: BaseException) -> str:
    """The first line of an error's text, 200 signs of it at most; the error's name where it has no text."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."


def named(error: BaseException) -> str:
    """The error's kind before the first line of its text: what it is of is not plain from that alone."""
    text = first_line(error)
    return text if text == type(error).__name__ else f"{type(error).__name__}: {text}"


class Clock(ABC):
    """A clock of one kind of device."""

    @abstractmethod
    def stamp(self) -> Any:
        """A mark at this point of the device's work."""

    @abstractmethod
    def seconds(self, start: Any, end: Any) -> float:
        """The time between two stamps; both have to be reached, see ``synchronize``."""

    @abstractmethod
    def synchronize(self) -> None:
        """Waits until the device has done all that it was given."""

    @property
    def is_asynchronous(self) -> bool:
        """Whether the device works on while the host goes on."""
        return False

    def delay(self, cycles: int) -> None:
        """Keeps a device busy for so many cycles, while the host queues what is to be timed."""
        return

    def failure(self) -> str:
        """What is wrong with the device, in a line; empty while it works."""
        return ""


class CpuClock(Clock):
    """The host's monotonic clock, in steps of a nanosecond."""

    def stamp(self) -> int:
        return perf_counter_ns()

    def seconds(self, start: int, end: int) -> float:
        return (end - start) / 1e9

    def synchronize(self) -> None:
        return None


class CudaClock(Clock):
    """CUDA events on the current stream (a step of about half a microsecond).

    ``cuda`` is ``torch.cuda``, or what stands in for it in a test.
    """

    def __init__(self, cuda: Any) -> None:
        self.cuda = cuda

    def stamp(self) -> Any:
        event = self.cuda.Event(enable_timing=True)
        event.record()
        return event

    def seconds(self, start: Any, end: Any) -> float:
        return float(start.elapsed_time(end)) / 1e3

    def synchronize(self) -> None:
        self.cuda.synchronize()

    @property
    def is_asynchronous(self) -> bool:
        return True

    def delay(self, cycles: int) -> None:
        self.cuda._sleep(cycles)

    def failure(self) -> str:
        """A CUDA error that sticks: after an illegal access, say, every later call fails until the process ends."""
        try:
            self.cuda.synchronize()
        except Exception as error:
            return first_line(error)
        return ""
