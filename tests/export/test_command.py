"""``vggstat export`` as it is called."""

from __future__ import annotations

import io
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.networks import report_of
from vggstat.cli.main import main
from vggstat.sources.export.torch_code import torch_code

LENET = torch_code(report_of("LeNet-5").graph)


def test_prints_torch_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a file and a form."""
    outcome = run(monkeypatch, "export", "lenet")

    assert (outcome.out, outcome.err, outcome.code) == (LENET, "", 0)


def test_a_stdout_that_is_not_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python reads source as UTF-8: the × of the docstring is spelled out, and reads as before."""
    outcome = run(monkeypatch, "export", "lenet", encoding="latin-1")

    assert outcome.out.isascii()
    assert compile(outcome.out, "x", "exec").co_consts[0] == compile(LENET, "x", "exec").co_consts[0]


def test_writes_a_file_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With -o the code is in the file, of the network that the options make."""
    path = tmp_path / "net.py"
    outcome = run(
        monkeypatch, "export", "D", "-o", str(path), "--head", "gap", "--classes", "7", "--input", "64"
    )
    expected = torch_code(report_of("D@64,head=gap,classes=7").graph)

    assert (outcome.out, outcome.err, outcome.code) == ("", "", 0)
    assert path.read_text("utf-8") == expected


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("export", "Missing argument 'SPEC'"),
        ("export lenet --to keras", "unknown form 'keras': expected torch or onnx"),
        ("export lenet --seed 3", "--seed goes with --to onnx"),
        ("export lenet@bf16", "in float32: leave batch and dtype away"),
        ("export lenet@batch=2", "takes any batch"),
        ("export lenot", "did you mean"),
        ("export lenet -o missing/net.py", "cannot write missing/net.py"),
    ],
)
def test_wrong_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, message: str) -> None:
    """One message, exit code 2, and no file."""
    monkeypatch.chdir(tmp_path)
    outcome = run(monkeypatch, *command.split())

    assert (outcome.out, outcome.code) == ("", 2)
    assert message in outcome.err
    assert list(tmp_path.iterdir()) == []


SUMS = """
from torch import nn


class Sums(nn.Module):
    def forward(self, x):
        return x.cumsum(1)
"""


def test_layers_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each by its name, and exit code 1."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sums.py").write_text(SUMS)
    outcome = run(monkeypatch, "export", "sums.py:Sums")

    assert (outcome.out, outcome.code) == ("", 1)
    assert "cumsum" in outcome.err


def test_without_onnx_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that installs the extra."""
    monkeypatch.setattr("vggstat.sources.require.find_spec", lambda _: None)
    outcome = run(monkeypatch, "export", "lenet", "--to", "onnx")

    assert (outcome.out, outcome.code) == ("", 2)
    assert (
        "export --to onnx needs onnx, which is not installed here: pip install 'vggstat[onnx]'" in outcome.err
    )


class Screen(io.TextIOWrapper):
    """A terminal."""

    def isatty(self) -> bool:
        return True


needs_onnx = pytest.mark.skipif(
    find_spec("onnx") is None, reason="onnx is not installed: its tests are left out"
)


@needs_onnx
def test_the_ending_says_what_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A .onnx file is a model, with the weights of the seed."""
    from vggstat.sources.export.onnx_model import onnx_bytes

    path = tmp_path / "net.onnx"
    outcome = run(monkeypatch, "export", "lenet", "-o", str(path), "--seed", "5")

    assert (outcome.out, outcome.err, outcome.code) == ("", "", 0)
    assert path.read_bytes() == onnx_bytes(report_of("LeNet-5").graph, seed=5)
    assert list(tmp_path.iterdir()) == [path]


@needs_onnx
def test_a_model_goes_through_a_pipe_and_not_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes are no text."""
    from vggstat.sources.export.onnx_model import onnx_bytes

    outcome = run(monkeypatch, "export", "lenet", "--to", "onnx", encoding="latin-1")

    assert (outcome.out.encode("latin-1"), outcome.code) == (onnx_bytes(report_of("LeNet-5").graph), 0)
    screen = Screen(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", errors := io.StringIO())
    with pytest.raises(SystemExit, match="2"):
        main(["export", "lenet", "--to", "onnx"])

    assert screen.buffer.getvalue() == b""  # type: ignore[attr-defined]
    assert "say where it goes with -o net.onnx" in errors.getvalue()


@needs_onnx
def test_weights_beyond_two_gigabytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They need a file beside the model, which a pipe does not have; here a small limit stands for the large one."""
    huge = (
        b"name: n\ninput: [3, 64, 64]\nblocks: [[relu]]\nclassifier: [FC-100000]"  # 12,288 x 100,000 weights
    )
    outcome = run(monkeypatch, "export", "-", "--to", "onnx", stdin=huge)

    assert (outcome.out, outcome.code) == ("", 2)
    assert "more than 2 GB" in outcome.err
    from vggstat.sources.export import onnx_model

    monkeypatch.setattr(onnx_model, "onnx_files", partial(onnx_model.onnx_files, largest=1000))
    outcome = run(monkeypatch, "export", "lenet", "-o", str(tmp_path / "net.onnx"))

    assert outcome.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.onnx", "net.onnx.data"]
    assert (tmp_path / "net.onnx.data").stat().st_size == 4 * 61_706
    assert sys.getsizeof((tmp_path / "net.onnx").read_bytes()) < 10_000


@needs_onnx
def test_weights_that_would_fill_the_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """12,289 x 10^8 values of 4 bytes are 4.9 TB: said before anything is written."""
    huge = b"name: n\ninput: [3, 64, 64]\nblocks: [[relu]]\nclassifier: [FC-100000000]"
    outcome = run(monkeypatch, "export", "-", "-o", str(tmp_path / "net.onnx"), stdin=huge)

    assert (outcome.out, outcome.code) == ("", 2)
    assert "its weights take 4,915,600,000,000 bytes, and " in outcome.err
    assert list(tmp_path.iterdir()) == []
