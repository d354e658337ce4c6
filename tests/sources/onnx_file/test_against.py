"""``verify SPEC --against net.onnx``: layers and parameters of a file against a specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import run
from tests.sources.onnx_file.test_networks import path_of


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["E"], 0, "0 differ, 1 unchecked. Layers are compared by kind, settings and order, not by names."),
        (["D"], 1, "extra: conv3-256"),
        (["E@384"], 1, "it takes 224×224×3, not 384×384×3"),
    ],
)
def test_a_file_is_held_against_a_specification(
    arguments: list[str], code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VGG-19 as it ships with onnx is E, is not D, and is for images of one size."""
    path = path_of("vgg19")
    outcome = run(monkeypatch, "verify", *arguments, "--against", path, "--format", "text", "--width", "160")

    assert (outcome.code, outcome.err) == (code, "")
    assert said in " ".join(outcome.out.split())
    assert "does not show in what runs in inference alone" in outcome.out  # its dropouts


def test_no_counter_runs_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verified alone it is wrong use, with what to do instead."""
    outcome = run(monkeypatch, "verify", path_of("vgg19"))

    assert (outcome.code, outcome.out) == (2, "")
    assert "no counter runs it: `vggstat verify SPEC --against" in outcome.err


def test_a_file_that_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is told in a line."""
    (tmp_path / "a.onnx").write_bytes(b"hello")
    for path in (tmp_path / "a.onnx", tmp_path / "b.onnx"):
        outcome = run(monkeypatch, "verify", "D", "--against", str(path))

        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.count("\n") == 1
