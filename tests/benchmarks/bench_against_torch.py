"""The stopwatch of ``bench`` against torch.utils.benchmark, and fused against eager, in one run on this CPU.

    python -m tests.benchmarks.bench_against_torch [--spec D] [--batch 1] [--dtype fp32] [--rounds 8]

Both time the same model on the same images, in turns: so what the machine does meanwhile meets them alike. Exits with 1
where their medians are more than 5 % apart.
"""

from __future__ import annotations

import argparse
import sys
from statistics import median
from typing import Final

import torch
from torch.utils.benchmark import Timer

from tests.networks import report_of
from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload, find_dtype
from vggstat.measure.bench.clock import CpuClock
from vggstat.measure.bench.fused import FusedPass
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.stopwatch import Stopwatch

ALLOWED: Final = 0.05
TURN_S: Final = 1.0


def measure(spec: str, batch: int, dtype: str, rounds: int) -> dict[str, float]:
    """Medians in seconds: ``stopwatch`` and ``torch.utils.benchmark`` of the eager pass, ``fused``, and what it is."""
    workload = Workload(batch=batch, dtype=find_dtype(dtype))
    timed = NETWORK.open(analyze(report_of(spec).graph, workload), torch.device("cpu"), channels_last=True)
    with torch.inference_mode():
        fused = FusedPass(timed, CpuClock())
        watch = Stopwatch("eager", timed.run, CpuClock(), limit_s=TURN_S)
        other = Stopwatch("fused", lambda mark: timed.run(mark, fused), CpuClock(), limit_s=TURN_S)
        timer = Timer("model(images)", globals={"model": timed.model, "images": timed.images},
                      num_threads=torch.get_num_threads())  # fmt: skip
        theirs: list[float] = []
        watch.start()
        other.start()
        for _ in range(rounds):
            watch.turn(TURN_S)
            theirs += timer.blocked_autorange(min_run_time=TURN_S).times
            other.turn(TURN_S)
    print(f"fused: {fused.words}")
    return {
        "stopwatch": median(watch.samples),
        "torch.utils.benchmark": median(theirs),
        "fused": median(other.samples),
    }


def main() -> int:
    """Prints the medians and their ratios; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--spec", default="D")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--dtype", default="fp32")
    parser.add_argument("--rounds", type=int, default=8)
    chosen = parser.parse_args()
    found = measure(chosen.spec, chosen.batch, chosen.dtype, chosen.rounds)
    apart = found["stopwatch"] / found["torch.utils.benchmark"] - 1
    for name, seconds in found.items():
        print(f"{name:24}{1e3 * seconds:9.2f} ms")
    print(f"stopwatch over torch.utils.benchmark: {100 * apart:+.1f} %; eager over fused: "
          f"{found['stopwatch'] / found['fused']:.2f}")  # fmt: skip
    return 0 if abs(apart) <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())
