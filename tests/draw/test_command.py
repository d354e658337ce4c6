"""``vggstat draw`` as it is called."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.program import run
from vggstat.render.draw import convert


def test_writes_a_file_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With -o the SVG is in the file, and stdout and stderr stay empty."""
    path = tmp_path / "vgg16.svg"
    outcome = run(monkeypatch, "draw", "vgg16", "-o", str(path))

    assert (outcome.out, outcome.err, outcome.code) == ("", "", 0)
    assert ElementTree.fromstring(path.read_text()).get("role") == "img"


def test_prints_without_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without -o the SVG goes to stdout, the same bytes as into a file."""
    outcome = run(monkeypatch, "draw", "D", "--style", "flow", "--theme", "dark")

    assert outcome.out.startswith("<svg ")
    assert outcome.out.endswith("</svg>\n")
    assert "prefers-color-scheme" not in outcome.out


def test_a_stdout_that_is_not_utf_8(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stdout is Latin-1 the SVG is spelled in ASCII, which is UTF-8 too."""
    outcome = run(monkeypatch, "draw", "D", encoding="latin-1")

    assert outcome.code == 0
    assert outcome.out.isascii()
    assert any(text.text == "224×224×64" for text in ElementTree.fromstring(outcome.out).iter())


def test_columns_without_a_network_are_the_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """--style columns alone draws the six configurations of Table 1."""
    outcome = run(monkeypatch, "draw", "--style", "columns")

    assert "A, A-LRN, B, C, D, E side by side" in outcome.out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("draw", "draw needs a network"),
        ("draw vgg61", "did you mean"),
        ("draw D --style cubes", "unknown style 'cubes': expected blocks, columns or flow"),
        ("draw D --theme sepia", "unknown theme 'sepia': expected auto, light or dark"),
        ("draw D -o vgg16.gif", "give a name ending in .svg, .png or .pdf"),
        ("draw D -o vgg16", "give a name ending in .svg, .png or .pdf"),
        ("draw D -o missing/folder/x.svg", "cannot write missing/folder/x.svg"),
        ("draw D -o .", "give a name ending in"),
        ("draw D --width 10", "--width"),
    ],
)
def test_wrong_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str, message: str) -> None:
    """Wrong use ends with exit code 2 and a message that says what to do, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    outcome = run(monkeypatch, *command.split())

    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A directory called x.svg is not written over."""
    (tmp_path / "x.svg").mkdir()
    outcome = run(monkeypatch, "draw", "D", "-o", str(tmp_path / "x.svg"))

    assert outcome.code == 2
    assert "it is a directory" in outcome.err


@pytest.mark.parametrize("ending", ["png", "PDF"])
def test_other_formats_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str
) -> None:
    """Without vl-convert a PNG or PDF is refused, with what to install."""
    monkeypatch.setattr(convert, "find_spec", lambda _: None)
    outcome = run(monkeypatch, "draw", "D", "-o", str(tmp_path / f"x.{ending}"))

    assert outcome.code == 2
    assert "pip install 'vggstat[plot]'" in outcome.err


@pytest.mark.parametrize(("ending", "magic"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_other_formats_with_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ending: str, magic: bytes
) -> None:
    """With vl-convert the same picture is written as PNG or PDF."""
    pytest.importorskip("vl_convert")
    path = tmp_path / f"x.{ending}"
    outcome = run(monkeypatch, "draw", "D", "-o", str(path))

    assert outcome.code == 0
    assert path.read_bytes().startswith(magic)


def test_start_up_loads_nothing_heavy() -> None:
    """Drawing loads no XML library, no plotting library, no rich."""
    code = (
        "import sys\nfrom vggstat.cli.main import main\n"
        "try:\n    main(['draw', 'D', '-o', '/dev/null'])\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "heavy = ('rich', 'xml', 'html', 'numpy', 'altair', 'vl_convert', 'torch')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
