"""How fast vggstat starts, against a toy table of the same environment and against other tools.

    python tests/benchmarks/startup.py [--runs 9]

Prints medians of whole processes, run in turn so that a drifting machine disturbs all alike, and the ratios that
the budget is written in. Other tools are measured where they are installed.
"""

from __future__ import annotations

import argparse
import os
import pty
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
MIB = 2**20

TOOLS = {
    "torchinfo": "import torchinfo; torchinfo.summary(model, (1, 3, 224, 224), verbose=1)",
    "fvcore": "from fvcore.nn import FlopCountAnalysis, flop_count_table; import torch; "
    "print(flop_count_table(FlopCountAnalysis(model, torch.zeros(1, 3, 224, 224))))",
    "thop": "import thop, torch; print(thop.profile(model, (torch.zeros(1, 3, 224, 224),)))",
    "ptflops": "import ptflops; print(ptflops.get_model_complexity_info(model, (3, 224, 224)))",
}
"""How each prints VGG-16, given ``model``."""

MODEL = (
    "from vggstat.measure.module import build_module; from vggstat import analyze; "
    "model = build_module(analyze('D').graph)"
)


class Run(NamedTuple):
    """One process: its wall time and its largest memory."""

    seconds: float
    peak_bytes: int


def run(command: list[str], *, terminal: bool = False) -> Run:
    """Run a command to its end, its output thrown away, on a pseudo-terminal if asked."""
    sink, source = pty.openpty() if terminal else (None, subprocess.DEVNULL)
    started = time.perf_counter()
    # Users' machines keep what they compile; without that every module is compiled anew, a third of the time.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=source, stderr=subprocess.DEVNULL, env=kept)
    if sink is not None:
        os.close(source)
        try:
            while os.read(sink, 65536):
                pass
        except OSError:
            pass  # the other end has closed
        os.close(sink)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}")
    return Run(seconds, usage.ru_maxrss * 1024)


def commands() -> dict[str, tuple[list[str], bool]]:
    """What is measured: a command, and whether it is to see a terminal."""
    python = sys.executable
    return {
        "python -c pass": ([python, "-c", "pass"], False),
        "toy table": ([python, str(HERE / "toy_table.py"), "table", "D"], False),
        "table D, on a terminal": ([python, "-m", "vggstat", "table", "D"], True),
        "table D, --format rich": ([python, "-m", "vggstat", "table", "D", "--format", "rich"], False),
        "table D, piped": ([python, "-m", "vggstat", "table", "D"], False),
        "table D, --format json": ([python, "-m", "vggstat", "table", "D", "--format", "json"], False),
        "compare D E, piped": ([python, "-m", "vggstat", "compare", "D", "E"], False),
    }


def installed(name: str) -> bool:
    code = f"import torch, {name}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--peers", action="store_true", help="measure the other tools too (seconds each)")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    measured = commands()
    results: dict[str, list[Run]] = {name: [] for name in measured}
    for number in range(options.runs + 1):
        for name, (command, terminal) in measured.items():
            outcome = run(command, terminal=terminal)
            if number:  # the first round fills the file cache and writes bytecode
                results[name].append(outcome)
    if options.peers:
        for name, code in TOOLS.items():
            if installed(name):
                command = [sys.executable, "-c", f"{MODEL}; {code}"]
                results[name] = [run(command) for _ in range(3)]
            else:
                print(f"{name}: not installed, not measured")
    toy = statistics.median(run.seconds for run in results["toy table"])
    print(f"{'median of ' + str(options.runs) + ' runs':28}{'seconds':>9}{'MiB':>8}{'of the toy table':>18}")
    for name, runs in results.items():
        if runs:
            seconds = statistics.median(run.seconds for run in runs)
            peak = max(run.peak_bytes for run in runs) / MIB
            print(f"{name:28}{seconds:9.3f}{peak:8.1f}{seconds / toy:18.2f}")
    print(
        "Budget: table D on a terminal at most 1.25 of the toy table; piped or as JSON at most 0.95; 32 MiB."
    )


if __name__ == "__main__":
    main()
