"""Fuzzing of results files: right ones with fields and bytes changed, given to every command that reads them.

    python -m tests.benchmarks.fuzz_results [--runs 10000] [--seed 0] [--keep FOLDER]

Only vggstat's own errors are allowed. Prints how many files were read and refused, and the slowest; exits with 1 where
there was an exception or a fault, a file that took over a second, or more than 200 MB in use. The same seed gives the
same files.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.bench.literal_results import EAGER, FILE, around
from tests.benchmarks.harness import Tally, run_command, run_fuzzer
from vggstat.cost.bench import Parts, Timing
from vggstat.cost.bench_json import results_data
from vggstat.sources.spec import load

COMMANDS = (
    "results FILE", "results FILE --layers all", "results FILE --format json", "results FILE --format csv",
    "results FILE SAME", "results SAME FILE --fail-over 5%", "results FILE --calibrate OTHER",
    "results OTHER --calibrate FILE", "plot D bench --bench FILE", "plot D roofline --bench FILE --dtype bf16 --batch 256",
    "plot D bench --bench FILE --format vega", "report D --bench FILE -o OUT",
)  # fmt: skip

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 3.5, -0.0, 1e-300, 1e300, 10**9, 10**19, 10**400, "", "x", "D", "1e9", "\x1b[2J", "é",
    "2026-13-45", "float32", "training", "graph", [], [0], [1e-3] * 12, [None], [[]], ["x"], {}, {"a": 1}, float("nan"),
    float("inf"), "::error::x", "a" * 5000,
)  # fmt: skip


@cache
def right(name: str = "D") -> Any:
    """The data of a right file: rows of all executions, a training step, an error, of a network that ships."""
    digest = load(name).digest
    rows = [row.replace(spec=name, digest=digest) for row in FILE.results]
    parts = Parts(forward=Timing(samples_s=around(8e-3)), optimizer=Timing(samples_s=around(2e-3)))
    rows.append(EAGER.replace(mode="training", optimizer="momentum", parts=parts, spec=name, digest=digest))
    return results_data(FILE.replace(results=tuple(rows)))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with every key or index in it."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        at = waiting.pop()
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        found += [(at, key) for key in keys]
        waiting += [at[key] for key in keys if isinstance(at[key], dict | list)]
    return found


def change(data: Any, rng: random.Random) -> None:
    """One change to the data, in place."""
    holder, key = rng.choice(places(data))
    match rng.randrange(6):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[f"{key}x"] = holder.pop(key)
        case 2 if isinstance(holder[key], list):
            holder[key] = holder[key][: rng.randrange(3)]
        case 3 if isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
            factor = rng.choice((-1, 0, 1e-9, 1e9, 1e30))
            holder[key] = holder[key] * factor if abs(holder[key]) < 1e250 else factor
        case 4 if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        case _:
            holder[key] = copy.deepcopy(rng.choice(VALUES))


def mutated(data: Any, rng: random.Random) -> bytes:
    """A file's bytes, after one to five changes of its data and sometimes of its bytes."""
    data = copy.deepcopy(data)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        if places(data):
            change(data, rng)
    text = json.dumps(data, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")
    if rng.random() < 0.1:
        at = rng.randrange(len(text) + 1)
        pieces = (b"", b"[" * 3000, b"NaN", b"1e999", b"\0", b"\xff", b'"', b"\\ud800", b"}", b"//")
        text = text[:at] + rng.choice(pieces) + text[at + rng.choice((0, 0, 1, 500)) :]
    return text


def files(runs: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """``runs`` commands with a file each, the same for the same seed."""
    rng = random.Random(seed)
    for _ in range(runs):
        yield rng.choice(COMMANDS), mutated(right(), rng)


def laid_out(folder: Path) -> dict[str, str]:
    """The paths that the words of a command stand for: a right file, another of it, and one of another network."""
    for path, network in (("a.json", "D"), ("same.json", "D"), ("other.json", "E")):
        (folder / path).write_text(json.dumps(right(network)))
    names = {"FILE": "a.json", "SAME": "same.json", "OTHER": "other.json", "OUT": "report.html"}
    return {word: str(folder / path) for word, path in names.items()}


def fuzz(runs: int, seed: int = 0) -> Tally:
    """Give ``runs`` files to a command each."""
    with tempfile.TemporaryDirectory() as name:
        paths = laid_out(Path(name))
        run_command(
            f"report D --bench {paths['SAME']} -o {paths['OUT']}".split()
        )  # imports what there is to import
        tally = Tally()
        for command, data in files(runs, seed):
            Path(paths["FILE"]).write_bytes(data)
            words = [paths.get(word, word) for word in command.split()]
            tally.take(
                ("results.json", data),
                lambda words=words: ("read", "read", "refused")[run_command(words)],  # type: ignore[misc]
            )
    return tally


if __name__ == "__main__":
    sys.exit(run_fuzzer(__doc__ or "", "results files", fuzz))
