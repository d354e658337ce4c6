"""A small run of the fuzzer; the large one is ``python -m tests.benchmarks.fuzz_specs``."""

from __future__ import annotations

import pytest

from tests.benchmarks import fuzz_specs


def test_mutated_specs_never_end_in_a_traceback() -> None:
    """Some are accepted, most rejected, all in words."""
    result = fuzz_specs.fuzz(runs=600, seed=1)

    assert result.failures == []
    assert result.counts["accepted"] > 30
    assert result.counts["refused"] > 300


def test_the_fuzzer_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that raises something else is reported, with the text that did it."""

    def broken(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(fuzz_specs, "read_text", broken)

    [(trace, (_, text))] = fuzz_specs.fuzz(runs=1).failures

    assert "RecursionError: too deep" in trace
    assert text


def test_a_seed_gives_the_same_texts() -> None:
    """So that a failure can be looked at again."""
    assert list(fuzz_specs.texts(50, seed=3)) == list(fuzz_specs.texts(50, seed=3))
    assert list(fuzz_specs.texts(50, seed=3)) != list(fuzz_specs.texts(50, seed=4))
