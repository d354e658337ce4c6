"""What is read as a spec, and what is refused before it is looked at: pipes, devices, files of somebody else."""

from __future__ import annotations

import os
import pty
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import run
from vggstat.errors import InputError, SpecError, UsageError, VggstatError
from vggstat.sources.spec import load
from vggstat.sources.spec.access import Access, granted, is_below
from vggstat.sources.spec.text import MAX_BYTES

SPEC = "name: x\ninput: [3, 8, 8]\nblocks: [[conv3-4]]\n"
SECRET = "root:x:0:0:swordfish"


def refusal(argument: str | Path) -> str:
    with pytest.raises(VggstatError) as caught:
        load(str(argument))
    assert caught.value.exit_code == 2
    return str(caught.value)


def fifo(folder: Path) -> Path:
    path = folder / "pipe.yaml"
    os.mkfifo(path)
    return path


def test_a_pipe_that_nobody_writes_to_is_refused_after_a_moment(tmp_path: Path) -> None:
    """Opening it would wait for ever."""
    start = time.monotonic()
    text = refusal(fifo(tmp_path))

    assert "nothing came out of this pipe" in text
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("delay", [0, 0.3])
def test_a_pipe_is_read_to_its_end(delay: float, tmp_path: Path) -> None:
    """Whether its writer is there first, or comes a moment later, and however slowly it writes."""
    path = fifo(tmp_path)

    def write() -> None:
        time.sleep(delay)
        with path.open("w") as file:
            for line in SPEC.splitlines(keepends=True):
                file.write(line)
                file.flush()
                time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    spec = load(str(path))
    writer.join()

    assert (spec.name, spec.input) == ("x", (3, 8, 8))


def test_an_endless_pipe_is_read_up_to_the_limit() -> None:
    """What ``table <(yes)`` hands over, as /dev/fd/N: 4 MB of it are enough to know."""
    reading, writing = os.pipe()

    def write() -> None:
        piece = b"# y\n" * 16384
        try:
            for _ in range(2 * MAX_BYTES // len(piece)):
                os.write(writing, piece)
        except BrokenPipeError:
            return
        finally:
            os.close(writing)

    writer = threading.Thread(target=write)
    writer.start()
    text = refusal(f"/dev/fd/{reading}")
    os.close(reading)
    writer.join()

    assert "larger than 4 MB" in text


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random"])
def test_a_device_is_refused(device: str) -> None:
    assert "this is a device or a terminal" in refusal(device)


def test_a_terminal_is_never_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither as standard input nor by its name: the message says how to do it."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)

        assert "pipe a spec into it" in refusal("-")
        assert "this is a device or a terminal" in refusal(os.ttyname(slave))
    os.close(master)


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    assert "standard input is closed" in refusal("-")


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A spec in the folder ``nets`` that extends what is asked for; beside the folder, a spec and another file."""
    (tmp_path / "nets" / "parts").mkdir(parents=True)
    (tmp_path / "nets" / "parts" / "base.yaml").write_text(SPEC)
    (tmp_path / "base.yaml").write_text(SPEC)
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "nets" / "link.yaml").symlink_to(tmp_path / "base.yaml")
    (tmp_path / "nets" / "parts" / "inner.yaml").symlink_to(tmp_path / "nets" / "parts" / "base.yaml")
    monkeypatch.chdir(tmp_path)

    def extending(argument: str) -> Path:
        path = tmp_path / "nets" / "net.yaml"
        path.write_text(f"name: net\nextends: {argument.replace('TMP', str(tmp_path))}\n")
        return path

    return extending


@pytest.mark.parametrize(
    "argument", ["parts/base.yaml", "./parts/../parts/base.yaml", "parts/inner.yaml", "D"]
)
def test_a_spec_extends_what_lies_below_its_folder(argument: str, nets: Callable[[str], Path]) -> None:
    assert load(str(nets(argument))).blocks


OUTSIDE = ["../base.yaml", "TMP/base.yaml", "link.yaml", "parts/../../base.yaml"]


@pytest.mark.parametrize("argument", OUTSIDE)
def test_a_spec_extends_nothing_outside_its_folder(argument: str, nets: Callable[[str], Path]) -> None:
    """By a path upward, an absolute one, or a link; and whether or not it is there."""
    text = refusal(nets(argument))

    assert "net.yaml:2:10: extends: " in text
    assert "--allow-outside" in text
    assert "--allow-outside" in refusal(nets(argument.replace("base", "nothing").replace("link", "../gone")))


@pytest.mark.parametrize("argument", OUTSIDE)
def test_a_user_may_allow_it(
    argument: str, nets: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(nets(argument))

    assert run(monkeypatch, "table", path, "--allow-outside").code == 0
    assert run(monkeypatch, "table", path).code == 2  # it held for that run only


@pytest.mark.parametrize("argument", ["TMP/secret", "../secret", "./secret"])
def test_what_is_no_spec_shows_nothing_of_itself(
    argument: str, nets: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where it may be read, and where it is named on the command line."""
    path = str(nets(argument if "/" in argument else f"./{argument}"))
    for words in ([path], [path, "--allow-outside"], ["./secret"]):
        outcome = run(monkeypatch, "table", *words)

        assert outcome.code == 2
        assert "swordfish" not in outcome.err


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"[{SECRET!r}, {SECRET!r}]",
        f"password: {SECRET}",
        f"? {SECRET}\n: *swordfish",
        f"a: swordfish\na: swordfish\nb: !swordfish {SECRET}",
        f"name: x\npassword: {SECRET}",
        f"users:\n  - input: {SECRET}\n    blocks: {SECRET}",
    ],
)
def test_no_message_about_another_kind_of_file_quotes_it(text: str, tmp_path: Path) -> None:
    """Scalars, lists, mappings of another kind; with errors of syntax in them, and without."""
    path = tmp_path / "other.yaml"
    path.write_text(text)

    assert "swordfish" not in refusal(path)
    assert "does not look like a spec" in refusal(path)


