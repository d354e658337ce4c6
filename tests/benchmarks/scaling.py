"""How long large networks take, from YAML text to a report.

    python tests/benchmarks/scaling.py

Prints the time of 10,000 and of 20,000 conv layers in the short form, the best of five, and their ratio.
"""

from __future__ import annotations

import time

from vggstat.cost.report import analyze
from vggstat.graph import build_graph
from vggstat.spec import read_text


def network(layers: int) -> str:
    """A spec of that many convolutions, fifty to a block."""
    block = "  - [" + ", ".join(["conv3-8"] * 50) + "]\n"
    return "name: tall\ninput: [3, 32, 32]\nblocks:\n" + block * (layers // 50)


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


def main() -> None:
    """Measure and print."""
    once, twice = seconds(10_000), seconds(20_000)
    print(f"10,000 conv layers, YAML to report: {once:.2f} s (goal: under 1 s)")
    print(f"20,000 conv layers: {twice:.2f} s, {twice / once:.2f} times as long (goal: at most 2.3)")


if __name__ == "__main__":
    main()
