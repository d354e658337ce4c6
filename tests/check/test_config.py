"""Settings of pyproject.toml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.program import run
from vggstat.errors import InputError, UsageError
from vggstat.lint.config import Settings, find_settings, parse_code, read_settings

from .support import codes

WRONG = "VGG-16 has 183M parameters.\n"


def settings(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(str(path))


def test_all_keys(tmp_path: Path) -> None:
    """Every key is read into its place."""
    made = settings(
        tmp_path,
        '[tool.vggstat]\nselect = ["V2", "501"]\nignore = ["211"]\nexclude = ["old/*"]\nconvention = "weights"\n'
        'spec = "D"\nstrict = true\nrequire-tables = 2\nmin-confidence = 0.8\n[tool.vggstat.per-file-ignores]\n"docs/*.md" = ["210"]\n',
    )

    assert made.select == ("V2", "V501")
    assert made.wants("V201", "a.md")
    assert not made.wants("V211", "a.md")
    assert not made.wants("V210", "docs/a.md")
    assert made.excludes("old/a.md")
    assert (made.spec, made.strict, made.require_tables, made.min_confidence) == ("D", True, 2, 0.8)
    assert made.convention == ("weights",)


@pytest.mark.parametrize(
    "text",
    [
        "[tool.vggstat]\nnope = 1\n",
        "[tool.vggstat]\nselect = 'V2'\n",
        "[tool.vggstat]\nselect = [1]\n",
        "[tool.vggstat]\nselect = ['x']\n",
        "[tool.vggstat]\nstrict = 1\n",
        "[tool.vggstat]\nmin-confidence = 80\n",
        "[tool.vggstat]\nmin-confidence = -0.1\n",
        "[tool.vggstat]\nmin-confidence = true\n",
        "[tool.vggstat]\nmin-confidence = '0.8'\n",
        "[tool.vggstat]\nmin-confidence = nan\n",
        "[tool.vggstat]\nspec = 1\n",
        "[tool.vggstat]\nconvention = 'x'\n",
        "[tool]\nvggstat = 1\n# tool.vggstat",
        "[tool.vggstat]\nper-file-ignores = []\n",
    ],
)
def test_wrong_settings_are_refused(text: str, tmp_path: Path) -> None:
    """The file and the key are named."""
    with pytest.raises(UsageError, match=r"pyproject\.toml: tool\.vggstat"):
        settings(tmp_path, text)


def test_broken_toml_is_an_input_error(tmp_path: Path) -> None:
    """A file that is no TOML is named with its line."""
    with pytest.raises(InputError, match=r"pyproject\.toml"):
        settings(tmp_path, "[tool.vggstat\n")


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    """Settings are looked for at the document and above."""
    (tmp_path / "pyproject.toml").write_text("[tool.vggstat]\nstrict = true\n", encoding="utf-8")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert find_settings(str(below)).strict


def test_a_spec_for_some_paths() -> None:
    """``specs`` settles the network by pattern; a path in it is meant from the file's folder."""
    made = Settings(specs=(("big/*", "E"), ("*", "D")))
    text = "The network has 144M parameters.\n"

    assert codes(text, "big/a.md", made) == []
    assert codes(text, "small/a.md", made) == ["V210"]


@pytest.mark.parametrize(("word", "code"), [("V201", "V201"), ("201", "V201"), ("v2", "V2"), ("5", "V5")])
def test_codes(word: str, code: str) -> None:
    """With and without the V."""
    assert parse_code(word, "here") == code


def test_a_setting_names_regular_files_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a pipe or a device that somebody else's project names; the user's own option may name a pipe."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "a.md").write_text(WRONG)
    monkeypatch.chdir(tmp_path)
    for name in ("./pipe.yaml", "/dev/zero", "-"):
        (tmp_path / "pyproject.toml").write_text(f'[tool.vggstat]\nspec = "{name}"\n')
        outcome = run(monkeypatch, "check", "a.md", stdin=b"name: x\ninput: [3, 8, 8]\nblocks: [[relu]]\n")
        assert outcome.code == 2
        assert "here" in outcome.err or "device" in outcome.err

    piped = run(
        monkeypatch, "check", "a.md", "--spec", "-", stdin=b"name: x\ninput: [3, 8, 8]\nblocks: [[relu]]\n"
    )
    assert piped.code in (0, 1)
