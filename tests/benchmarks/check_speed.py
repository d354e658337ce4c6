"""How fast ``vggstat check`` is: 1,000 documents of 10 kB, growth with size, hostile documents, and the start.

    python tests/benchmarks/check_speed.py [--start]

Targets: 1,000 documents under 10 s on one core; twice the size at most about twice the time; 2 s a MB for hostile
documents; a start at most 1.3 times that of ``table --format json``.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.check.generate import documents, plain
from vggstat.lint.config import Settings
from vggstat.lint.engine import check_text

WORDS = "Small filters stacked see as much as a large one, with fewer weights and more non-linearities between them. "


def corpus(count: int, size: int) -> list[tuple[str, bytes]]:
    """Documents with one table each, filled up with prose."""
    cases = list(documents(deep=False))
    made = []
    for number in range(count):
        case = cases[number % len(cases)]
        text = plain(case.text)
        filler = (WORDS + "\n") * max(0, (size - len(text)) // (len(WORDS) + 1))
        made.append((f"doc{number}{case.suffix}", (filler + "\n\n" + text + "\n").encode()))
    return made


def timed(files: list[tuple[str, bytes]]) -> float:
    settings = Settings()
    start = time.process_time()
    for name, data in files:
        check_text(name, data, settings)
    return time.process_time() - start


HOSTILE = {
    "10 MB line of digits": b"1" * 10_000_000,
    "10 MB line of products": b"3*3*64=" * 1_500_000,
    "10 MB line of pipes": b"| " * 5_000_000,
    "deep brackets": b"memory: " + b"(" * 5_000_000 + b"\nparams: 1\n",
    "a million rows": b"CONV3-64: [224x224x64] memory: 1 params: 2\n" * 200_000,
    "zero bytes": b"\0" * 5_000_000,
    "UTF-16": ("VGG-16 has 138M parameters\n" * 100_000).encode("utf-16"),
    "invalid UTF-8": b"\xff\xfe\xfa Layer (type) Param #\n" * 100_000,
    "broken notebook": b'{"cells": [{"source": ["' + b"a\\n" * 2_000_000,
    "nested notebook": b'{"a":' * 200_000,
    "names": b"VGG16 VGG19 ResNet " * 300_000,
    "names in lines": b"VGG16 VGG19 ResNet-50 has 25M parameters\n" * 100_000,
    "tags": b"<table><tr><td>" * 300_000,
    "ampersands": b"\\begin{tabular}" + b"a & b \\\\\n" * 500_000,
    "commas": b"a,b,c,1,2,3\n" * 500_000,
    "keras header": b"Layer (type) Output Shape Param #\n" * 200_000,
    "spaces": b" " * 5_000_000 + b"\n" + b" params: 138M" * 100_000,
}


def start_times() -> None:
    """The start of two commands, best of several."""
    folder = Path(tempfile.mkdtemp())
    document = folder / "speed.md"
    document.write_text(plain(next(iter(documents("cs231n", deep=False))).text))
    commands = {
        "table": ["table", "D", "--format", "json"],
        "check": ["check", str(document), "--format", "json"],
    }
    best = {}
    # Compiled modules are kept, as an installed package keeps them.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for name, words in commands.items():
        times = []
        for _ in range(15):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, "-m", "vggstat", *words],
                stdout=subprocess.DEVNULL,
                check=False,
                env=environment,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        best[name] = min(times)
    print(f"start: table {best['table'] * 1000:.0f} ms, check {best['check'] * 1000:.0f} ms, "
          f"{best['check'] / best['table']:.2f} times")  # fmt: skip


def main() -> None:
    start_times()
    if "--start" in sys.argv:
        return
    files = corpus(1000, 10_000)
    timed(files[:20])
    print(f"1,000 documents of 10 kB: {timed(files):.2f} s")
    one, two = timed(corpus(40, 100_000)), timed(corpus(40, 200_000))
    print(f"100 kB: {one / 40 * 1000:.0f} ms, 200 kB: {two / 40 * 1000:.0f} ms, {two / one:.2f} times")
    for name, data in HOSTILE.items():
        for suffix in (".md", ".ipynb" if "notebook" in name else ".html", ".csv"):
            start = time.process_time()
            result = check_text(f"hostile{suffix}", data, Settings())
            taken = time.process_time() - start
            mark = "" if taken < 2 * max(len(data) / 1e6, 0.5) else "  TOO SLOW"
            print(
                f"{name:<26}{suffix:<7}{len(data) / 1e6:6.1f} MB {taken:6.2f} s, {len(result.findings)} findings{mark}"
            )


if __name__ == "__main__":
    main()
