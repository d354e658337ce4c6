"""Wrong use and unreadable input: a short message on stderr, exit 2, nothing on stdout, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import run

SMALL = b"name: x\ninput: [3, 8, 8]\nblocks: [[conv3-4]]\n"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("table vgg61", "did you mean"),
        ("table missing.yaml", "missing.yaml"),
        ("table D --style modern", "unknown style 'modern'"),
        ("table D --format docx", "no format 'docx'"),
        ("table D --columns name,size", "unknown column 'size'"),
        ("table D --style slides --columns name,macs", "unknown column 'macs'"),
        ("table D --ops gops", "unknown operation count 'gops'"),
        ("table D --memory all", "unknown memory accounting 'all'"),
        ("table D --style keras --columns name", "--columns changes nothing in the style keras"),
        ("table D --style torch --ops fvcore", "use --style layers"),
        ("table D --by block --memory saved", "use --style cs231n or --style layers"),
        ("table D --style slides --torch-names", "--torch-names changes nothing"),
        ("table D --memory saved --ops thop", "without --ops"),
        ("table D --by row", "--by takes layer or block"),
        ("table D --input 0", "expected 1 to 100,000"),
        ("table D --input -3", "cannot read the input size"),
        ("table D --batch 0", "whole number from 1"),
        ("table D --classes many", "whole number from 1"),
        ("table D --dtype fp12", "unknown dtype 'fp12'"),
        ("table D --head top", "unknown head 'top'"),
        ("table D --no-top --head gap", "contradict"),
        ("table D --no-top --classes 3", "no FC layers"),
        ("table D --input 16", "block5_pool"),
        ("table D@16", "block5_pool"),
        ("table D --head conv --input 100", "image of 100×100×3"),
        ("table D --input 224x224x3", "channels first? write 3x224x224"),
        ("table D@28x28x1", "channels first? write 1x28x28"),
        ("compare D", "two networks or more"),
        ("explain NaN D", "cannot read 'NaN' as a number"),
        ("explain 1e400 vgg16", "cannot read '1e400' as a number"),
        ("explain D 15G", "the number comes first: vggstat explain 15G D"),
        ("explain D blok1_conv1", "block1_conv1"),
        ("stack 2x2", "odd square kernels"),
        ("stack 3x3 --vs 7x5", "odd square kernels"),
        ("stack 3x3 --vs 5x5 4x4", "not '4x4'"),
        ("stack --vs 7x7 3x3 3x3", "KERNEL"),
        ("table D --input 8", "a side of the map it gets has 1: use"),
        ("compare - -", "standard input (-) can be read only once"),
        ("tabel D", "tabel"),
        ("table", "SPEC"),
        ("table D --widht 3", "--widht"),
    ],
)
def test_wrong_use(command: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake is named in a few lines, with what was expected; nothing is printed and nothing raised."""
    outcome = run(monkeypatch, *command.split())

    assert (outcome.out, outcome.code) == ("", 2)
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert len(outcome.err.splitlines()) <= 5


def test_a_spec_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spec is read from standard input, and its mistakes name the line."""
    good = run(monkeypatch, "table", "-", "--format", "csv", stdin=SMALL)
    bad = run(monkeypatch, "table", "-", stdin=SMALL.replace(b"conv3-4", b"conw3-4"))

    assert good.out.splitlines()[2].startswith("1,block1_conv1")
    assert bad.code == 2
    assert "<stdin>:3:11" in bad.err
    assert "conv" in bad.err


def test_output_goes_to_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--output writes the whole text to a file and nothing to stdout."""
    target = tmp_path / "d.md"
    outcome = run(monkeypatch, "table", "D", "--format", "markdown", "--output", str(target))

    assert (outcome.out, outcome.code) == ("", 0)
    assert "138,357,544" in target.read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["d.md"]


def test_a_failed_command_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that fails writes nothing: neither a new file nor over an old one."""
    target = tmp_path / "d.txt"
    target.write_text("old")
    outcome = run(monkeypatch, "table", "D", "--format", "docx", "--output", str(target))

    assert outcome.code == 2
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["d.txt"]


@pytest.mark.parametrize("place", ["{tmp}/no/such/folder/x.txt", "{tmp}"])
def test_an_unwritable_place(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that cannot be written is an error that names it, and leaves nothing behind."""
    outcome = run(monkeypatch, "table", "D", "--output", place.replace("{tmp}", str(tmp_path)))

    assert outcome.code == 2
    assert "cannot write" in outcome.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may not be written is left as it is."""
    target = tmp_path / "d.txt"
    target.write_text("old")
    target.chmod(0o444)
    outcome = run(monkeypatch, "table", "D", "--output", str(target))

    assert outcome.code == 2
    assert target.read_text() == "old"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("table D --format json", 0),
        ("compare D E --exit-code --format json", 1),
        ("compare D E --fail-over params=0 --format json", 1),
        ("export D --to torch", 0),
    ],
)
def test_a_pipe_that_closes_early(command: str, code: int) -> None:
    """A reader that goes away (`| grep -q`) is no fault, and changes no verdict."""
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "vggstat", *command.split()],
        stdout=write,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    os.close(read)
    _, err = process.communicate(timeout=60)

    assert err == b""
    assert process.returncode == code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_an_encoding_without_the_signs(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an output cannot encode is replaced by what says the same."""
    outcome = run(monkeypatch, "table", "D", encoding=encoding)

    assert outcome.code == 0
    assert "138,357,544" in outcome.out
    assert "?" not in outcome.out


def test_exit_codes_of_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """compare --exit-code and an unexplained number end with 1, and still print."""
    differs = run(monkeypatch, "compare", "D", "E", "--exit-code")
    same = run(monkeypatch, "compare", "D", "D", "--exit-code")
    unexplained = run(monkeypatch, "explain", "17.3G", "D")

    assert [differs.code, same.code, unexplained.code] == [1, 0, 1]
    assert "Nothing" in unexplained.out


def test_our_own_fault_is_called_that(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception ends in exit 3, without a traceback, and asks for a report."""
    monkeypatch.setattr("vggstat.cli.common.load_report", lambda *_: 1 / 0)
    monkeypatch.setattr("vggstat.cli.table.load_report", lambda *_: 1 / 0)
    outcome = run(monkeypatch, "table", "D")

    assert (outcome.out, outcome.code) == ("", 3)
    assert "ZeroDivisionError" in outcome.err
    assert "Traceback" not in outcome.err


def test_every_command_has_help(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command is in the help with a summary, and has help of its own with an example or a purpose."""
    from vggstat.cli.main import COMMANDS

    whole = run(monkeypatch, "--help")
    for name in COMMANDS:
        single = run(monkeypatch, name, "--help")

        assert f"  {name} " in whole.out
        assert single.code == 0
        assert f"vggstat {name}" in single.out


def test_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing into it would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    outcome = run(monkeypatch, "table", "D", "--output", str(tmp_path / "pipe"))

    assert outcome.code == 2
    assert "nobody reads from this pipe" in outcome.err


@pytest.mark.parametrize(
    ("path", "said"),
    [("rootln", "the root of the file system"), ("/", "the root of"), ("/dev/zero", "a device")],
)
def test_what_check_does_not_read(
    path: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of a machine, by whatever name, and what never ends."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rootln").symlink_to("/")
    outcome = run(monkeypatch, "check", path)

    assert outcome.code == 2
    assert said in outcome.err


def test_a_plot_names_the_layers_that_went(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Left out of D: FC-4096, FC-4096." in run(monkeypatch, "plot", "D@head=gap", "memory").out
