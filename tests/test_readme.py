"""What the README says is true: its picture, its commands, its JSON."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.readme_picture import picture

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

COMMANDS = [
    line.partition("#")[0].strip()
    for line in README.splitlines()
    if line.startswith("vggstat ") and "#" in line
]
"""The commands of the overview, each with a remark behind it."""


def test_the_picture_is_what_the_program_prints() -> None:
    """.github/table.svg shows what `vggstat table vgg16` prints today."""
    assert (ROOT / ".github" / "table.svg").read_text(encoding="utf-8") == picture()


def test_there_are_commands() -> None:
    """The overview is found, so that the test below tests something."""
    assert len(COMMANDS) >= 10


OF_OTHERS = (
    "my_package",
    "net.py",
    "seg.py",
    ".onnx",
    "vgg16.pth",
    "weights.safetensors",
    "bench ",
    ".json",
    " check ",
)
"""What a command needs that is not here, or takes too long here: these have tests of their own."""


@pytest.mark.parametrize(
    "command", [line for line in COMMANDS if not any(word in line for word in OF_OTHERS)]
)
def test_a_command_works(command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each command of the overview runs as it stands."""
    monkeypatch.chdir(tmp_path)
    outcome = run(monkeypatch, *shlex.split(command)[1:])

    assert (outcome.err, outcome.code) == ("", 0)


def excerpt_of(whole: object, part: object) -> bool:
    """Whether ``part`` holds nothing that ``whole`` does not: keys of objects, entries of lists."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and excerpt_of(whole[key], value) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list) and part and isinstance(part[0], dict):
        return all(any(excerpt_of(entry, item) for entry in whole) for item in part)
    return part == whole


def test_the_json_excerpt_is_true(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every key and figure of the JSON in the README is in what the program prints."""
    block = re.search(r"```json\n(.*?)```", README, re.DOTALL)
    assert block is not None
    printed = json.loads(run(monkeypatch, "table", "D", "--format", "json").out)

    assert excerpt_of(printed, json.loads(block[1]))


def test_the_spec_excerpt_is_the_shipped_one() -> None:
    """The spec in the README gives the network that ships."""
    from tests.networks import graph_of, report_of
    from vggstat.cost.report import analyze

    block = re.search(r"```yaml\n(name: D\n.*?)```", README, re.DOTALL)
    assert block is not None

    assert analyze(graph_of(block[1])).rows == report_of("D").rows


def test_the_table_of_the_language_is_the_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made from the definitions of the layers: `vggstat schema --format markdown`."""
    told = README.partition("<!-- language -->\n")[2].partition("<!-- /language -->")[0]

    assert told == run(monkeypatch, "schema", "--format", "markdown").out


def test_lenet_has_the_parameters_that_are_said() -> None:
    """The example of defaults that are not a VGG's."""
    from tests.networks import graph_of
    from vggstat.cost.report import analyze

    block = re.search(r"```yaml\n(name: LeNet-5\n.*?)```", README, re.DOTALL)
    assert block is not None
    total = analyze(graph_of(block[1])).total

    assert f"{total.params:,} parameters, {total.macs:,} MACs" in block[1]