def test_what_a_file_names_is_a_regular_file(nets: Callable[[str], Path], tmp_path: Path) -> None:
    """A pipe would be waited for by somebody who never asked for it."""
    os.mkfifo(tmp_path / "nets" / "pipe.yaml")

    assert "only regular files are read here" in refusal(nets("pipe.yaml"))
    with granted(Access(outside=True)):
        assert "this is a device" in refusal(nets("/dev/zero"))


def test_a_piped_spec_extends_what_lies_below_the_current_folder(
    nets: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(nets("D").parent)

    assert run(monkeypatch, "table", "-", stdin=b"name: y\nextends: parts/base.yaml\n").code == 0
    assert "--allow-outside" in run(monkeypatch, "table", "-", stdin=b"name: y\nextends: ../base.yaml\n").err


def test_bounds_hold_for_all_that_is_read(nets: Callable[[str], Path], tmp_path: Path) -> None:
    """A folder that everything lies below: for the argument, and for what it extends, allowed or not."""
    with granted(Access(pipes=False, below=str(tmp_path / "nets"), outside=True)):
        assert load("D").name == "D"
        assert load(str(nets("parts/base.yaml"))).name == "net"
        with pytest.raises(UsageError, match="outside of the document's own tree"):
            load(str(tmp_path / "base.yaml"))
        with pytest.raises(UsageError, match="standard input is not read here"):
            load("-")
        with pytest.raises(SpecError, match="outside of the document's own tree"):
            load(str(nets("../base.yaml")))
        with pytest.raises(InputError, match="no such file"):
            load(str(tmp_path / "nets" / "gone.yaml"))


@pytest.mark.parametrize(
    ("path", "folder", "below"),
    [
        ("a/b", "a", True),
        ("a", "a", True),
        ("ab", "a", False),
        ("a/../b", "a", False),
        ("x", "", True),
        ("a/\0", "a", False),
    ],
)
def test_below(path: str, folder: str, below: bool) -> None:
    """A common beginning of two names is no folder."""
    assert is_below(path, folder) is below
