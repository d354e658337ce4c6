"""Writing a file: it is complete or as it was, and it keeps what it had beside its text."""

from __future__ import annotations

import ast
import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vggstat.cli import files
from vggstat.cli.files import write_file
from vggstat.errors import OutputError

ROOT = Path(__file__).parents[2]
OTHER = os.geteuid() + 1


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_planted_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links at every name that a temporary file could be foreseen to have lead nobody's text astray."""
    monkeypatch.setattr(os, "urandom", lambda count: b"\1" * count)
    victim, target = tmp_path / "victim", tmp_path / "out.md"
    victim.write_text("precious")
    target.write_text("old")
    planted = [f"out.md.{os.getpid()}.tmp", f".vggstat-{'01' * 8}.tmp"]
    for name in planted:
        (tmp_path / name).symlink_to(victim)

    with pytest.raises(OutputError, match="File exists"):
        write_file(str(target), b"new")
    assert (victim.read_text(), target.read_text()) == ("precious", "old")
    assert names(tmp_path) == sorted([*planted, "out.md", "victim"])

    monkeypatch.undo()
    write_file(str(target), b"new")
    assert (victim.read_text(), target.read_text()) == ("precious", "new")


def test_the_temporary_name_is_another_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is drawn, and nothing about it can be foreseen; until the end nobody else may read what is in it."""
    target = tmp_path / "out.md"
    target.write_text("old")
    seen = []
    right = os.replace

    def replace(source: str, place: str) -> None:
        seen.append(source)
        right(source, place)

    def pieces() -> Iterator[bytes]:
        (temporary,) = (path for path in tmp_path.iterdir() if path.name != "out.md")
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
        yield b"new"

    monkeypatch.setattr(os, "replace", replace)
    write_file(str(target), pieces())
    write_file(str(target), pieces())
    assert len(set(seen)) == 2
    assert {os.path.dirname(name) for name in seen} == {str(tmp_path)}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o755, 0o4755])
def test_the_mode_stays(mode: int, tmp_path: Path) -> None:
    """Whatever the umask; a new file has the mode that the umask leaves it."""
    target, fresh = tmp_path / "out.md", tmp_path / "fresh.md"
    target.write_text("old")
    target.chmod(mode)
    before = os.umask(0o027)
    try:
        write_file(str(target), b"new")
        write_file(str(fresh), b"new")
    finally:
        os.umask(before)

    assert stat.S_IMODE(target.stat().st_mode) == mode
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640


def with_owner(monkeypatch: pytest.MonkeyPatch, owner: int) -> None:
    """Files look as if they belonged to this user."""
    right = files._old

    def old(path: str) -> files._Old | None:
        found = right(path)
        if found is None:
            return None
        fields = list(found.status)
        fields[4] = owner
        return found._replace(status=os.stat_result(fields))

    monkeypatch.setattr(files, "_old", old)


def test_the_owner_stays_or_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root gives the new file to the old one's owner; anybody else, who cannot, is refused."""
    target = tmp_path / "out.md"
    target.write_text("old")
    with_owner(monkeypatch, OTHER)
    if os.geteuid() == 0:
        write_file(str(target), b"new")
        assert target.stat().st_uid == OTHER

    def refuse(*_: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "fchown", refuse)
    target.unlink()
    target.write_text("old")
    with_owner(monkeypatch, OTHER)
    with pytest.raises(OutputError, match="would lose its owner"):
        write_file(str(target), b"new")
    assert target.read_text() == "old"
    assert names(tmp_path) == ["out.md"]


class Attributes:
    """Extended attributes of files, kept in memory: not every file system of a test has some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, refused: bool) -> None:
        self.held: dict[int, dict[str, bytes]] = {}
        self.refused = refused
        monkeypatch.setattr(os, "listxattr", lambda file: list(self.of(file)), raising=False)
        monkeypatch.setattr(os, "getxattr", lambda file, name: self.of(file)[name], raising=False)
        monkeypatch.setattr(os, "removexattr", lambda file, name: self.of(file).pop(name), raising=False)
        monkeypatch.setattr(os, "setxattr", self.set, raising=False)
        monkeypatch.setattr(files, "_HAS_ATTRIBUTES", True)

    def of(self, file: int | str) -> dict[str, bytes]:
        return self.held.setdefault(os.stat(file).st_ino, {})

    def set(self, file: int, name: str, value: bytes) -> None:
        if self.refused:
            raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))
        self.of(file)[name] = value


@pytest.mark.parametrize("refused", [False, True])
def test_extended_attributes_stay_or_nothing_is_written(
    refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels and access lists are those of the old file; where they cannot be set, the old file stays."""
    target = tmp_path / "out.md"
    target.write_text("old")
    attributes = Attributes(monkeypatch, refused)
    attributes.of(str(target))["user.label"] = b"x"
    if refused:
        with pytest.raises(OutputError, match="extended attribute"):
            write_file(str(target), b"new")
    else:
        write_file(str(target), b"new")

    assert target.read_text() == ("old" if refused else "new")
    assert attributes.of(str(target)) == {"user.label": b"x"}
    assert names(tmp_path) == ["out.md"]


