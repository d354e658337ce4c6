"""How long something takes, on a machine whose speed nobody knows and which others use too."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable

__all__ = ["seconds"]

REFERENCE = 0.04
"""Seconds that ``_reference`` takes on the machine that the limits of the tests were set on."""


def _reference() -> float:
    """Processor seconds of a fixed piece of work of the kind that is measured: texts, objects, matches."""
    start = time.process_time()
    found: dict[str, tuple[int, str]] = {}
    for number in range(25_000):
        text = f"conv3-{number} {number * 3:,}"
        match = re.search(r"(\d+) ([\d,]+)", text)
        if match:
            found[match[2]] = (int(match[1]), text[match.start() : match.end()])
    assert len(found) == 25_000
    return time.process_time() - start


def seconds(task: Callable[[], object], limit: float, attempts: int = 3) -> float:
    """Processor seconds that ``task`` takes, the best of up to ``attempts``, on a machine of the reference's speed.

    It ends with the first attempt under ``limit``. A slower machine, or one that others keep busy, is measured
    beside the task and taken out; what earlier tests left in memory is kept from the collector.
    """
    best = float("inf")
    for _ in range(attempts):
        gc.collect()
        gc.freeze()
        try:
            before = _reference()
            start = time.process_time()
            task()
            taken = time.process_time() - start
            slowness = max(1.0, (before + _reference()) / 2 / REFERENCE)
        finally:
            gc.unfreeze()
        best = min(best, taken / slowness)
        if best < limit:
            break
    return best
