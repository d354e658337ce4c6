"""The commands ``memory`` and ``fit`` as they are typed."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from tests.conftest import Golden
from vggstat.cli.main import build_app
from vggstat.errors import UsageError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build_app(("memory", "fit")), list(arguments))


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("memory.txt", "memory D"),
        ("memory-training.txt", "memory D --mode training --batch 32"),
        ("fit.txt", "fit D --memory 24GiB --mode training --optimizer adam"),
        ("fit-nothing.txt", "fit D --memory 2GB --mode training"),
    ],
)
def test_text(golden: Golden, name: str, arguments: str) -> None:
    """What is printed, to be read by people: see golden/."""
    golden(name, run(*arguments.split()).stdout)


def test_exit_codes() -> None:
    """0 where something fits, 1 where not even one image does."""
    assert run("fit", "D", "--memory", "24GiB").exit_code == 0
    assert run("fit", "D", "--memory", "1200MiB").exit_code == 1
    assert run("fit", "D", "--memory", "1200MiB", "--reserve", "0B").exit_code == 0


def test_options_reach_the_figures() -> None:
    """Adam's two states, fused, without copies: 2,276,423,056 B (reference sheet, section 1.3)."""
    words = "memory D --mode training --optimizer adam --implementation fused --format json"
    data = json.loads(run(*words.split()).stdout)

    assert data["peak"]["bytes"] == 2_276_423_056
    assert data["workload"]["optimizer"]["implementation"] == "fused"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("memory D --mode train", "--mode takes inference or training, not 'train'"),
        ("memory D --optimizer adam", "add --mode training"),
        ("memory D --implementation fused", "add --mode training"),
        ("memory D --autocast int8", "known for bf16 only"),
        ("fit D --memory 24", "expected a number with its unit, as 24GiB or 80GB"),
        ("fit D --memory 1GiB", "leaves nothing"),
    ],
)
def test_mistakes_are_explained(arguments: str, message: str) -> None:
    """The error is a UsageError (exit code 2 in the program) that says what to write instead."""
    error = run(*arguments.split()).exception

    assert isinstance(error, UsageError)
    assert message in str(error)
