"""A small run of the fuzzer; the large one is ``python -m tests.benchmarks.fuzz_results``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks import fuzz_results
from tests.benchmarks.harness import run_command


def test_broken_results_end_in_words() -> None:
    """Some files can still be read, most are refused, and none ends in a fault."""
    tally = fuzz_results.fuzz(runs=300, seed=1)

    assert tally.failures == []
    assert tally.counts["read"] > 30
    assert tally.counts["refused"] > 100


@pytest.mark.parametrize("command", fuzz_results.COMMANDS)
def test_every_command_reads_a_right_file(command: str, tmp_path: Path) -> None:
    """So that what is refused is refused for the change that was made."""
    paths = fuzz_results.laid_out(tmp_path)

    assert run_command([paths.get(word, word) for word in command.split()]) == 0
