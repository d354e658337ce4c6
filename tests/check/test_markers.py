"""Marked blocks, and comments that silence."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.bench.literal_results import FILE
from tests.cli.program import run
from vggstat.cli.blocks import render_block
from vggstat.cost.bench_json import results_text

from .support import check, codes

WRONG = "VGG-16 has 183M parameters.\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("<!-- vggstat: list -->\nold\n<!-- /vggstat -->\n", "a.md"),
        (".. vggstat: list\nold\n.. /vggstat\n", "a.rst"),
        ("% vggstat: list\nold\n% /vggstat\n", "a.tex"),
        ("# vggstat: list\n# old\n# /vggstat\n", "a.py"),
    ],
)
def test_markers_of_every_language(text: str, name: str) -> None:
    """HTML, reST, LaTeX and code comments mark blocks."""
    assert codes(text, name) == ["V911"]


def test_a_marker_in_a_code_fence_is_an_example() -> None:
    """What stands in a fence of Markdown shows how to write a marker and is none."""
    assert codes("```\n<!-- vggstat: list -->\n```\n") == []


@pytest.mark.parametrize(
    "words", ["check x", "bench D", "table D -o x", "table D --output=x", "", "table 'D", "table nope"]
)
def test_words_that_may_not_stand_in_a_marker(words: str) -> None:
    """Only commands that print may stand there, and what cannot be printed is a finding."""
    assert codes(f"<!-- vggstat: {words} -->\n<!-- /vggstat -->\n") == ["V910"]


def test_markers_in_a_notebook() -> None:
    """A Markdown cell of a notebook may hold a block; the finding names its line in the file."""
    cell = {
        "cell_type": "markdown",
        "metadata": {},
        "source": ["<!-- vggstat: list -->\n", "old\n", "<!-- /vggstat -->"],
    }
    text = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)

    (finding,) = check(text, "a.ipynb").findings
    assert finding.code == "V911"
    assert "old" in text.split("\n")[finding.place.line - 1]


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("<!-- vggstat: ignore[V210] old -->", []),
        ("<!-- vggstat: ignore[210] -->", []),
        ("<!-- vggstat: ignore[2] -->", []),
        ("<!-- vggstat: ignore -->", []),
        ("<!-- vggstat: ignore-file[210] -->", []),
        ("<!-- vggstat: ignore[501] -->", ["V920", "V210"]),
        ("<!-- vggstat: ignore[oops] -->", ["V921", "V210"]),
    ],
)
def test_ignore_comments(comment: str, left: list[str]) -> None:
    """A comment silences its codes for the next table; one that silences nothing is a finding itself."""
    assert codes(f"{comment}\n{WRONG}") == left


def test_an_ignore_comment_reaches_one_table_only() -> None:
    """The table after the next is judged as ever."""
    assert codes(f"<!-- vggstat: ignore[210] -->\n{WRONG}\n{WRONG}") == ["V210"]


def test_a_heading_is_no_marker() -> None:
    """A heading of Markdown that begins with the program's name is one; in code the same line is a comment."""
    assert codes("# vggstat: exact figures\n\nVGG-16 has 138M parameters.\n") == []
    assert codes("# vggstat: list\n", "a.py") == ["V912"]


@pytest.mark.parametrize("code", ["V999", "8"])
def test_an_ignore_comment_for_no_rule(code: str) -> None:
    """A code that no rule has is said to be none."""
    assert codes(f"<!-- vggstat: ignore[{code}] -->\n{WRONG}") == ["V921", "V210"]


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("a.md", "# VGG-16 at 256×256"),
        ("a.tex", "\\section{VGG-16 at 256$\\times$256}"),
        ("a.html", "<h1>VGG-16 at 256×256</h1>"),
    ],
)
def test_a_heading_far_above_is_heeded(name: str, heading: str) -> None:
    """20.17 GMACs is right at 256×256 (15.347 GMACs of convolutions * (256 / 224)^2 + 0.124 of FC layers)."""
    rows = {
        "a.md": "| Model | GMACs | Params |\n|---|---|---|\n| VGG-16 | 20.17 | 138M |\n",
        "a.tex": "\\begin{tabular}{lrr}\nModel & GMACs & Params \\\\\nVGG-16 & 20.17 & 138M \\\\\n\\end{tabular}\n",
        "a.html": "<table><tr><th>Model</th><th>GMACs</th><th>Params</th></tr>\n<tr><td>VGG-16</td><td>20.17</td><td>138M</td></tr></table>\n",
    }[name]
    far = "\n\nwords\n" * 10

    assert codes(heading + far + rows, name) == []
    assert codes(far + rows, name) == ["V410"]


