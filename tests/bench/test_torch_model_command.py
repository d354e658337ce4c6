"""``bench module:factory`` as a command, and what ``results`` makes of its files: no code is run because a file names it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.literal_results import EAGER, FILE
from tests.bench.test_calibrate import measured
from tests.cli.program import Outcome, run
from vggstat.cost.bench_json import read_results, results_text

NETS = """
import torch
from torch import nn


class Image(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        assert x.shape[0] != 5, "no batch of five"
        return self.fc(self.conv(x).relu().mean((2, 3)))


class Both(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(6, 4), nn.Linear(3, 4)

    def forward(self, image, mask):
        return {"sum": self.one(image) + self.two(mask), "mask": mask * 2}
"""


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of models in the working directory, by its name."""
    (tmp_path / "nets_to_bench.py").write_text(NETS)
    monkeypatch.chdir(tmp_path)
    yield "nets_to_bench"
    sys.modules.pop("nets_to_bench", None)


def bench(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Outcome:
    return run(monkeypatch, "bench", *arguments, "--device", "cpu", "--seconds", "0.05")


def test_what_is_measured_is_shown_again(nets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two batches of a model, kept; results show the same page without its code, and hold it against itself."""
    made = bench(monkeypatch, f"{nets}:Image", "--input", "16", "--batch", "1,4", "--save", "x.json")
    (Path.cwd() / "nets_to_bench.py").unlink()
    sys.modules.pop(nets)
    shown = run(monkeypatch, "results", "x.json")
    same = run(monkeypatch, "results", "x.json", "x.json", "--fail-over", "5%")

    assert made.code == 0, made.err
    assert "nets_to_bench:Image · Image · inference · float32 · contiguous · 16×16 RGB image" in made.out
    assert "a row begins where its module does" in " ".join(made.out.split())
    assert shown.out == made.out
    assert (same.code, "2 no difference" in same.out) == (0, True)
    assert nets not in sys.modules
    (one, four) = read_results("x.json").results
    assert (one.spec, one.title, one.batch, four.batch) == (f"{nets}:Image", "Image", 1, 4)
    assert one.digest == four.digest
    assert len(one.digest) == 64


def test_inputs_by_name(nets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are told, as is what a step of training goes down by."""
    inputs = ("--input", "image=6", "--input", "mask=3")
    made = bench(monkeypatch, f"{nets}:Both", *inputs, "--mode", "training", "--format", "json")
    (result,) = json.loads(made.out)["results"]
    shown = bench(monkeypatch, f"{nets}:Both", *inputs, "--mode", "training", "--width", "80")

    assert made.code == 0, made.err
    assert (result["input"], result["further_inputs"]) == ([6], {"mask": [3]})
    assert result["loss"] == "the sum of its 2 outputs"
    assert "input of 6 values and mask 3" in " ".join(shown.out.split())
    assert "by the sum of its 2 outputs" in " ".join(shown.out.split())
    assert max(map(len, shown.out.splitlines())) <= 80


def test_a_batch_that_its_code_refuses(nets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone it is the error, with the line; in a sweep the others are shown, and it is exit 2 all the same."""
    alone = bench(monkeypatch, f"{nets}:Image", "--input", "16", "--batch", "5")
    sweep = bench(monkeypatch, f"{nets}:Image", "--input", "16", "--batch", "1,5")
    words = r"nets_to_bench\.py:13: AssertionError: no batch of five \(assert x\.shape\[0\] != 5"

    assert (alone.code, alone.out, sweep.code) == (2, "", 2)
    assert re.search(words, alone.err)
    assert re.search(words, sweep.err)
    assert re.search(r"^ +1  eager ", sweep.out, re.MULTILINE)
    assert "fault of vggstat" not in alone.err + sweep.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--execution", "fused"],
            "is a model, whose own forward pass is timed: .* A model has eager, graph and",
        ),
        (["--execution", "eager, fused"], "is a model, whose own forward pass is timed"),
        (["--calibrate", "x.json"], "--calibrate predicts single layers, those of a spec"),
        (["--head", "gap"], "--head and --classes are for specs"),
        (["--input", "mask=3x16x16", "--input", "x=3x16x16"], "its forward takes no mask; it takes x"),
        (["--dtype", "int8"], "torch has no convolutions in int8"),
        (["--batch", "4000000000"], r"needs [0-9,.]+ GB by prediction|cannot take"),
    ],
)
def test_what_a_model_has_not(
    arguments: list[str], message: str, nets: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said with what can be had, before anything is measured."""
    outcome = bench(monkeypatch, f"{nets}:Image", *arguments)

    assert (outcome.code, outcome.out) == (2, "")
    assert re.search(message, outcome.err), outcome.err


def test_fast_leaves_out_what_a_model_has_not(nets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """--execution fast takes the fastest of those that there are."""
    made = bench(
        monkeypatch, f"{nets}:Image", "--input", "16", "--execution", "fast", "--compile", "off", "-f", "json"
    )

    assert made.code == 0, made.err
    assert [result["execution"] for result in json.loads(made.out)["results"]] == ["eager"]


def test_a_spec_and_a_model_side_by_side(nets: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in its own layout, which then is a column."""
    (tmp_path / "own.yaml").write_text("{name: own, input: [3, 16, 16], blocks: [[conv3-8]], head: none}")
    made = bench(monkeypatch, "own.yaml", f"{nets}:Image", "--input", "16")

    assert made.code == 0, made.err
    assert re.search(r"^ own +channels_last +1  eager", made.out, re.MULTILINE)
    assert re.search(r"^ nets_to_bench:Image +contiguous +1  eager", made.out, re.MULTILINE)


def evil(folder: Path, **changes: Any) -> str:
    """A file of results that names a model whose import would leave a trace, and where that is."""
    (folder / "evil.py").write_text("from pathlib import Path\nPath('trace').write_text('ran')\n")
    result = measured("D").replace(spec="evil:net", **changes)
    (folder / "evil.json").write_text(results_text(FILE.replace(results=(result,))))
    return "evil.json"


def test_no_code_is_run_because_a_file_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where it is shown, nor compared, nor held against a prediction, nor taken for one; it says so."""
    monkeypatch.chdir(tmp_path)
    path = evil(tmp_path)
    (tmp_path / "mine.json").write_text(results_text(FILE.replace(results=(measured("D"),))))
    outcomes = [
        run(monkeypatch, "results", path),
        run(monkeypatch, "results", path, path),
        run(monkeypatch, "results", path, "--calibrate", "mine.json"),
        run(monkeypatch, "results", "mine.json", "--calibrate", path),
        run(monkeypatch, "roofline", "D", "--device", path),
    ]

    assert not (tmp_path / "trace").exists()
    assert "no prediction for evil:net" in outcomes[2].err
    assert all(outcome.code in (0, 2) and "fault of vggstat" not in outcome.err for outcome in outcomes)


def test_a_model_is_no_spec_of_that_name() -> None:
    """Results are of the same network where name and digest are equal."""
    spec, model = EAGER, EAGER.replace(spec="nets:D", digest="1" * 64)

    assert not model.is_beside(spec)
    assert model.key != spec.key
