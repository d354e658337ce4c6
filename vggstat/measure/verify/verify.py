"""Every figure of a report against every counter that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Final

import torch

from vggstat.cost.check import Check, Verification
from vggstat.measure.verify.counters.base import OPERATIONS, failed
from vggstat.measure.verify.forward import check_forward
from vggstat.measure.verify.subject import Subject
from vggstat.sources.require import version_of

__all__ = ["verify"]

COUNTERS: Final = (
    "hooks",
    "parameters",
    "fvcore",
    "torchinfo",
    "thop",
    "ptflops",
    "flop_counter_mode",
    "saved_tensors",
    "mem_tracker",
)
"""The files of ``vggstat.measure.verify.counters`` in the order in which their figures are shown."""

THIRD_PARTY: Final = ("fvcore", "torchinfo", "thop", "ptflops", "mem_tracker")
"""Counters that may fail for reasons of their own: then their figures are unchecked, and nothing is wrong."""


def verify(subject: Subject, *, forward: torch.device | None = None) -> Verification:
    """All counters on ``subject``; with ``forward`` a real pass on that device too."""
    checks = [check for name in COUNTERS for check in _count(name, subject)]
    if forward is not None:
        checks += check_forward(subject.report, forward)
    return Verification(
        report=subject.report,
        against=subject.models.title,
        device=_device_name(forward or torch.device("cpu")),
        versions={name: version for name in ("torch", *THIRD_PARTY) if (version := version_of(name))},
        checks=tuple(checks),
    )


def _count(name: str, subject: Subject) -> Iterator[Check]:
    counter = import_module(f"vggstat.measure.verify.counters.{name}")
    try:
        # A list, so that a counter that fails half way through leaves no half of its figures.
        yield from list(counter.count(subject))
    except Exception as error:
        if name not in THIRD_PARTY and subject.models.is_built:
            raise
        yield failed(counter.SOURCE, getattr(counter, "QUANTITY", OPERATIONS), error)


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
