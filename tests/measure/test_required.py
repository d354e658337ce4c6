"""That the torch side is never left out in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HIDE_TORCH = """
import importlib.util, sys
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "torch" else real(name, package)
"""


def run_pytest(**environment: str) -> subprocess.CompletedProcess[str]:
    """pytest collecting the tests of this folder in an interpreter that has no torch."""
    program = f"{HIDE_TORCH}import pytest; sys.exit(pytest.main(['--collect-only', '-q', 'tests/measure']))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_torch_is_here() -> None:
    """Where torch is missing the whole torch side is skipped, and this test says so."""
    if find_spec("torch") is None:
        pytest.skip("torch is not installed: nothing of vggstat/measure is tested")


def test_missing_torch_fails_where_it_is_required() -> None:
    """VGGSTAT_REQUIRE_TORCH=1 makes a missing torch an error of the test run."""
    result = run_pytest(VGGSTAT_REQUIRE_TORCH="1")

    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "VGGSTAT_REQUIRE_TORCH" in result.stdout + result.stderr


def test_missing_torch_leaves_only_this_file() -> None:
    """Without that variable the other tests are left out, and no import fails."""
    result = run_pytest(VGGSTAT_REQUIRE_TORCH="0")

    assert result.returncode == 0
    assert "test_required.py" in result.stdout
    assert "test_module.py" not in result.stdout
