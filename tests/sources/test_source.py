"""What an argument names, and where code may be run for it: on the user's own command line, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import run
from vggstat.cost.variant import parse_inputs, parse_variant
from vggstat.errors import UsageError
from vggstat.sources.source import find_source, is_model
from vggstat.sources.spec.access import Access, granted

TRAP = """
from pathlib import Path
from torch import nn

Path(__file__).with_name("ran").touch()


def net(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, width, 3), nn.ReLU())
"""


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of code that leaves a mark where it is run, in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trap.py").write_text(TRAP)
    return tmp_path / "ran"


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("pkg.models:net", True),
        ("net.py:make", True),
        ("/a b/net.py:make(width=2)", True),
        ("pkg:Class.make", True),
        ("D", False),
        ("D@384", False),
        ("nets/mine.yaml", False),
        ("net.onnx", False),
        ("-", False),
        ("C:/nets/mine.yaml", False),
        ("pkg:", False),
        (":net", False),
    ],
)
def test_a_model_is_told_by_its_form(argument: str, expected: bool) -> None:
    """A module or a file of code, a colon and a name."""
    assert is_model(argument) is expected


@pytest.mark.parametrize(
    ("argument", "name", "image"),
    [
        ("net.py:make@384", "net.py:make", (None, 384, 384)),
        ("net.py:make(width=2)@1x64x32", "net.py:make(width=2)", (1, 64, 32)),
        ("net.py:make(tag='a@b')", "net.py:make(tag='a@b')", None),
        ("net.py:make(tag='a@b')@64", "net.py:make(tag='a@b')", (None, 64, 64)),
    ],
)
def test_what_is_changed_stands_behind_a_model_too(
    argument: str, name: str, image: tuple[int | None, int, int] | None
) -> None:
    """A sign within a model's own arguments is none of ours."""
    variant = parse_variant(argument)

    assert (variant.argument, variant.image) == (name, image)


def test_inputs_are_named_where_there_are_several() -> None:
    """One size is of the image; a name makes it the shape of an input, whatever its rank."""
    assert parse_inputs(["224"]) == ((None, 224, 224), None)
    assert parse_inputs(["image=3x224x224", "mask=1x224x224"]) == (
        None,
        (("image", (3, 224, 224)), ("mask", (1, 224, 224))),
    )
    assert parse_inputs(["x=12"]) == (None, (("x", (12,)),))
    for texts in (["3x8x8", "1x8x8"], ["image=3x8x8", "8"], ["x=3x0x8"], ["x=a"], ["x=3x8", "x=3x8"]):
        with pytest.raises(UsageError):
            parse_inputs(texts)


def test_the_command_line_runs_a_models_code(trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 of 10 x 10 x 3 x 3 x 3 x 4: the network that the arguments ask for."""
    outcome = run(monkeypatch, "table", "trap.py:net(width=2)", "--input", "8", "--format", "csv")

    assert (outcome.err, outcome.code) == ("", 0)
    assert trap.exists()
    assert f"{6 * 6 * 3 * 9 * 2}" in outcome.out


def test_a_documents_block_runs_no_code(trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a document names: neither checking nor fixing it imports anything."""
    block = "<!-- vggstat: table trap.py:net --format markdown -->\n\n<!-- /vggstat -->\n"
    Path("notes.md").write_text(f"# Notes\n\n{block}")
    for arguments in (["notes.md"], ["--fix", "notes.md"], ["--diff", "notes.md"]):
        outcome = run(monkeypatch, "check", *arguments)
        assert outcome.code in (1, 2), outcome
        assert "no code is run" in outcome.out + outcome.err
    assert not trap.exists()


@pytest.mark.parametrize(
    "settings",
    ['spec = "trap.py:net"\n', '[tool.vggstat.specs]\n"*.md" = "trap.py:net"\n'],
)
def test_settings_run_no_code(settings: str, trap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a settings file: a network that it names is a spec."""
    Path("pyproject.toml").write_text(f"[tool.vggstat]\n{settings}")
    Path("notes.md").write_text("VGG-16 has 138,357,544 parameters.\n")
    outcome = run(monkeypatch, "check", "notes.md")

    assert outcome.code == 2, outcome
    assert not trap.exists()


def test_what_may_not_run_is_said() -> None:
    """The same where somebody else's words are read for other reasons."""
    for allowed in (Access(pipes=False), Access(below="/tmp")):
        with granted(allowed), pytest.raises(UsageError, match="no code is run"):
            find_source("trap.py:net")
