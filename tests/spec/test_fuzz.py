"""A small run of the fuzzer; the large one is ``tests/benchmarks/fuzz_specs.py``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    """The script as a module; benchmarks are no package."""
    path = Path(__file__).parents[1] / "benchmarks" / "fuzz_specs.py"
    spec = importlib.util.spec_from_file_location("fuzz_specs", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fuzz_specs"] = module
    spec.loader.exec_module(module)
    return module


def test_mutated_specs_never_end_in_a_traceback(fuzzer: ModuleType) -> None:
    """Some are accepted, most rejected, all in words."""
    result = fuzzer.fuzz(runs=600, seed=1)

    assert result.failures == []
    assert result.accepted > 30
    assert result.rejected > 300


def test_the_fuzzer_can_fail(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that raises something else is reported, with the text that did it."""

    def broken(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(fuzzer, "read_text", broken)

    [(trace, text)] = fuzzer.fuzz(runs=1).failures

    assert "RecursionError: too deep" in trace
    assert text


def test_a_seed_gives_the_same_texts(fuzzer: ModuleType) -> None:
    """So that a failure can be looked at again."""
    assert list(fuzzer.texts(50, seed=3)) == list(fuzzer.texts(50, seed=3))
    assert list(fuzzer.texts(50, seed=3)) != list(fuzzer.texts(50, seed=4))
