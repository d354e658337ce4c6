"""The torch side is tested where torch is installed; with VGGSTAT_REQUIRE_TORCH=1 it has to be."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

if find_spec("torch") is None:
    if os.environ.get("VGGSTAT_REQUIRE_TORCH") == "1":
        raise pytest.UsageError(
            "VGGSTAT_REQUIRE_TORCH=1, but torch is not installed: the torch side is untested"
        )
    # test_required.py stays, and shows in the report that the rest was left out.
    collect_ignore_glob = ["test_[!r]*.py"]