def test_a_file_of_several_names_is_refused(tmp_path: Path) -> None:
    """Replaced, it would part from its other names; written in place, an interruption would leave half of it."""
    target, other = tmp_path / "out.md", tmp_path / "other.md"
    target.write_text("old")
    os.link(target, other)
    with pytest.raises(OutputError, match=r"2 names \(hard links\)"):
        write_file(str(target), b"new")

    assert (target.read_text(), other.read_text(), target.stat().st_nlink) == ("old", "old", 2)
    assert names(tmp_path) == ["other.md", "out.md"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    """What is written to a link is written to what it points to, be that there or not."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for text in (b"first", b"second"):
        write_file(str(tmp_path / "link"), text)

        assert (tmp_path / "real").read_bytes() == text
        assert (tmp_path / "link").is_symlink()


RUN = """
import resource, signal, sys, time
from vggstat.cli.main import main
from vggstat.cli import schema
from vggstat.cli.files import write_file

def pieces():
    yield b"half of it"
    print("ready", flush=True)
    {during}
    yield b"the rest"

schema.write = lambda text, output: write_file(output, pieces())
main(["schema", "-o", sys.argv[1]])
"""
FULL = "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (12, 12))"


def start(during: str, target: Path) -> subprocess.Popen[bytes]:
    """The program, writing a file in pieces, and something happening between the two."""
    return subprocess.Popen(
        [sys.executable, "-c", RUN.format(during=during), str(target)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=with_signals,
    )


def with_signals() -> None:
    """Signals as a terminal leaves them: a process in the background, or under nohup, inherits ignored ones."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL if number != signal.SIGINT else signal.default_int_handler)


@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interruption_leaves_nothing_behind(
    number: signal.Signals, code: int, existed: bool, tmp_path: Path
) -> None:
    """Ctrl-C, SIGTERM and SIGHUP in the middle of a file: the old one is whole, and no temporary one is there."""
    target = tmp_path / "out"
    if existed:
        target.write_text("old")
    done = start("time.sleep(60)", target)
    assert done.stdout is not None
    assert done.stdout.readline() == b"ready\n"
    assert len(names(tmp_path)) == 1 + existed
    done.send_signal(number)
    _, complaint = done.communicate(timeout=30)

    assert (done.returncode, complaint) == (code, b"")
    assert names(tmp_path) == (["out"] if existed else [])
    assert not existed or target.read_text() == "old"


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    """A file that finds no room (of 12 bytes, by a limit that root has too) is said not to be written."""
    target = tmp_path / "out"
    target.write_text("old")
    done = start(FULL, target)
    _, complaint = done.communicate(timeout=30)

    assert done.returncode == 2
    assert complaint.decode() == f"vggstat: error: cannot write {target}: File too large\n"
    assert (target.read_text(), names(tmp_path)) == ("old", ["out"])


WRITERS = {
    "write_text",
    "write_bytes",
    "replace",
    "rename",
    "renames",
    "copyfile",
    "move",
    "NamedTemporaryFile",
}
"""Methods and functions that change files, beside ``open``."""
ALLOWED = {
    "cli/files.py",
    "cli/streams.py",  # standard streams
    "measure/verify/counters/ptflops.py",  # os.devnull
}


def writes(source: str) -> Iterator[int]:
    """The lines on which a file is written."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = (
            called.attr
            if isinstance(called, ast.Attribute)
            else called.id
            if isinstance(called, ast.Name)
            else ""
        )
        owner = (
            called.value.id
            if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)
            else ""
        )
        words = [
            arg.value
            for arg in (*node.args, *(k.value for k in node.keywords))
            if isinstance(arg, ast.Constant)
        ]
        modes = [
            word
            for word in words
            if isinstance(word, str) and set(word) & set("wax+") and set(word) <= set("rwaxbt+")
        ]
        if (name == "open" and modes) or (
            name in WRITERS and (owner in ("os", "shutil") or name.startswith("write_"))
        ):
            yield node.lineno


def test_every_file_is_written_in_one_way() -> None:
    """No module but the one for it opens a file for writing, moves one, or writes a whole one."""
    found = {
        str(path.relative_to(ROOT / "vggstat")): lines
        for path in sorted((ROOT / "vggstat").rglob("*.py"))
        if (lines := list(writes(path.read_text(encoding="utf-8"))))
    }

    assert set(found) - ALLOWED == set(), found


@pytest.mark.parametrize(
    "source",
    ["open(p, 'w')", "path.open(mode='ab')", "os.replace(a, b)", "p.write_text('x')", "open(p, 'r+b')"],
)
def test_another_way_would_be_seen(source: str) -> None:
    """The test above can fail."""
    assert list(writes(source)) == [1]
