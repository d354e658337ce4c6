"""What needs torch is tested where it is installed; with VGGSTAT_REQUIRE_TORCH=1 it has to be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

if find_spec("torch") is None:
    if os.environ.get("VGGSTAT_REQUIRE_TORCH") == "1":
        raise pytest.UsageError(
            "VGGSTAT_REQUIRE_TORCH=1, but torch is not installed: benchmarks are untested"
        )
    collect_ignore_glob = ["test_torch_*.py"]


@pytest.fixture(autouse=True, scope="session")
def _short_turns() -> Iterator[None]:
    """Turns begin at once: nothing is measured here but that it is. Tests of that beginning say how long it is."""
    if find_spec("torch") is None:
        yield
        return
    from vggstat.measure.bench import stopwatch

    before = stopwatch.DISCARDED_S
    stopwatch.DISCARDED_S = 0.002  # type: ignore[misc]
    yield
    stopwatch.DISCARDED_S = before  # type: ignore[misc]
