"""``bench``, ``roofline`` and ``results`` as commands: their pages, their messages, their exit codes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.literal_results import EAGER, FILE, around
from tests.bench.test_calibrate import measured
from tests.bench.test_torch_bench import SMALL
from tests.cli.program import run
from vggstat.cost.bench_json import read_results, results_text
from vggstat.measure.bench.stopwatch import Stopwatch


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return str(path)


def test_bench_saves_what_results_shows(small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measured, kept, shown again, compared with itself, taken as ceilings: all from one file."""
    saved = str(tmp_path / "small.json")
    made = run(
        monkeypatch, "bench", small, "--device", "cpu", "--batch", "1,4", "--seconds", "0.1", "--save", saved
    )

    assert made.code == 0, made.err
    assert "The timed model is the counted one" in made.out
    assert [result.batch for result in read_results(saved).results] == [1, 4]
    shown = run(monkeypatch, "results", saved)
    assert shown.out == made.out
    same = run(monkeypatch, "results", saved, saved, "--fail-over", "5%")
    assert (same.code, "2 no difference" in same.out) == (0, True)
    bound = run(monkeypatch, "roofline", small, "--device", saved, "--batch", "4", "--format", "json")
    assert json.loads(bound.out)["ceilings"]["flops_source"].startswith("measured")


