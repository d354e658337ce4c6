"""How long large networks take, and how much memory: every command at some layers and at twice as many.

    python tests/benchmarks/scaling.py [LAYERS] [WORDS ...]

Each command runs in a process of its own at LAYERS (25,000) and twice LAYERS: processor seconds, the most memory,
and the ratio of the two times, which for work in proportion to the layers is 2. WORDS pick the commands that have
one of them. The networks are of blocks of fifty layers, and one block of all. Last comes the time of 10,000 and of
20,000 conv layers in the short form from YAML text to a report, the best of five.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from vggstat.cost.report import analyze
from vggstat.sources.spec import read_text
from vggstat.sources.spec.build import build_graph

COMMANDS = (
    *(f"table SPEC --format {name}" for name in ("text", "json", "markdown", "csv", "latex", "html")),
    *(
        f"table SPEC --style {name}"
        for name in ("blocks", "conventions", "cs231n", "keras", "torch", "slides")
    ),
    "table SPEC --memory saved",
    "table SPEC --memory training-peak",
    "compare SPEC SPEC@64",
    "compare SPEC SPEC@64 --format json",
    "compare SPEC OTHER SPEC",
    "memory SPEC",
    "memory SPEC --mode training",
    "memory SPEC --mode training --format json",
    "fit SPEC --memory 24GiB",
    "fit SPEC --memory 24GiB --mode training --optimizer adam",
    "roofline SPEC --device h100",
    "roofline SPEC --device h100 --mode training --format json",
    "explain 15.48G SPEC",
    "explain SPEC block1_conv1",
    *(f"draw SPEC --style {name}" for name in ("blocks", "columns", "flow")),
    *(f"plot SPEC {name}" for name in ("memory", "params", "operations", "receptive-field")),
    "plot SPEC roofline --device h100",
    "plot SPEC OTHER compare",
    "plot SPEC memory --format vega",
)

LIMIT = 2.3
"""How many times as long twice the layers may take."""

ATTEMPTS = 3

PER_BLOCK = 50


class Run(NamedTuple):
    """What one run took."""

    seconds: float
    megabytes: float


def network(layers: int, per_block: int = PER_BLOCK, layer: str = "conv3-8") -> str:
    """A spec of that many layers, so many to a block."""
    block = "  - [" + ", ".join([layer] * per_block) + "]\n"
    return "name: tall\ninput: [3, 32, 32]\nblocks:\n" + block * (layers // per_block)


def seconds(layers: int) -> float:
    """The best of five runs from text to totals."""
    text = network(layers)
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        report = analyze(build_graph(read_text(text, "tall.yaml")))
        total = report.total.params
        best = min(best, time.perf_counter() - started)
        assert report.weight_layers == layers
        assert total == 8 * (3 * 9 + 1) + (layers - 1) * 8 * (8 * 9 + 1)
    return best


def measured(arguments: list[str], folder: Path) -> Run:
    """One run of the program, what it prints thrown away; SystemExit with its message where it fails."""
    command = [sys.executable, "-m", "vggstat", *arguments]
    with (
        open(os.devnull, "wb") as nowhere,
        subprocess.Popen(command, stdout=nowhere, stderr=subprocess.PIPE, cwd=folder) as process,
    ):
        assert process.stderr is not None
        message = process.stderr.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1) or message:
        raise SystemExit(f"vggstat {' '.join(arguments)}: {message}")
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compared(command: str, shape: str, layers: int, folder: Path) -> list[Run]:
    """The command at so many layers and at twice as many; the best of up to three runs on a machine that is busy."""
    best: list[Run] = []
    for _ in range(ATTEMPTS):
        runs = []
        for count in (layers, 2 * layers):
            spec, other = f"./{shape}-{count}.yaml", f"./other-{shape}-{count}.yaml"
            runs.append(measured(command.replace("SPEC", spec).replace("OTHER", other).split(), folder))
        best = [min(pair) for pair in zip(best or runs, runs, strict=True)]
        if best[1].seconds <= LIMIT * best[0].seconds:
            break
    return best


def write_networks(folder: Path, layers: int) -> None:
    """``blocks-N.yaml`` and ``block-N.yaml``, and each with another first layer under the name of ``other``."""
    for name, per_block in (("blocks", PER_BLOCK), ("block", layers)):
        text = network(layers, per_block)
        (folder / f"{name}-{layers}.yaml").write_text(text)
        (folder / f"other-{name}-{layers}.yaml").write_text(text.replace("conv3-8", "conv1-8", 1))


def main(layers: int, words: list[str]) -> int:
    """Measure and print; 1 where a command takes more than its share."""
    slow = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for count in (layers, 2 * layers):
            write_networks(folder, count)
        for shape in ("blocks", "block"):
            print(
                f"\n{'blocks of fifty' if shape == 'blocks' else 'one block':60} {layers:14,} {2 * layers:17,}"
            )
            for command in COMMANDS:
                if words and not any(word in command for word in words):
                    continue
                runs = compared(command, shape, layers, folder)
                ratio = runs[1].seconds / runs[0].seconds
                figures = "".join(f"{run.seconds:7.2f} s {run.megabytes:5,.0f} MB " for run in runs)
                print(
                    f"{command:60}{figures} × {ratio:.2f}{'  too slow' if ratio > LIMIT else ''}", flush=True
                )
                slow += ratio > LIMIT
    if not words:
        # Last, as a process begins with the most memory that its parent has had.
        once, twice = seconds(10_000), seconds(20_000)
        print(f"\n10,000 conv layers, YAML to report: {once:.2f} s (goal: under 1 s)")
        print(f"20,000 conv layers: {twice:.2f} s, {twice / once:.2f} times as long (goal: at most {LIMIT})")
    return min(slow, 1)


if __name__ == "__main__":
    given = sys.argv[1:]
    count = int(given.pop(0)) if given and given[0].isdigit() else 25_000
    sys.exit(main(count, given))
