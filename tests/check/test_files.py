"""Which files are read, what is said of those that cannot be, and how a run over many behaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vggstat.cli import main as program
from vggstat.errors import InputError
from vggstat.lint.config import Settings, find_settings, read_settings
from vggstat.lint.engine import check_files, find_files

WRONG = "VGG-16 has 183M parameters.\n"
RIGHT = "VGG-16 has 138M parameters.\n"
PROGRAM = (sys.executable, "-m", "vggstat", "check")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        program.main(["check", *words])
    return int(stop.value.code or 0)


def write(*names: str, text: str = WRONG) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")


@contextmanager
def locked(name: str) -> Iterator[None]:
    """A file that is no file to read: a pipe, which everybody is refused, root too."""
    os.mkfifo(name)
    yield


def test_a_file_that_cannot_be_read_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """The others are judged, the document for machines is whole, and the exit code is 2."""
    write("a.md", "z.md")
    with locked("m.md"):
        assert run("a.md", "m.md", "nowhere.md", "z.md", "--format", "json", "--exit-zero") == 2

    said = capsys.readouterr()
    assert [file["path"] for file in json.loads(said.out)["files"]] == ["a.md", "z.md"]
    assert said.err.splitlines() == [
        "vggstat: error: nowhere.md: there is no such file or folder",
        "vggstat: error: m.md: this is a pipe, and only regular files are read here",
    ]


def test_a_folder_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check that leaves something out says so."""
    write("docs/a.md", "docs/locked/b.md")
    right = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return right(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert run("docs", "--format", "concise") == 2
    said = capsys.readouterr()
    assert said.err == "vggstat: error: docs/locked: Permission denied\n"
    assert said.out.startswith("docs/a.md:1:12: V210")


def test_without_a_listener_an_error_is_raised() -> None:
    """As a library, a path that cannot be read raises."""
    with pytest.raises(InputError, match="nowhere"):
        list(find_files(["nowhere"], Settings()))
    with locked("m.md"), pytest.raises(InputError, match="only regular files"):
        list(check_files(["m.md"], Settings()))


def test_patterns_that_no_shell_has_replaced() -> None:
    """A pattern stands for what it matches; one that matches nothing is an error."""
    write("docs/a.md", "docs/deep/b.md", "docs/c.txt", "[x].md")

    assert list(find_files(["docs/**/*.md"], Settings())) == ["docs/a.md", "docs/deep/b.md"]
    assert list(find_files(["[x].md"], Settings())) == ["[x].md"]
    with pytest.raises(InputError, match="matches this pattern"):
        list(find_files(["docs/*.rst"], Settings()))


def test_a_pattern_is_seen_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    """``exclude`` fits paths below pyproject.toml, however they are given, and not the folders above it."""
    write("build/repo/docs/a.md", "build/repo/old/b.md")
    write("build/repo/pyproject.toml", text='[tool.vggstat]\nexclude = ["build", "old/*"]\n')
    settings = read_settings("build/repo/pyproject.toml")

    whole = str(tmp_path / "build" / "repo")
    assert list(find_files([whole], settings)) == [f"{whole}/docs/a.md"]
    assert list(find_files(["build/repo"], settings)) == ["build/repo/docs/a.md"]


def test_a_pyproject_without_settings_is_passed_over() -> None:
    """The nearest file that has settings counts; an inline table is one, too."""
    write("a/pyproject.toml", text='[project]\nname = "x"\ndependencies = ["vggstat"]\n')
    write("pyproject.toml", text="[tool]\nvggstat = {strict = true}\n")

    assert find_settings("a").strict
    assert find_settings("a").source.endswith("pyproject.toml")


def test_a_network_that_cannot_be_loaded_is_said_before_any_file_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One for some paths, too."""
    write("pyproject.toml", text='[tool.vggstat.specs]\n"later/*" = "nope"\n')
    write("a.md")

    assert run("a.md", "--format", "json") == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "nope" in said.err


@pytest.mark.parametrize("word", ["V299", "8", "V2010"])
def test_a_code_that_no_rule_has_is_refused(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that could find nothing is wrong use."""
    write("a.md")

    assert run("a.md", "--select", word) == 2
    assert word in capsys.readouterr().err


TO_STDOUT = ("full", "concise", "json", "jsonl", "github", "gitlab", "junit", "sarif")
TO_A_FILE = ("full", "json", "sarif")
"""It is written in one way, whatever the format."""


@pytest.mark.skipif(os.name == "nt", reason="a name of a file is text there")
@pytest.mark.parametrize(
    ("name", "to_file"), [*((name, False) for name in TO_STDOUT), *((name, True) for name in TO_A_FILE)]
)
def test_a_name_of_a_file_that_is_no_text(name: str, to_file: bool, tmp_path: Path) -> None:
    """Bytes of a path that are not UTF-8 are shown as U+FFFD, in SARIF as they are (%FF): every format is UTF-8."""
    folder = tmp_path / "named"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text(WRONG)
    extra = ("--output", "out") if to_file else ()
    done = subprocess.run(
        [*PROGRAM, "named", "--format", name, *extra], capture_output=True, env={**os.environ, "LC_ALL": "C"}
    )

    out = Path("out").read_bytes() if to_file else done.stdout
    assert done.returncode == 1, done.stderr
    assert ("named/%FF.md" if name == "sarif" else "named/\ufffd.md") in out.decode("utf-8")


def test_a_reader_that_goes_away() -> None:
    """``| head -1``: no complaint, the exit code of the whole run, and --fix has mended every file."""
    stale = "<!-- vggstat: stack 3x3 3x3 -->\n<!-- /vggstat -->\n"
    write(*(f"docs/{number:02}.md" for number in range(12)), text=stale + WRONG * 80)
    done = subprocess.Popen(
        [*PROGRAM, "docs", "--fix", "--show-passes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert done.stdout is not None
    assert done.stderr is not None
    done.stdout.readline()
    done.stdout.close()
    complaint = done.stderr.read()
    done.stderr.close()

    assert done.wait() == 1
    assert complaint == b""
    assert all("256 channels in and out" in path.read_text() for path in Path("docs").iterdir())


def test_interruption() -> None:
    """Ctrl-C ends a run with 130 and without a traceback."""
    write(*(f"docs/{number}.md" for number in range(300)), text=WRONG * 300)
    done = subprocess.Popen([*PROGRAM, "docs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.stdout is not None
    done.stdout.readline()
    done.send_signal(signal.SIGINT)
    _, complaint = done.communicate()

    assert done.returncode == 130
    assert b"Traceback" not in complaint


def test_progress_is_for_terminals() -> None:
    """Many files are counted on stderr where it is a terminal, and the line is cleared at the end; a file sees nothing."""
    pty = pytest.importorskip("pty")
    write(*(f"docs/{number}.md" for number in range(60)))
    ours, theirs = pty.openpty()
    done = subprocess.run([*PROGRAM, "docs"], stdout=subprocess.PIPE, stderr=theirs, check=False)
    os.close(theirs)
    time.sleep(0.1)
    shown = os.read(ours, 10_000).decode()
    os.close(ours)

    assert done.returncode == 1
    assert "50 of 60 files" in shown
    assert shown.endswith("\r\x1b[K")
    assert subprocess.run([*PROGRAM, "docs"], capture_output=True, check=False).stderr == b""


PEAK = """
import resource, sys
from vggstat.cli.main import main
try:
    main(["check", sys.argv[1], "--format", sys.argv[2], *sys.argv[3:]])
except SystemExit:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


@pytest.mark.parametrize("extra", [(), ("--output", "out.json")], ids=["stdout", "file"])
def test_memory_does_not_grow_with_the_number_of_files(extra: tuple[str, ...]) -> None:
    """Ten times as many files with findings take at most 3 MiB more."""
    pytest.importorskip("resource")
    text = "".join(f"VGG-16 has {number}M parameters.\n\n" for number in range(200, 210))
    write(*(f"few/{number}.md" for number in range(10)), text=text)
    write(*(f"many/{number}.md" for number in range(100)), text=text)
    peaks = []
    for folder in ("few", "many"):
        done = subprocess.run(
            [sys.executable, "-c", PEAK, folder, "json", *extra], capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stderr.split()[-1]))

    assert peaks[1] < peaks[0] + 3 * 1024, peaks