SPEC = "name: x\ninput: [3, 8, 8]\nblocks: [[conv3-4]]\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working copy with a document's folder in it, and a spec within and one beside it."""
    (tmp_path / "copy" / ".git").mkdir(parents=True)
    (tmp_path / "copy" / "docs").mkdir()
    (tmp_path / "copy" / "net.yaml").write_text(SPEC)
    (tmp_path / "other.yaml").write_text(SPEC)
    (tmp_path / "copy" / "link.yaml").symlink_to(tmp_path / "other.yaml")
    (tmp_path / "copy" / "up.yaml").write_text("name: up\nextends: ../other.yaml\n")
    os.mkfifo(tmp_path / "copy" / "pipe.yaml")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy" / "docs"


def marked(folder: Path, *words: str) -> str:
    """The path of a document with a block for each of these words."""
    text = "\n".join(f"<!-- vggstat: {each} -->\nold\n<!-- /vggstat -->\n" for each in words)
    path = folder / "a.md"
    path.write_text(text)
    return str(path)


def test_a_block_reads_specs_of_its_documents_tree(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the working copy, wherever the document stands in it."""
    path = marked(tree, "table ./net.yaml")

    assert run(monkeypatch, "check", "--fix", path).code == 0
    assert "block1_conv1" in Path(path).read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("table -", "standard input is not read here"),
        ("table ../other.yaml", "outside of the document's own tree"),
        ("table ./link.yaml", "outside of the document's own tree"),
        ("table ./up.yaml", "--allow-outside"),
        ("table ./up.yaml --allow-outside", "outside of the document's own tree"),
        ("table /dev/zero", "outside of the document's own tree"),
        ("table ./pipe.yaml", "only regular files are read here"),
        ("compare D ../other.yaml", "outside of the document's own tree"),
        ("results ../other.json", "outside of the document's own tree"),
        ("results net.yaml ../other.json", "outside of the document's own tree"),
        ("results net.yaml --calibrate /dev/zero", "outside of the document's own tree"),
        ("results ./pipe.yaml", "there is no such file"),
    ],
)
def test_a_block_reads_nothing_else(
    words: str, said: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No standard input, no device, no pipe, no path that leads out, by whatever way."""
    path = marked(tree, words)
    before = Path(path).read_text()
    outcome = run(monkeypatch, "check", "--fix", path, stdin=SPEC.encode())

    assert (outcome.code, outcome.err) == (1, "")
    assert "V910" in outcome.out
    assert said in " ".join(outcome.out.split())
    assert Path(path).read_text() == before


def test_a_block_shows_results_of_its_documents_tree(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Measurements that lie in the working copy are kept fresh in a README as tables are."""
    (tree.parent / "d.json").write_text(results_text(FILE))
    path = marked(tree, "results d.json --layers none")

    assert run(monkeypatch, "check", "--fix", path).code == 0
    assert "eager, CUDA graph" in Path(path).read_text()


def test_a_tree_without_version_control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the current folder where the document lies below it, and else the document's own folder."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "net.yaml").write_text(SPEC)
    path = marked(tmp_path / "docs", f"table {tmp_path / 'net.yaml'}")

    monkeypatch.chdir(tmp_path)
    assert "V911" in run(monkeypatch, "check", path).out
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert "V910" in run(monkeypatch, "check", path).out


def test_a_fault_in_one_block_is_a_finding_of_that_block(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks and the files beside it are judged, and SARIF is written, whatever goes wrong in it."""

    def render(words: list[str]) -> str:
        if "A" in words:
            raise ValueError("no such thing")
        return render_block(words)

    monkeypatch.setattr("vggstat.cli.check.render", render)
    path = marked(tree, "table A", "table B")
    (tree / "b.md").write_text(WRONG)
    outcome = run(monkeypatch, "check", path, str(tree / "b.md"), "--format", "sarif")
    results = json.loads(outcome.out)["runs"][0]["results"]

    assert outcome.code == 1
    assert [result["ruleId"] for result in results][:2] == ["V910", "V911"]
    assert "a fault of vggstat's own, please report it: ValueError: no such thing" in str(results[0])
    assert len({str(result["locations"]) for result in results}) > 2
