"""Work grows with the number of layers, not with its square: counted in calls, which no busy machine disturbs."""

from __future__ import annotations

import json
import tracemalloc
from cProfile import Profile
from pathlib import Path

import pytest

from tests.cli.program import run

COMMANDS = (
    "table SPEC",
    "table SPEC --format json",
    "table SPEC --format markdown",
    "table SPEC --format csv",
    "table SPEC --format latex",
    "table SPEC --format html",
    "table SPEC --style conventions",
    "table SPEC --style cs231n",
    "table SPEC --style keras",
    "table SPEC --style slides",
    "table SPEC --style torch",
    "table SPEC --by block",
    "table SPEC --memory training-peak",
    "compare SPEC SPEC@64",
    "compare SPEC OTHER SPEC",
    "compare SPEC OTHER --format json",
    "memory SPEC",
    "memory SPEC --mode training --autocast bf16 --format json",
    "fit SPEC --memory 24GiB --mode training",
    "roofline SPEC --device h100 --mode training",
    "explain 15.48G SPEC",
    "draw SPEC --style blocks",
    "draw SPEC --style columns",
    "draw SPEC OTHER --style columns",
    "draw SPEC --style flow",
    "plot SPEC memory",
    "plot SPEC params",
    "plot SPEC operations",
    "plot SPEC receptive-field",
    "plot SPEC roofline --device h100",
    "plot SPEC OTHER compare",
    "report SPEC -o -",
    "spec SPEC",
    "export SPEC",
)

SMALL, LARGE = 200, 400


def network(blocks: int, items: list[str]) -> str:
    """A spec of that many blocks of these layers."""
    return "name: tall\ninput: [3, 32, 32]\nblocks:\n" + f"  - [{', '.join(items)}]\n" * blocks


SHAPES = {
    "many blocks": lambda layers: network(layers // 3, ["conv3-8", "bn", "dropout"]),
    "one block": lambda layers: network(1, ["conv3-8", "relu"] * (layers // 2)),
    "views": lambda layers: network(1, ["conv3-8", *["{dropout: {p: 0}}"] * (layers - 2), "relu"]),
}


def calls(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """How many Python functions a command calls, and generators it goes on with."""
    profile = Profile(subcalls=False, builtins=False)
    with profile:
        outcome = run(monkeypatch, *arguments)
    assert outcome.code in (0, 1), outcome.err
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("command", COMMANDS)
def test_twice_the_layers_are_twice_the_calls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, shape: str
) -> None:
    """With work in the square of the layers it would be up to four times."""

    def counted(layers: int) -> int:
        spec, other = tmp_path / f"{layers}.yaml", tmp_path / f"{layers}-other.yaml"
        text = SHAPES[shape](layers)
        spec.write_text(text)
        other.write_text(text.replace("conv3-8", "conv1-8", 1).replace("tall", "other"))
        words = command.replace("SPEC", str(spec)).replace("OTHER", str(other)).split()
        return calls(monkeypatch, *words)

    counted(30)  # what is imported and cached the first time is no work of the others
    assert counted(LARGE) < 2.2 * counted(SMALL)


def test_json_of_many_layers_is_never_in_memory_as_a_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Written to a file, 1,000 layers take less memory above their report than their text has characters."""
    spec, target = tmp_path / "tall.yaml", tmp_path / "tall.json"
    spec.write_text(network(20, ["conv3-8"] * 50))
    run(monkeypatch, "table", "D", "--format", "json")
    peaks = {}
    for name in ("text", "json"):
        tracemalloc.start()
        outcome = run(monkeypatch, "table", str(spec), "--format", name, "-o", str(target))
        peaks[name] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert outcome.code == 0

    assert len(json.loads(target.read_text())["rows"]) == 1_001
    assert peaks["json"] < peaks["text"] + target.stat().st_size


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        ("plot SPEC params -o FILE.svg", "2,000 layers"),
        ("report SPEC -o FILE.html", "5,000 layers"),
        *(
            (f"draw SPEC --style {style} -o FILE.svg", "2,000 pieces")
            for style in ("blocks", "columns", "flow")
        ),
    ],
)
def test_what_nobody_could_look_at_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, limit: str
) -> None:
    """The message says how many layers can be shown; no file is left."""
    pytest.importorskip("vl_convert")
    spec, target = tmp_path / "tall.yaml", tmp_path / "picture"
    spec.write_text(network(5_100, ["relu"]))
    outcome = run(monkeypatch, *command.replace("SPEC", str(spec)).replace("FILE", str(target)).split())

    assert outcome.code == 2
    assert limit in outcome.err
    assert list(tmp_path.iterdir()) == [spec]
