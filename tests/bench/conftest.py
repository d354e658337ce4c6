"""What needs torch is tested where it is installed; with VGGSTAT_REQUIRE_TORCH=1 it has to be."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

if find_spec("torch") is None:
    if os.environ.get("VGGSTAT_REQUIRE_TORCH") == "1":
        raise pytest.UsageError(
            "VGGSTAT_REQUIRE_TORCH=1, but torch is not installed: benchmarks are untested"
        )
    collect_ignore_glob = ["test_torch_*.py"]