def test_a_measurement_that_nothing_predicts_is_shown(
    small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results of another device are no measure: that is said after the page, with exit code 2."""
    other = tmp_path / "h200.json"
    other.write_text(results_text(FILE))
    made = run(monkeypatch, "bench", small, "--device", "cpu", "--seconds", "0.1", "--calibrate", str(other))

    assert made.code == 2
    assert "sum of the rows" in made.out
    assert "nothing to calibrate with" in made.err
    assert "hold D (NVIDIA H200, inference, bf16, timed by events inside one CUDA graph" in made.err


@pytest.mark.parametrize(
    "changes",
    [{}, {"dtype": "float32", "autocast": "bfloat16"}, {"mode": "training", "optimizer": "adam"}],
)
def test_a_result_is_held_against_its_like(
    changes: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In its own mode and format, autocast too: a twin of another name and network is what it is predicted from."""
    mine, twin = tmp_path / "mine.json", tmp_path / "twin.json"
    result = measured("D").replace(**changes)
    mine.write_text(results_text(FILE.replace(results=(result,))))
    twin.write_text(results_text(FILE.replace(results=(result.replace(spec="twin", digest="1" * 16),))))
    outcome = run(monkeypatch, "results", str(mine), "--calibrate", str(twin), "--format", "json")
    layers = json.loads(outcome.out)["predictions"][0]["layers"]

    assert [layer["name"] for layer in layers] == [layer.name for layer in result.layers]


def test_fail_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """10 % slower fails at 5 %, passes at 15 %."""
    before, after = tmp_path / "a.json", tmp_path / "b.json"
    before.write_text(results_text(FILE))
    slower = EAGER.replace(samples_s=around(7.92e-3))
    after.write_text(results_text(FILE.replace(results=(slower,))))

    codes = [
        run(monkeypatch, "results", str(before), str(after), "--fail-over", limit).code
        for limit in ("5%", "15%")
    ]
    assert codes == [1, 0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("bench SMALL --device cuda:7", "there is no cuda:7 here"),
        ("bench SMALL --device tpu", "unknown device 'tpu'|cannot measure on 'tpu'"),
        ("bench SMALL --device cpu --dtype tf32", "a CPU has no tf32"),
        ("bench SMALL --device cpu --dtype int8", "torch has no convolutions in int8"),
        ("bench SMALL --device cpu --batch 0", "cannot take '0' as a batch size"),
        ("bench SMALL --device cpu --batch 1,x", "cannot take 'x' as a batch size"),
        ("bench SMALL --device cpu --batch 400000000", "needs [0-9,.]+ GB by prediction, .*--force"),
        ("bench SMALL --device cpu --graph", "--graph needs a CUDA device"),
        ("bench SMALL --device cpu --compile fast", "--compile takes off, default, max-autotune"),
        ("bench SMALL --device cpu --seconds 0", "--seconds takes a time above 0"),
        ("bench SMALL --device cpu --layers some", "--layers takes last, all or none"),
        ("bench nosuch --device cpu", "nosuch"),
        ("results none.json", "none.json: no such file"),
        ("results SMALL", "cannot read"),
        ("results SMALL SMALL SMALL", "one file to show it, or two"),
        ("results SMALL --fail-over 5%", "compares two files"),
        ("results SMALL SMALL --fail-over much", "expected a percentage"),
        ("roofline D --device h300", "no datasheet on file for 'h300'"),
        ("roofline D --device h200 --dtype int8", "no dense rate in int8"),
        ("roofline D --device h200 --optimizer adam", "add --mode training"),
    ],
)
def test_bad_input(arguments: str, message: str, small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear message on stderr, nothing on stdout, exit code 2."""
    outcome = run(monkeypatch, *(small if word == "SMALL" else word for word in arguments.split()))

    assert (outcome.code, outcome.out) == (2, "")
    assert re.search(message, outcome.err), outcome.err
    assert "fault of vggstat" not in outcome.err


def test_without_torch(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """bench says how to install it."""
    monkeypatch.setattr("vggstat.sources.require.find_spec", lambda _: None)
    outcome = run(monkeypatch, "bench", small)

    assert outcome.code == 2
    assert "pip install 'vggstat[torch]'" in outcome.err


def test_roofline_and_results_load_no_torch(tmp_path: Path) -> None:
    """In a fresh interpreter neither command imports torch or numpy."""
    path = tmp_path / "a.json"
    path.write_text(results_text(FILE))
    for arguments in (["roofline", "D", "--device", "h200", "--dtype", "bf16"], ["results", str(path)]):
        code = (
            "import sys\nfrom vggstat.cli.main import main\n"
            f"try:\n    main({arguments!r})\nexcept SystemExit as stop:\n    assert not stop.code\n"
            "assert not {'torch', 'numpy', 'rich'} & set(sys.modules)"
        )
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_ctrl_c(small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in its third turn it shows and keeps what was measured, and ends with 130."""
    saved = tmp_path / "small.json"
    turns = iter(range(100))
    turn = Stopwatch.turn

    def interrupted(watch: Stopwatch, seconds: float | None = None) -> None:
        if seconds is None and next(turns) == 3:
            raise KeyboardInterrupt
        turn(watch, seconds)

    monkeypatch.setattr(Stopwatch, "turn", interrupted)
    made = run(monkeypatch, "bench", small, "--device", "cpu", "--seconds", "0.2", "--save", str(saved))

    assert made.code == 130
    assert "Interrupted" in made.out
    assert read_results(str(saved)).interrupted


def test_ctrl_c_before_the_first_result(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that there is nothing, rather than to end without a word."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stopwatch, "start", interrupted)
    made = run(monkeypatch, "bench", small, "--device", "cpu")

    assert (made.code, made.out) == (130, "")
    assert "interrupted before anything was measured" in made.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--execution quick", r"eager, graph, compiled, fused in a list, or fast alone, not 'quick'"),
        ("--execution fast,eager", r"fast alone, not 'fast'"),
        ("--execution graph", "a CPU has no CUDA graphs"),
        ("--execution fused --mode training", "inference in one format"),
        ("--execution fused --autocast bf16", "inference in one format"),
        ("--execution compiled --compile off", "contradict each other"),
    ],
)
def test_executions_that_there_are_not(
    arguments: str, message: str, small: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before anything is built, with what there is."""
    outcome = run(monkeypatch, "bench", small, "--device", "cpu", *arguments.split())

    assert (outcome.code, outcome.out) == (2, "")
    assert re.search(message, outcome.err), outcome.err


def test_executions_side_by_side(small: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row each, with its cap; the words say which kernels were chosen."""
    saved = tmp_path / "small.json"
    arguments = ["--device", "cpu", "--seconds", "0.1", "--execution", "fused", "--save", str(saved)]
    made = run(monkeypatch, "bench", small, *arguments)
    shown = run(monkeypatch, "results", str(saved))

    assert made.code == 0, made.err
    for text in (made.out, shown.out):
        assert re.search(r"^ +1  eager .*\n +1  fused ", text, re.MULTILINE), text
        assert "conv by" in text
    assert [result.execution for result in read_results(str(saved)).results] == ["eager", "fused"]


def test_sigterm_keeps_what_was_measured(small: str, tmp_path: Path) -> None:
    """As Ctrl-C does, whose signal it is for programs: a page, a file, and the exit code of the signal."""
    saved = tmp_path / "small.json"
    words = ["bench", small, "--device", "cpu", "--seconds", "16", "--save", str(saved)]
    program = subprocess.Popen(
        [sys.executable, "-m", "vggstat", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while not saved.exists():  # the first turns are kept while the others go on
        assert program.poll() is None
        time.sleep(0.05)
    program.terminate()
    out, err = program.communicate(timeout=60)

    assert program.returncode == 128 + signal.SIGTERM, err
    assert "Interrupted" in out
    assert read_results(str(saved)).interrupted
