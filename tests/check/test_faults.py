"""A fault of our own in one file or one reader: what else there is to find is found, and the fault is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vggstat.cli import main as program
from vggstat.lint import engine, markers, suppress
from vggstat.lint.config import Settings
from vggstat.lint.mend import mend_text
from vggstat.lint.model import ClaimTable
from vggstat.lint.readers import Read, find_reader
from vggstat.lint.sections import sections
from vggstat.lint.text import Section
from vggstat.render.findings import FORMATS

from .support import check

WRONG = "VGG-16 has 183M parameters.\n"
TABLE = "\n| Layer | Output | Params |\n| --- | --- | --- |\n| conv1_1 | 224x224x64 | 1,729 |\n| conv1_2 | 224x224x64 | 36,928 |\n| pool1 | 112x112x64 | 0 |\n\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "VGGSTAT_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name in ("a.md", "m.md", "z.md"):
        Path(name).write_text(WRONG)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        program.main(["check", *words])
    return int(stop.value.code or 0)


def break_reader(monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, where: str = "m.md") -> None:
    """The reader of that name reads a file as before, and then fails."""

    def find(wanted: str) -> Read:
        right = find_reader(wanted)

        def read(section: Section) -> Iterator[ClaimTable]:
            yield from right(section)
            if section.title == where:
                raise error

        return read if wanted == name else right

    monkeypatch.setattr(engine, "find_reader", find)


def fail(*_: object) -> object:
    raise ZeroDivisionError("a fault")


@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("extra", [(), ("--exit-zero",)])
def test_the_others_are_judged(
    format_name: str,
    extra: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In every format all other findings come out, the document is whole, and the exit code is 3 whatever is asked for."""
    monkeypatch.setattr(
        engine, "sections", lambda document: (fail if document.path == "m.md" else sections)(document)
    )

    assert run("a.md", "m.md", "z.md", "--format", format_name, *extra) == 3
    said = capsys.readouterr()
    assert said.out.count("VGG-16 has 138,357,544") >= 2
    assert said.err.splitlines()[0] == (
        "vggstat: error: m.md: not all of it was checked, by a fault of vggstat's own: ZeroDivisionError: a fault"
    )
    assert "Traceback" not in said.err
    if format_name in ("json", "sarif", "gitlab"):
        json.loads(said.out)


def test_the_other_readers_go_on(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What the broken reader found before its fault stays, and so does what the readers after it find."""
    Path("m.md").write_text(TABLE + WRONG)
    assert run("m.md", "--spec", "D", "--format", "json") == 1
    found = json.loads(capsys.readouterr().out)["files"][0]["findings"]
    break_reader(monkeypatch, "markdown", KeyError("x"))

    assert run("m.md", "--spec", "D", "--format", "json") == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["files"][0]["findings"] == found
    assert {finding["code"] for finding in found} >= {"V201", "V210"}
    assert (
        "m.md: not all of it was checked, by a fault of vggstat's own in its reader markdown: KeyError"
        in said.err
    )


@pytest.mark.parametrize(("module", "name"), [(markers, "judge_markers"), (suppress, "suppress")])
def test_a_fault_after_reading_keeps_what_was_read(
    module: object, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Marked blocks and comments come after the readers: their faults lose no number."""
    Path("m.md").write_text(f"{WRONG}\n<!-- vggstat: ignore-file[V999] -->\n")
    monkeypatch.setattr(module, name, fail)

    assert run("m.md", "--format", "concise") == 3
    assert "V210" in capsys.readouterr().out


def test_a_fault_in_mending_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file that cannot be mended stays as it is; the others are mended, and reported."""
    stale = "<!-- vggstat: list -->\n<!-- /vggstat -->\n"
    for name in ("a.md", "z.md"):
        Path(name).write_text(stale)
    monkeypatch.setattr(
        "vggstat.cli.mend.mend_text",
        lambda document, render: (fail if document.path == "a.md" else mend_text)(document, render),
    )

    assert run("a.md", "z.md", "--fix") == 3
    assert (
        "a.md: not all of it was checked, by a fault of vggstat's own in its fixes" in capsys.readouterr().err
    )
    assert Path("a.md").read_text() == stale
    assert Path("z.md").read_text() != stale


def test_too_deep_a_file_is_the_files_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python's own limit is input that cannot be read, exit code 2; the others are judged."""
    break_reader(monkeypatch, "prose", RecursionError())

    assert run("a.md", "m.md") == 2
    said = capsys.readouterr()
    assert said.err == "vggstat: error: m.md: it is nested too deeply\n"
    assert "a.md:1:12: V210" in said.out


def test_where_it_was_is_shown_on_request(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """VGGSTAT_DEBUG=1 adds the traceback."""
    break_reader(monkeypatch, "prose", ZeroDivisionError())
    monkeypatch.setenv("VGGSTAT_DEBUG", "1")

    assert run("m.md") == 3
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "task", [lambda: check(WRONG, "m.md"), lambda: list(engine.check_files(["m.md"], Settings()))]
)
def test_a_library_gets_the_exception(task: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody takes the fault there: it is raised, so that tests that read documents see it too."""
    break_reader(monkeypatch, "prose", ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        task()
