"""``check`` in several processes: what comes out is what one process says, and none of them is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import get_all_start_methods
from pathlib import Path

import pytest

from vggstat.cli import main as program
from vggstat.cli.check import _processes
from vggstat.cli.complaints import Complaints, render
from vggstat.cli.parallel import check_in_processes
from vggstat.lint import engine
from vggstat.lint.config import Settings
from vggstat.lint.engine import FileResult, find_files
from vggstat.lint.sections import sections
from vggstat.lint.source import Document
from vggstat.render.findings import FORMATS, Style, Tally, find_format

ROOT = Path(__file__).parents[2]
WRONG = "VGG-16 has 183M parameters.\n"
FOLDERS = [str(ROOT / "tests/check/documents"), str(ROOT / "tests/corpus/working")]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "VGGSTAT_DEBUG"):
        monkeypatch.delenv(name, raising=False)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    with pytest.raises(SystemExit) as stop:
        program.main(["check", *words])
    said = capsys.readouterr()
    return int(stop.value.code or 0), said.out, said.err


def write(count: int, text: str = WRONG) -> list[str]:
    names = [f"{number:03}.md" for number in range(count)]
    for name in names:
        Path(name).write_text(text)
    return names


@pytest.fixture(scope="module")
def checked() -> dict[int, list[FileResult]]:
    """The results of every second document, by the number of processes."""
    complaints = Complaints()
    files = list(find_files(FOLDERS, Settings()))[::2]
    made = {jobs: list(check_in_processes(files, Settings(), jobs, complaints)) for jobs in (2, 4)}
    return {1: list(engine.check_files(files, Settings(), render, complaints, complaints.fault)), **made}


@pytest.mark.parametrize("format_name", FORMATS)
def test_as_in_one_process(format_name: str, checked: dict[int, list[FileResult]]) -> None:
    """Every format, byte for byte, with all that it can show."""
    style = Style(show_passes=True, show_unchecked=True)
    shown = {
        jobs: "".join(find_format(format_name)(results, Tally(), style)) for jobs, results in checked.items()
    }

    assert len(shown[1]) > 10_000
    assert shown[2] == shown[4] == shown[1]


@pytest.mark.parametrize("words", [("--format", "json"), ("--diff",), ("--output", "out")], ids=str)
def test_the_command_as_in_one_process(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code and stderr, a file that is missing among the others."""
    Path("no.md").symlink_to("nowhere")
    files = sorted(str(path) for path in Path(FOLDERS[0]).glob("[a-f]*"))
    given = (*files[:9], "no.md", *files[9:], "--isolated", *words)
    outcomes = [
        (run(capsys, *given, "--jobs", jobs), Path("out").read_text() if "out" in words else "")
        for jobs in ("1", "2", "4")
    ]

    assert outcomes[0][0][0] == 2
    assert "no.md" in outcomes[0][0][2]
    assert outcomes[0][0][1] or outcomes[0][1]
    assert outcomes[1] == outcomes[2] == outcomes[0]


@pytest.mark.parametrize("method", sorted({"fork", "spawn"} & set(get_all_start_methods())))
def test_however_processes_are_started(method: str) -> None:
    """The same results, a pipe of the command line among the files, which only this process can read."""
    files = sorted(str(path) for path in Path(FOLDERS[0]).glob("*.md"))[:6]
    reading, writing = os.pipe()
    os.write(writing, WRONG.encode())
    os.close(writing)
    files.insert(2, f"/dev/fd/{reading}")
    found = list(check_in_processes(files, Settings(), 2, Complaints(), method))
    os.close(reading)
    expected = list(engine.check_files([*files[:2], *files[3:]], Settings(), render))

    assert [finding.code for finding in found.pop(2).findings] == ["V210"]
    assert [result.path for result in found] == [result.path for result in expected]
    assert [result.findings for result in found] == [result.findings for result in expected]


