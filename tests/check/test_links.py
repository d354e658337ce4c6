"""Links: what ``check`` reads by way of them, and that ``--fix`` writes nowhere that was not given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vggstat.cli import main as program
from vggstat.lint.config import Settings
from vggstat.lint.engine import find_files
from vggstat.lint.files import Reach

STALE = "<!-- vggstat: stack 3x3 3x3 -->\n<!-- /vggstat -->\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``tree`` is where the program runs; ``outside`` is not meant."""
    for name in ("tree/docs/deep", "outside"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("tree/own.md", "tree/docs/a.md", "tree/docs/deep/b.md", "outside/x.md"):
        (tmp_path / name).write_text(STALE)
    monkeypatch.chdir(tmp_path / "tree")


def fix(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        program.main(["check", "--fix", *words])
    return int(stop.value.code or 0)


def is_fresh(path: str) -> bool:
    return Path(path).read_text() != STALE


def found(*arguments: str) -> list[str]:
    return list(find_files(arguments, Settings()))


@pytest.mark.parametrize(
    "given", [["docs"], ["."], ["docs/x.md"], ["docs/*.md"], ["docs", "docs/x.md"], ["**/*.md"]]
)
def test_a_file_outside_is_not_written(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A link to it is named, with where it leads; other files are mended all the same."""
    os.symlink("../../outside/x.md", "docs/x.md")

    assert fix(*given) == 2
    said = capsys.readouterr().err
    assert said.count("docs/x.md: not fixed: a link leads from here to ") == 1
    assert os.path.realpath("../outside/x.md") in said
    assert not is_fresh("../outside/x.md")
    assert is_fresh("docs/a.md") == (given != ["docs/x.md"])
    assert os.path.islink("docs/x.md")


@pytest.mark.parametrize("given", [["docs", "../outside"], ["../outside/x.md", "docs/x.md"], [".", ".."]])
def test_a_link_to_what_is_given_itself_is_followed(given: list[str]) -> None:
    """What it leads to is among the paths: it is mended, and the link stays one."""
    os.symlink("../../outside/x.md", "docs/x.md")

    assert fix(*given) == 0
    assert is_fresh("../outside/x.md")
    assert os.path.islink("docs/x.md")


@pytest.mark.parametrize("given", [["docs"], ["docs/**/*.md"], ["docs/**"], ["docs/*/*.md"], ["docs/*"]])
def test_no_link_to_a_folder_is_followed(given: list[str]) -> None:
    """One to a folder outside, to the root of the file system, or round in a loop: nothing behind it is read."""
    os.symlink("../../outside", "docs/link")
    os.symlink("/", "docs/root")
    os.symlink("..", "docs/deep/up")
    os.symlink("self", "docs/self")
    os.symlink("self.md", "docs/self.md")
    fix(*given)

    assert is_fresh("docs/deep/b.md")
    assert not is_fresh("../outside/x.md")
    read = set(found("docs", *given)) - {"docs/self.md", "docs/self"}
    assert read == {"docs/a.md", "docs/deep/b.md"}


def test_a_folder_that_is_given_by_a_link_is_read_and_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    """As with a file: whoever wants it mended names it. With a slash at its end, it is the folder itself."""
    os.symlink("../outside", "link")

    assert found("link") == ["link/x.md"]
    assert fix("link") == 2
    assert "link/x.md: not fixed" in capsys.readouterr().err
    assert fix("link/") == 0
    assert is_fresh("../outside/x.md")


def test_links_above_what_is_given_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder, or a path, that a link leads to is where one is: /tmp is a link on some systems."""
    (tmp_path / "way").symlink_to(tmp_path / "tree")
    monkeypatch.chdir(tmp_path / "way")

    assert fix("own.md", str(tmp_path / "way" / "docs")) == 0
    assert is_fresh("own.md")
    assert is_fresh("docs/a.md")


def test_what_may_be_written_to() -> None:
    """Files given, and what lies below folders given; no path whose name only begins alike."""
    reach = Reach(["docs", "own.md"])
    os.makedirs("docs2")

    assert reach.target("docs/deep/b.md") == os.path.realpath("docs/deep/b.md")
    assert reach.target("own.md") == os.path.realpath("own.md")
    assert reach.target("docs/../own.md") == os.path.realpath("own.md")
    assert reach.target("docs2/a.md") is None
    assert reach.target("docs/../other.md") is None


def test_a_deep_tree_is_read_to_its_end() -> None:
    """More folders inside each other than Python's functions may be."""
    folders = ["docs" + "/d" * depth for depth in range(1, 1_200)]
    for folder in folders:
        os.mkdir(folder)
    last = Path(folders[-1], "z.md")
    last.write_text(STALE)
    try:
        assert str(last) in found("docs")
    finally:
        last.unlink()
        for folder in reversed(folders):
            os.rmdir(folder)
