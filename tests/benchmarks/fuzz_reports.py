"""Fuzzing of saved reports: right ones with fields and bytes changed, given to the commands that read them.

    python -m tests.benchmarks.fuzz_reports [--runs 10000] [--seed 0] [--keep FOLDER]

As ``fuzz_results``: only vggstat's own errors are allowed, in a second and 200 MB.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from tests.benchmarks.fuzz_results import mutated
from tests.benchmarks.harness import Tally, run_command, run_fuzzer
from tests.networks import report_of
from vggstat.render.report_data import report_data

COMMANDS = (
    "compare FILE LeNet-5", "compare LeNet-5 FILE --format json", "compare FILE SAME FILE --format csv",
    "compare FILE SAME --fail-over params=0,macs=1%,training-peak=1KB", "compare SAME FILE --format markdown",
    "compare FILE LeNet-5 --fail-over operations:fvcore=5,outputs=0.5% --format json",
    "compare SAME FILE --fail-over saved=1KiB --width 60",
)  # fmt: skip


@cache
def right() -> Any:
    """The data of a right file: a small network."""
    return report_data(report_of("LeNet-5"))


def laid_out(folder: Path) -> dict[str, str]:
    """The paths that the words of a command stand for."""
    for path in ("a.json", "same.json"):
        (folder / path).write_text(json.dumps(right()))
    return {"FILE": str(folder / "a.json"), "SAME": str(folder / "same.json")}


def fuzz(runs: int, seed: int = 0) -> Tally:
    """Give ``runs`` files to a command each, the same for the same seed."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        paths = laid_out(Path(name))
        for command in COMMANDS:  # imports what there is to import
            run_command([paths.get(word, word) for word in command.split()])
        tally = Tally()
        for _ in range(runs):
            words = [paths.get(word, word) for word in rng.choice(COMMANDS).split()]
            data = mutated(right(), rng)
            Path(paths["FILE"]).write_bytes(data)
            tally.take(
                ("report.json", data),
                lambda words=words: ("read", "read", "refused")[run_command(words)],  # type: ignore[misc]
            )
    return tally


if __name__ == "__main__":
    sys.exit(run_fuzzer(__doc__ or "", "saved reports", fuzz))