def test_fixes_are_those_of_one_process(capsys: pytest.CaptureFixture[str]) -> None:
    """Two names of one file too: the second is checked as the first has left it."""
    stale = "<!-- vggstat: stack 3x3 3x3 -->\n<!-- /vggstat -->\n"
    outcomes = []
    for jobs in ("1", "4"):
        write(6, stale)
        Path("link.md").unlink(missing_ok=True)
        Path("link.md").symlink_to("000.md")
        outcomes.append((run(capsys, ".", "--fix", "--jobs", jobs), Path("005.md").read_text()))

    assert outcomes[0] == outcomes[1]
    assert "receptive field" in outcomes[0][1]


def break_at(name: str, monkeypatch: pytest.MonkeyPatch, *, end: bool) -> None:
    """Reading this file fails, or ends the process that does it."""

    def broken(document: Document) -> object:
        if document.path != name:
            return sections(document)
        if end:
            os._exit(7)
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(engine, "sections", broken)


@pytest.mark.skipif(sys.platform != "linux", reason="a broken function reaches a process by a fork alone")
def test_a_fault_is_told_as_in_one_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(12)
    break_at("007.md", monkeypatch, end=False)
    alone = run(capsys, *names, "--jobs", "1")

    assert alone[0] == 3
    assert "007.md: not all of it was checked" in alone[2]
    assert run(capsys, *names, "--jobs", "3") == alone


@pytest.mark.skipif(sys.platform != "linux", reason="a broken function reaches a process by a fork alone")
def test_a_process_that_ends(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The file that ends it is named, exit code 3; the others are judged."""
    names = write(12)
    break_at("007.md", monkeypatch, end=True)
    code, out, complaint = run(capsys, *names, "--jobs", "2", "--format", "concise")

    assert code == 3
    assert [line.split(":")[0] for line in out.splitlines()[:11]] == [n for n in names if n != "007.md"]
    assert complaint.splitlines()[0] == (
        "vggstat: error: 007.md: not all of it was checked, by a fault of vggstat's own: "
        "the process that checked it has ended"
    )
    assert complaint.count("not all of it was checked") == 1


def group_is_gone(group: int) -> bool:
    """Whether no process of a group is left, within five seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="no groups of processes")
@pytest.mark.parametrize("whole", [True, False], ids=["terminal", "kill"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGKILL, -9)]
)
def test_nobody_is_left(number: int, code: int, whole: bool) -> None:
    """After Ctrl-C, which a terminal sends to all of them, after kill, and after kill -9."""
    write(100, WRONG * 100)
    done = subprocess.Popen(
        [sys.executable, "-m", "vggstat", "check", ".", "--jobs", "3"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert done.stdout is not None
    done.stdout.readline()
    (os.killpg if whole else os.kill)(done.pid, number)
    _, complaint = done.communicate()

    assert done.returncode == code
    assert complaint == b""
    assert group_is_gone(done.pid)


def test_processes_where_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many files, or large ones; never more than files, and one where a pipe was read as the network."""
    monkeypatch.setattr("vggstat.cli.check._cores", lambda: 4)
    small, large = write(10), ["a.txt", "b.txt"]
    for name in large:
        Path(name).write_text(WRONG * 10_000)

    assert _processes(small, Settings(), None) == 1
    assert _processes(small, Settings(), 3) == 3
    assert _processes(large, Settings(), None) == 2
    assert _processes(large[:1], Settings(), None) == 1
    assert _processes(small * 50, Settings(), None) == 4
    assert _processes(small * 50, Settings(spec=os.devnull), 4) == 1
    assert _processes([], Settings(), 4) == 1


def test_few_small_files_import_nothing_of_it() -> None:
    name = write(1)[0]
    code = f"import sys\nfrom vggstat.cli.main import main\ntry:\n    main(['check', {name!r}])\nfinally:\n    print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "vggstat.lint.engine" in done.stdout.split()
    assert not {"multiprocessing", "concurrent.futures", "vggstat.cli.parallel"} & set(done.stdout.split())
