"""Marked blocks, and comments that silence."""

from __future__ import annotations

import json

import pytest

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
        "a.md": "| Model | GMACs |\n|---|---|\n| VGG-16 | 20.17 |\n",
        "a.tex": "\\begin{tabular}{lr}\nModel & GMACs \\\\\nVGG-16 & 20.17 \\\\\n\\end{tabular}\n",
        "a.html": "<table><tr><th>Model</th><th>GMACs</th></tr>\n<tr><td>VGG-16</td><td>20.17</td></tr></table>\n",
    }[name]
    far = "\n\nwords\n" * 10

    assert codes(heading + far + rows, name) == []
    assert codes(far + rows, name) == ["V410"]
