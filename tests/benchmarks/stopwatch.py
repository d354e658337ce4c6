"""Holds the stopwatch of ``vggstat bench`` against torch.utils.benchmark: run it by hand, on a quiet machine.

    python tests/benchmarks/stopwatch.py [SPEC] [--rounds N]

The same module, the same input, in one run and in turns (A B A B): each round takes one block of samples with the
stopwatch and one with torch's Timer. It prints both medians, their ratio with its interval, and how much of the
machine other programs took; exit code 1 where the medians differ by more than 3 %. It also measures what the
harness adds at batch 1: the same loop with nothing but two readings of the clock.
"""

from __future__ import annotations

import argparse
import sys
from time import perf_counter_ns

import torch
from torch.utils.benchmark import Timer

from tests.networks import report_of
from vggstat.cost.statistics import median, ratio_of, relative_half_width
from vggstat.measure.bench.clock import CpuClock
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.bench.stopwatch import Stopwatch
from vggstat.measure.bench.telemetry import between, open_sensors

ALLOWED = 0.03


def main() -> int:
    """Prints the comparison; 0 where both agree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spec", nargs="?", default="D")
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    device = torch.device("cpu")
    timed = NETWORK.open(report_of(arguments.spec), device, channels_last=True)
    watch = Stopwatch("eager", timed.run, CpuClock(), limit_s=1e9, context=timed.context)
    # torch's Timer runs on one thread unless it is told otherwise
    timer = Timer(
        "model(images)",
        globals={"model": timed.model, "images": timed.images},
        num_threads=torch.get_num_threads(),
    )
    sensors = open_sensors(device)
    before = sensors.read() if sensors else None
    watch.start()
    theirs: list[float] = []
    bare: list[float] = []
    with torch.inference_mode():
        timer.timeit(1)
        for _ in range(arguments.rounds):
            watch.turn(0.0)
            theirs.append(timer.timeit(1).median)
            bare.append(_bare(timed))
    telemetry = between(before, sensors.read() if sensors else None)
    ratio = ratio_of(theirs, watch.samples)
    print(f"{arguments.spec}, {arguments.rounds} rounds in turns, {torch.get_num_threads()} threads")
    for name, samples in (("vggstat", watch.samples), ("torch.utils.benchmark", theirs), ("bare loop", bare)):
        print(f"  {name:<22} {1e3 * median(samples):9.3f} ms ± {relative_half_width(samples):.1%}")
    low, high = ratio.interval
    print(f"  vggstat / torch        {ratio.value:9.4f}  ({low:.4f} to {high:.4f})")
    print(f"  vggstat / bare loop    {median(watch.samples) / median(bare):9.4f}")
    if telemetry and telemetry.others_share is not None:
        print(f"  other programs took {telemetry.others_share:.0%} of the CPU")
    agree = abs(ratio.value - 1) <= ALLOWED
    print("agree within 3 %" if agree else "DIFFER by more than 3 %")
    return 0 if agree else 1


def _bare(timed: TimedPass) -> float:
    start = perf_counter_ns()
    timed.model(timed.images)
    return (perf_counter_ns() - start) / 1e9


if __name__ == "__main__":
    sys.exit(main())
