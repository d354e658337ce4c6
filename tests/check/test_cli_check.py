"""``vggstat check`` from outside: exit codes, options, mending."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest

from vggstat.cli import main as program

WRONG = "VGG-16 has 183M parameters.\n"
RIGHT = "VGG-16 has 138M parameters.\n"
WARNED = "VGG-16 needs 15.5 GFLOPs.\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    wanted = tuple(dict.fromkeys((*program.COMMANDS, "check", "rule")))
    monkeypatch.setattr(program, "COMMANDS", wanted)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        program.main(["check", *words])
    return int(stop.value.code or 0)


def document(text: str, name: str = "notes.md") -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8", newline="")
    return name


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        (RIGHT, (), 0), (WRONG, (), 1), (WRONG, ("--exit-zero",), 0), (WARNED, (), 0), (WARNED, ("--strict",), 1),
        ("nothing", (), 0), ("nothing", ("--require-tables", "1"), 1), (RIGHT, ("--require-tables", "1"), 0),
        (WRONG, ("--ignore", "V210"), 0), (WRONG, ("--select", "5"), 0), (WRONG, ("--select", "210,5"), 1),
        (WRONG, ("--spec", "nope"), 2), (WRONG, ("--format", "nope"), 2), (WRONG, ("--select", "x1"), 2),
        (WRONG, ("--fix", "--diff"), 2), (WRONG, ("--min-confidence", "0.5"), 1), (WRONG, ("--min-confidence", "1"), 0),
        (WRONG, ("--min-confidence", "1.1"), 2), (WRONG, ("--min-confidence", "-1"), 2),
        (WRONG, ("--min-confidence", "x"), 2), (WRONG, ("--min-confidence", "nan"), 2),
    ],
)  # fmt: skip
def test_exit_codes(text: str, words: tuple[str, ...], code: int) -> None:
    """0 nothing wrong, 1 findings (warnings only under --strict), 2 wrong use."""
    assert run(document(text), *words) == code


def test_a_missing_file_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, and the exit code is 2; so is nothing to check at all."""
    assert run("nowhere.md") == 2
    assert "nowhere.md" in capsys.readouterr().err
    assert run() == 2


def test_a_run_that_found_no_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """The worst fault of a check is one that checks nothing."""
    run(document("nothing"))

    assert "no table" in capsys.readouterr().out


def test_a_folder_is_searched_for_known_endings(capsys: pytest.CaptureFixture[str]) -> None:
    """Documents of known endings are read, in order; hidden and generated folders are not."""
    for name in (
        "docs/b.md",
        "docs/a.rst",
        "docs/c.bin",
        "docs/node_modules/d.md",
        "docs/.git/e.md",
        "docs/sub/f.TXT",
    ):
        document(WRONG, name)

    assert run("docs", "--format", "json") == 1
    data = json.loads(capsys.readouterr().out)
    assert [file["path"] for file in data["files"]] == ["docs/a.rst", "docs/b.md", "docs/sub/f.TXT"]


def test_a_named_file_of_any_ending_is_read() -> None:
    """An ending that a search would pass over does not matter for a file that is named."""
    assert run(document(WRONG, "notes.org")) == 1


def test_loops_of_links_end(capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that links to itself is read once."""
    document(WRONG, "docs/a.md")
    os.symlink("..", "docs/up", target_is_directory=True)
    os.symlink("docs", "docs/self", target_is_directory=True)

    assert run("docs", "--format", "json") == 1
    assert json.loads(capsys.readouterr().out)["summary"]["files"] <= 2


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A - reads standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WRONG.encode())))

    assert run("-", "--format", "concise") == 1
    assert capsys.readouterr().out.startswith("<stdin>:1:12: V210")


def test_output_goes_to_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    """--output writes the whole, and nothing to the screen."""
    assert run(document(WRONG), "--format", "json", "--output", "out.json") == 1
    assert json.loads(Path("out.json").read_text(encoding="utf-8"))["summary"]["errors"] == 1
    assert capsys.readouterr().out == ""


def test_settings_of_the_nearest_pyproject() -> None:
    """Codes ignored in pyproject.toml are not found, unless it is left aside or the command line says otherwise."""
    document('[tool.vggstat]\nignore = ["V210"]\n', "pyproject.toml")
    name = document(WRONG, "docs/notes.md")

    assert run(name) == 0
    assert run(name, "--isolated") == 1
    assert run(name, "--ignore", "5") == 1


def test_show_settings_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    """--show-settings says what holds, and where it comes from."""
    document('[tool.vggstat]\nstrict = true\nexclude = ["old/*"]\n', "pyproject.toml")
    assert run("--show-settings") == 0
    text = capsys.readouterr().out
    assert "strict = True" in text
    assert "pyproject.toml" in text


def test_findings_of_less_confidence_are_counted_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """--min-confidence hides them, and says how many; what is as certain as that is shown."""
    name = document(WRONG)
    assert run(name, "--min-confidence", "0.9") == 0
    said = capsys.readouterr().out
    assert "V210" not in said
    assert said.endswith("0 errors, 0 warnings. 1 finding below 0.9 not shown.\n")
    assert run(name, "--min-confidence", "0.7", "--format", "json") == 1
    data = json.loads(capsys.readouterr().out)
    assert data["summary"]["hidden"] == 0
    assert data["files"][0]["findings"][0]["confidence"] >= 0.7


def test_the_command_line_overrides_the_confidence_of_the_settings() -> None:
    """min-confidence of pyproject.toml holds until --min-confidence says otherwise."""
    document("[tool.vggstat]\nmin-confidence = 0.95\n", "pyproject.toml")
    name = document(WRONG)

    assert run(name) == 0
    assert run(name, "--min-confidence", "0") == 1


def test_a_spec_for_all_documents() -> None:
    """--spec settles what an unnamed claim is about; any spec of the language will do."""
    name = document("The network has 138M parameters.\n")

    assert run(name, "--spec", "E") == 1
    assert run(name, "--spec", "D") == 0


def test_github_summary_and_outputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The step summary and the outputs are written where GitHub asks for them."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))
    run(document(WRONG))

    assert "1 error" in (tmp_path / "summary").read_text(encoding="utf-8")
    assert "errors=1\n" in (tmp_path / "outputs").read_text(encoding="utf-8")


BLOCK = "# A\r\n<!-- vggstat: table A --style cs231n -->\r\nold\r\n<!-- /vggstat -->\r\nend\r\n"


def test_fix_brings_blocks_up_to_date() -> None:
    """--fix rewrites a marked block, keeps line ends and mode, and a second run changes nothing."""
    name = document(BLOCK)
    os.chmod(name, 0o640)

    assert run(name) == 1
    assert run(name, "--fix") == 0
    text = Path(name).read_bytes().decode()
    assert "CONV3-64" in text
    assert text.count("\n") == text.count("\r\n")
    assert text.endswith("<!-- /vggstat -->\r\nend\r\n")
    assert os.stat(name).st_mode & 0o777 == 0o640
    assert run(name, "--fix") == 0
    assert Path(name).read_bytes().decode() == text


def test_diff_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """--diff prints the patch and leaves the file; what is pending is a failure."""
    name = document(BLOCK)

    assert run(name, "--diff") == 1
    assert "+CONV3-64" in capsys.readouterr().out
    assert Path(name).read_bytes().decode() == BLOCK
