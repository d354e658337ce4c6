"""What needs torch or onnx is tested where both are installed; with VGGSTAT_REQUIRE_TORCH=1 they have to be."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

MISSING = [name for name in ("torch", "onnx") if find_spec(name) is None]

if MISSING:
    if os.environ.get("VGGSTAT_REQUIRE_TORCH") == "1":
        raise pytest.UsageError(
            f"VGGSTAT_REQUIRE_TORCH=1, but {MISSING[0]} is not installed: what is exported is not read back"
        )
    collect_ignore_glob = ["test_torch_*.py", "test_onnx_*.py"]
