"""``--fix`` and ``--diff`` with marked blocks: what changes in a file, and what does not."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vggstat.cli import main as program
from vggstat.cli.blocks import render_block

from .support import codes

WRONG = "VGG-16 has 183M parameters."
COMMAND = "table A --style cs231n"
FRESH = render_block(COMMAND.split()).rstrip("\n").split("\n")
STALE = f"<!-- vggstat: {COMMAND} -->\nold\n<!-- /vggstat -->\n"
MENDED = "\n".join([f"<!-- vggstat: {COMMAND} -->", "```text", *FRESH, "```", "<!-- /vggstat -->", ""])


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.delenv(name, raising=False)


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stop:
        program.main(["check", *words])
    return int(stop.value.code or 0)


def mended(data: bytes, name: str, *words: str) -> bytes:
    """The bytes of a file after --fix, which are the same after a second one."""
    path = Path(name)
    path.write_bytes(data)
    run(name, "--fix", *words)
    once = path.read_bytes()
    run(name, "--fix", *words)
    assert path.read_bytes() == once
    return once


FRAMES = {
    "a.md": ("<!-- vggstat: {} -->", "<!-- /vggstat -->", ["```text", *FRESH, "```"]),
    "a.html": ("<!-- vggstat: {} -->", "<!-- /vggstat -->", ["<pre>", *FRESH, "</pre>"]),
    "a.tex": ("% vggstat: {}", "% /vggstat", [r"\begin{{verbatim}}", *FRESH, r"\end{{verbatim}}"]),
    "a.rst": (
        ".. vggstat: {}",
        ".. /vggstat",
        ["", ".. code-block:: text", "", *(f"   {line}".rstrip() for line in FRESH), ""],
    ),
    "a.py": ("# vggstat: {}", "# /vggstat", [f"# {line}".rstrip() for line in FRESH]),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_block_in_every_language(name: str) -> None:
    """The block is framed as the language needs it; what stands around it stays; nothing is left to find in it."""
    start, end, held = FRAMES[name]
    held = [line.replace("{{", "{").replace("}}", "}") for line in held]
    before = ["before", start.format(COMMAND), "old", end, "after", ""]
    expected = "\n".join(["before", start.format(COMMAND), *held, end, "after", ""])

    text = mended("\n".join(before).encode(), name).decode()
    assert text == expected.replace("&", "&amp;") if name == "a.html" else text == expected
    assert codes(text, name) == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_stay(end: str) -> None:
    """A block is written with the line end of its marker, and every other line keeps its own."""
    parts = ["a\r\n", "b\n", f"<!-- vggstat: {COMMAND} -->{end}", "old\n", "<!-- /vggstat -->\r\n", WRONG]
    fresh = [f"{line}{end}" for line in ("```text", *FRESH, "```")]
    expected = "".join([*parts[:3], *fresh, *parts[4:]])

    assert mended("".join(parts).encode(), "a.md").decode() == expected


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(b"", "utf-8"), (b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"),
     (b"", "gb18030")],
)  # fmt: skip
def test_the_encoding_stays(mark: bytes, encoding: str) -> None:
    """The mark at the beginning and the order of bytes are those of the file."""
    changed = mended(mark + f"参数量\n{STALE}".encode(encoding), "a.md")
    assert changed == mark + f"参数量\n{MENDED}".encode(encoding)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xef\xbb\xbfcaf\xff\n" + STALE.encode(), "some of its bytes are not UTF-8"),
        (b"caf\xe9\xff\n<!-- vggstat: table A -->\n<!-- /vggstat -->\n", "has no"),
    ],
)
def test_nothing_is_written_where_bytes_would_be_lost(
    data: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file whose bytes are not all text, or whose encoding lacks a sign of the block, stays, and that is said."""
    Path("a.md").write_bytes(data)

    assert run("a.md", "--fix") == 2
    assert why in capsys.readouterr().err
    assert Path("a.md").read_bytes() == data


