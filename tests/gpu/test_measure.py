"""The prepared run is true to the command line: every command in it is one that vggstat takes today."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from vggstat.cli.bench import COMPILE_MODES, WAYS
from vggstat.cli.main import build_app

SCRIPT = Path(__file__).parent / "measure.sh"
ROOT = SCRIPT.parents[2]

NOTED = """#!{python}
import json, sys
with open({path!r}, "a", encoding="utf-8") as file:
    file.write(json.dumps(sys.argv[1:]) + "\\n")
"""


@pytest.fixture(scope="module", params=["cuda", "cpu"])
def calls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What the script would run on a device: a stand-in for Python notes its arguments."""
    folder = tmp_path_factory.mktemp("measure")
    noted, stand_in = folder / "calls", folder / "python"
    stand_in.write_text(NOTED.format(python=sys.executable, path=str(noted)))
    stand_in.chmod(0o755)
    environment = os.environ | {"PY": str(stand_in), "OUT": str(folder / "out"), "DEV": request.param}
    subprocess.run(
        ["bash", str(SCRIPT)], env=environment, check=True, capture_output=True, cwd=folder, timeout=60
    )
    return [json.loads(line) for line in noted.read_text(encoding="utf-8").splitlines()]


def commands(calls: list[list[str]]) -> Iterator[list[str]]:
    for words in calls:
        if words[:2] == ["-m", "vggstat"]:
            yield words[2:]


def test_every_command_is_one(calls: list[list[str]]) -> None:
    """Names and options are those of today, with values of the right kind; nothing is run."""
    seen = []
    for name, *words in commands(calls):
        app = typer.main.get_command(build_app([name]))
        command = getattr(app, "commands", {name: app})[name]
        command.make_context(name, list(words))
        seen.append(name)

    assert {"bench", "results", "roofline", "verify"} <= set(seen)


def test_every_execution_is_measured(calls: list[list[str]]) -> None:
    """The new ones too, and the ways to compile are those that there are."""
    asked = set()
    for _, *words in commands(calls):
        options = dict(pairwise(words))
        asked |= set(options.get("--execution", "eager").split(","))
        assert options.get("--compile", "off") in COMPILE_MODES

    assert asked >= set(WAYS) - ({"graph"} if "cpu" in str(calls) else set())
    assert asked <= set(WAYS)


def test_its_tests_are_there(calls: list[list[str]]) -> None:
    """pytest is given files of the project, in one process, in which some test needs a GPU."""
    (words,) = (words for words in calls if words[:2] == ["-m", "pytest"])
    files = [ROOT / word for word in words if word.endswith(".py")]

    assert words[words.index("-n") + 1] == "0"
    assert files
    assert all("pytest.mark.gpu" in file.read_text(encoding="utf-8") for file in files)
