"""Standard streams that are closed, full or of few signs: a message and exit code 2 at worst, for every command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from vggstat.cli.main import COMMANDS as NAMES

ROOT = Path(__file__).parents[2]
WRONG = "VGG-16 has 183M parameters × 2.\n\n<!-- vggstat: table LeNet-5 -->\n<!-- /vggstat -->\n"

COMMANDS = {
    "table": "table D",
    "compare": "compare D E --format markdown",
    "list": "list",
    "configs": "configs",
    "stack": "stack 3x3 3x3 --vs 5x5",
    "explain": "explain 138M D",
    "check": "check notes.md",
    "check github": "check notes.md --format github",
    "check json": "check notes.md --format json --show-passes",
    "check --diff": "check notes.md --diff",
    "check --show-settings": "check --show-settings",
    "rule": "rule",
    "rule V201": "rule V201",
    "rule V911": "rule V911",
    "memory": "memory D",
    "fit": "fit D --memory 24GiB",
    "roofline": "roofline D --device h200",
    "draw": "draw D",
    "plot": "plot D params",
    "report": "report D -o -",
    "export": "export D",
    "schema": "schema",
    "--version": "--version",
    "--help": "--help",
    **{f"{name} --help": f"{name} --help" for name in ("verify", "identify", "bench", "results")},
}
"""What is run; what needs more than a name, by its help alone."""
WITH_EVERY_HELP = COMMANDS | {f"{name} --help": f"{name} --help" for name in NAMES}
"""One function prints them all; their texts differ in the signs that they have."""
FINDINGS = {"check", "check github", "check json", "check --diff"}
"""What ends in exit code 1 where all is well."""

FORKED = """
import io, json, os, sys
from vggstat.cli.main import build_app, main

build_app()  # imports every command, once for all

def arrange(place):
    if place == "full":
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    elif place == "no stdout":
        os.close(1)
        sys.stdout = None
    elif place == "no stderr":
        os.close(2)
        sys.stderr = None
    elif place == "nothing at all":
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            os.close(number)
            setattr(sys, name, None)
    elif place == "no stdin":
        os.close(0)
        sys.stdin = None
    else:
        for number, name in ((1, "stdout"), (2, "stderr")):
            setattr(sys, name, io.TextIOWrapper(open(number, "wb", closefd=False), encoding=place))

for number, (place, words) in enumerate(json.loads(sys.argv[1])):
    child = os.fork()
    if not child:
        for descriptor, name in ((1, "out"), (2, "err")):
            os.dup2(os.open(f"{number}.{name}", os.O_WRONLY | os.O_CREAT), descriptor)
        arrange(place)
        main(words.split())
    _, status = os.waitpid(child, 0)
    with open(f"{number}.code", "w") as file:
        file.write(str(os.waitstatus_to_exitcode(status)))
"""
"""Each command in a process of its own, which ends as any does, without the start of an interpreter."""


class Ended(NamedTuple):
    """What a command left."""

    code: int
    out: bytes
    err: bytes


def run(place: str, command_lines: dict[str, str], folder: Path) -> dict[str, Ended]:
    """The commands, run where a stream is as ``place`` says."""
    (folder / "notes.md").write_text(WRONG, encoding="utf-8")
    cases = [[place, words] for words in command_lines.values()]
    subprocess.run(
        [sys.executable, "-c", FORKED, json.dumps(cases)],
        cwd=folder,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
    )
    return {
        name: Ended(
            int((folder / f"{number}.code").read_text()),
            (folder / f"{number}.out").read_bytes(),
            (folder / f"{number}.err").read_bytes(),
        )
        for number, name in enumerate(command_lines)
    }


def usual(name: str) -> int:
    return int(name in FINDINGS)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_encoding_of_few_signs(encoding: str, tmp_path: Path) -> None:
    """Every command prints, and ends as in UTF-8; what the encoding lacks is said in other signs."""
    for name, done in run(encoding, WITH_EVERY_HELP, tmp_path).items():
        assert (done.code, done.err) == (usual(name), b""), (name, done.err)
        # typer takes a stdout of ASCII for one that nobody has set up, and writes its help in UTF-8
        assert done.out.decode("utf-8" if name.endswith("--help") and encoding == "ascii" else encoding), name


@pytest.mark.parametrize("place", ["full", "no stdout"])
def test_a_stdout_that_takes_nothing(place: str, tmp_path: Path) -> None:
    """What is lost is said in one line, with exit code 2."""
    why = {"full": "No space left on device", "no stdout": "Bad file descriptor"}[place]
    for name, done in run(place, COMMANDS, tmp_path).items():
        assert (done.code, done.out) == (2, b""), (name, done)
        assert done.err.decode().splitlines()[-1].endswith(f": {why}"), (name, done.err)
        assert done.err.count(b"vggstat: error: ") >= 1, (name, done.err)
        assert b"Traceback" not in done.err + done.out, (name, done.err)


def test_a_stdout_that_nothing_is_written_to(tmp_path: Path) -> None:
    """A command whose output goes to a file does not need one; no file is given its descriptor."""
    lines = {
        "schema": "schema -o schema.json",
        "check": "check notes.md --format json -o found.json",
        "table": "table D -o d.txt",
    }
    for name, done in run("no stdout", lines, tmp_path).items():
        assert (done.code, done.out, done.err) == (usual(name), b"", b""), name
    json.loads((tmp_path / "schema.json").read_text())
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))["summary"]["errors"] == 2


@pytest.mark.parametrize("place", ["no stderr", "nothing at all"])
def test_a_stderr_that_takes_nothing(place: str, tmp_path: Path) -> None:
    """Nobody can be told anything: the exit code is what it would be."""
    fails = {"no such spec": "table nope", "no such option": "table --nope", "no such file": "check nope.md"}
    lines = (
        COMMANDS
        if place == "no stderr"
        else {"table": "table D", "--help": "--help", "check": "check notes.md"}
    )
    for name, done in run(place, lines | fails, tmp_path).items():
        code = 2 if name in fails or place == "nothing at all" else usual(name)
        assert (done.code, done.err) == (code, b""), (name, done)
        assert done.out or name in fails or place == "nothing at all", name


def test_a_stdin_that_is_closed(tmp_path: Path) -> None:
    """Who reads it is told so; who does not, needs none."""
    done = run("no stdin", {"spec": "table -", "document": "check -", "neither": "table D"}, tmp_path)

    for name in ("spec", "document"):
        assert done[name].code == 2
        assert done[name].err == b"vggstat: error: standard input (-) is closed: there is nothing to read\n"
    assert done["neither"].code == 0


@pytest.mark.parametrize("words", ["table D", "--help", "check notes.md"])
@pytest.mark.parametrize("arrangement", [">/dev/full", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_from_a_shell(words: str, arrangement: str, tmp_path: Path) -> None:
    """The same from a fresh interpreter, where a closed stream is closed from the start."""
    (tmp_path / "notes.md").write_text(WRONG, encoding="utf-8")
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m vggstat {words} {arrangement}"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    lost = arrangement != "2>&-"
    assert done.returncode == (2 if lost else words.startswith("check")), done.stderr
    assert done.stderr.count(b"cannot") == (lost and "2>" not in arrangement), done.stderr
    assert b"Traceback" not in done.stderr
