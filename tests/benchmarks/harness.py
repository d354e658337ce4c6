"""What the fuzzers share: commands run in this process, the limits, and the way from failures to an exit code."""

from __future__ import annotations

import argparse
import io
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final, Literal

from vggstat.cli.main import main
from vggstat.errors import VggstatError

__all__ = ["Tally", "run_command", "run_fuzzer"]

SECONDS: Final = 1.0
"""What one input may take of the processor: how busy the machine is besides does not count."""

BYTES: Final = 200_000_000
"""What one input may add at its peak to the memory in use before it, and what all of them together may leave in use."""

Case = tuple[str, bytes]
"""An input: the name under which it is kept, and its bytes."""


class Tally:
    """What became of the inputs of a run."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.failures: list[tuple[str, Case]] = []
        self.slowest = 0.0
        self.largest = 0
        self._before = _memory("VmRSS")

    @property
    def left(self) -> int:
        """Bytes in use beyond those at the beginning."""
        return _memory("VmRSS") - self._before

    @property
    def is_good(self) -> bool:
        return not self.failures and self.left <= BYTES

    def take(self, case: Case, work: Callable[[], str]) -> None:
        """Do ``work``, which returns in a word what became of the input; anything but a VggstatError is a failure."""
        _forget_peak()  # making the input may have taken more than reading it does
        start, before = time.process_time(), _memory("VmRSS")
        try:
            word = work()
        except VggstatError as error:
            word = "refused"
            if error.exit_code != 2 or not str(error).strip():
                self.failures.append((f"an error without a text: {error!r}", case))
        except Exception:  # whatever it is, it is what is looked for
            word = "failed"
            self.failures.append((traceback.format_exc(), case))
        seconds = time.process_time() - start
        if seconds > SECONDS:
            self.failures.append((f"{seconds:.2f} s for {len(case[1]):,} bytes", case))
        used = _memory("VmHWM") - before
        if used > BYTES:
            self.failures.append((f"{used / 1e6:,.0f} MB for {len(case[1]):,} bytes", case))
        self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, used)
        self.counts[word] = self.counts.get(word, 0) + 1


class FaultError(Exception):
    """A command that ended in exit code 3 or in a traceback."""


def run_command(words: list[str], stdin: bytes = b"") -> int:
    """The exit code of a command, 0 to 2. Raises FaultError for any other end."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    code: object = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main(words)
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        sys.stdin = before
    if not isinstance(code, int) or code not in (0, 1, 2):
        raise FaultError(f"vggstat {' '.join(words)} ends with {code}: {err.getvalue()}")
    return code


def _memory(field: Literal["VmRSS", "VmHWM"]) -> int:
    """Bytes that this process has in use, or the most it has had since its peak was forgotten."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {field}: the fuzzers measure on Linux")


def _forget_peak() -> None:
    """Begin the peak anew at what is in use (Linux, proc(5): "5" to clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def run_fuzzer(about: str, what: str, fuzz: Callable[[int, int], Tally]) -> int:
    """A fuzzer's command line: prints the counts and the first failures; returns the exit code."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="write the inputs that failed to this folder")
    arguments = parser.parse_args()
    tally = fuzz(arguments.runs, arguments.seed)
    counts = ", ".join(f"{count:,} {word}" for word, count in sorted(tally.counts.items()))
    print(
        f"{arguments.runs:,} {what} (seed {arguments.seed}): {counts}; {len(tally.failures)} failures; "
        f"slowest {tally.slowest:.3f} s, largest {tally.largest / 1e6:.0f} MB, left in use {tally.left / 1e6:.0f} MB"
    )
    for trace, _ in tally.failures[:5]:
        print(trace, file=sys.stderr)
    if arguments.keep:
        arguments.keep.mkdir(parents=True, exist_ok=True)
        for index, (trace, (name, data)) in enumerate(tally.failures):
            (arguments.keep / f"{index}-{name}").write_bytes(data)
            (arguments.keep / f"{index}.txt").write_text(trace, encoding="utf-8")
    return 0 if tally.is_good else 1