def test_numbers_that_stand_alone_stay() -> None:
    """A figure that nothing else bears out is not rewritten: it may be of another network than it seems."""
    text = f"{WRONG}\n\n{STALE}\n{WRONG}\n"

    assert mended(text.encode(), "a.md").decode() == text.replace(STALE, MENDED)


def test_the_option_that_rewrote_numbers_is_gone(capsys: pytest.CaptureFixture[str]) -> None:
    """It is an unknown option, and nothing is written."""
    Path("a.md").write_text(STALE)

    assert run("a.md", "--fix", "--unsafe-fixes") == 2
    assert "No such option: --unsafe-fixes" in capsys.readouterr().err
    assert Path("a.md").read_text() == STALE


def test_a_write_that_fails_leaves_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the new file cannot be put in place, the old one is whole, the other files are mended, and it is said."""
    for name in ("a.md", "b.md"):
        Path(name).write_text(STALE)
    right = os.replace

    def fail(source: str, target: str) -> None:
        if target.endswith("a.md"):
            raise OSError(28, "No space left on device")
        right(source, target)

    monkeypatch.setattr(os, "replace", fail)
    assert run("a.md", "b.md", "--fix", "--format", "json") == 2
    said = capsys.readouterr()
    assert "a.md: No space left on device" in said.err
    assert [len(file["findings"]) for file in json.loads(said.out)["files"]] == [1, 0]
    assert (Path("a.md").read_text(), Path("b.md").read_text()) == (STALE, MENDED)
    assert sorted(os.listdir()) == ["a.md", "b.md"]


@pytest.mark.parametrize("text", [STALE.rstrip("\n"), STALE, "a\r\n" + STALE.replace("\n", "\r\n") + "b"])
def test_the_patch_is_one_that_git_takes(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``git apply`` with the output of --diff gives what --fix gives, line ends and a missing last one included."""
    Path("docs").mkdir()
    Path("docs/a.md").write_bytes(text.encode())
    assert run("./docs/a.md", "--diff") == 1
    patch = capsys.readouterr().out
    done = subprocess.run(["git", "apply", "-"], input=patch.encode(), capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    end = "\r\n" if "\r" in text else "\n"
    old, fresh = (block.rstrip("\n").replace("\n", end) for block in (STALE, MENDED))
    assert Path("docs/a.md").read_bytes().decode() == text.replace(old, fresh)


def test_a_patch_does_not_spoil_a_document_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    """With a format for machines the patch goes to stderr; with --output, to stdout."""
    Path("a.md").write_text(STALE)

    assert run("a.md", "--diff", "--format", "json") == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["summary"]["errors"] == 0
    assert said.err.startswith("--- a/a.md\n+++ b/a.md\n")
    assert run("a.md", "--diff", "--format", "json", "--output", "out.json") == 1
    assert capsys.readouterr().out.startswith("--- a/a.md\n")


def test_what_no_patch_can_mend_is_still_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """--diff shows the block's change, and the number outside of it as a finding."""
    Path("a.md").write_text(f"<!-- vggstat: list -->\n<!-- /vggstat -->\n{WRONG}\n")

    assert run("a.md", "--diff") == 1
    out = capsys.readouterr().out
    assert "+ Networks that ship with vggstat" in out
    assert "V210" in out
    assert "V911" not in out


def test_standard_input_is_not_mended(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is no file to write to: what is wrong is reported."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(STALE.encode())))

    assert run("-", "--fix", "--format", "concise") == 1
    assert "V911" in capsys.readouterr().out


# Notebooks

MARKED = ["# Größe\n", f"<!-- vggstat: {COMMAND} -->\n", "old\n", "<!-- /vggstat -->\n", 'after \\ "x"']
HELD = ["```text\n", *(f"{line}\n" for line in FRESH), "```\n"]


def notebook(source: object, **options: object) -> str:
    """A notebook with the source between two other cells, written with these options of ``json.dumps``."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [],
            "source": ["x = 1\n", "y"],
        },
        {"cell_type": "markdown", "metadata": {"tags": ["a"]}, "source": source},
        {"cell_type": "raw", "metadata": {}, "source": []},
    ]
    tree = {"cells": cells, "metadata": {"k": 1.50}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(tree, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [{"indent": 1, "ensure_ascii": False}, {"indent": 4, "ensure_ascii": False}, {"indent": "\t"}, {},
     {"separators": (",", ":")}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("joined", [False, True], ids=["a string a line", "one string"])
@pytest.mark.parametrize("tail", ["", "\n"])
def test_a_block_of_a_notebook(options: dict[str, object], joined: bool, tail: str) -> None:
    """The block's lines are those of the command in the notebook's own indent and escapes; no other byte changes."""
    before, after = MARKED, [*MARKED[:2], *HELD, *MARKED[3:]]
    text = notebook("".join(before) if joined else before, **options) + tail
    expected = notebook("".join(after) if joined else after, **options) + tail

    assert codes(text, "a.ipynb") == ["V911"]
    assert mended(text.encode(), "a.ipynb").decode() == expected
    assert codes(expected, "a.ipynb") == []


@pytest.mark.parametrize(
    "source",
    [
        ["<!-- vggstat: table A --style cs231n -->\nold\n", "old\n<!-- /vggstat -->"],
        ["a\n<!-- vggstat: table A --style cs231n -->\n", "old\n", "old\n<!-- /vggstat -->\nb"],
        ["a\n<!-- vggstat: table A --style cs231n -->\nold\n", "old\n", "<!-- /vggstat -->\n", "b"],
        ["<!-- vggstat: table A --sty", "le cs231n -->\n", "old\n", "<!-- /vgg", "stat -->"],
        ["<!-- vggstat: table A --style cs231n -->\n", "<!-- /vggstat -->"],
        ["<!-- vggstat: table A --style cs231n -->\r\n", "old\r\n", "<!-- /vggstat -->\r\n"],
    ],
)
def test_a_block_across_the_strings_of_a_source(source: list[str]) -> None:
    """However a source is cut into strings, what stands between the markers is replaced, and nothing else."""
    whole = "".join(source)
    start, end = whole.index("-->") + 3, whole.index("<!-- /")
    held = HELD if "\r" not in whole else [line.replace("\n", "\r\n") for line in HELD]
    line_end = "\r\n" if "\r" in whole else "\n"

    tree = json.loads(mended(notebook(source, indent=1).encode(), "a.ipynb"))
    assert "".join(tree["cells"][1]["source"]) == whole[:start] + line_end + "".join(held) + whole[end:]
    tree["cells"][1]["source"] = source
    assert json.dumps(tree, indent=1) == notebook(source, indent=1)


def test_blocks_in_several_cells_of_a_notebook() -> None:
    """They are mended at once, in Markdown and in the comments of code; a wrong number beside them stays."""
    block = ["<!-- vggstat: stack 3x3 3x3 -->\n", "<!-- /vggstat -->\n"]
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": [*block, "\n", *block, WRONG]},
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [],
            "source": ["# vggstat: stack 3x3 3x3\n", "# /vggstat\n", "x"],
        },
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)
    listed = render_block(["stack", "3x3", "3x3"]).rstrip("\n").split("\n")

    tree = json.loads(mended(text.encode(), "a.ipynb"))
    first, second = ("".join(cell["source"]) for cell in tree["cells"])
    assert first.count("\n".join(listed)) == 2
    assert first.endswith(WRONG)
    assert "\n".join(f"# {line}".rstrip() for line in listed) in second
    assert sorted(codes(Path("a.ipynb").read_bytes(), "a.ipynb")) == ["V210"]


def test_a_broken_notebook_is_not_written_into() -> None:
    """A notebook that is no JSON is reported and stays as it is."""
    text = notebook(MARKED, indent=1)[:-40]
    assert sorted(codes(text, "a.ipynb")) == ["V904"]

    assert mended(text.encode(), "a.ipynb").decode() == text
