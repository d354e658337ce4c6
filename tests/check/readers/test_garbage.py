"""Whatever text comes, no reader fails, and none takes long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.check.readers.reading import make, read
from tests.pace import seconds
from vggstat.lint.readers import DIALECTS
from vggstat.lint.readers.markup import strip_tags

READERS = {
    "cs231n": "text",
    "torchsummary": "text",
    "torchinfo": "text",
    "print_model": "text",
    "html": "html",
    "markdown": "markdown",
    "latex": "latex",
    "delimited": "csv",
    "configurations": "text",
    "matlab": "text",
    "darknet": "text",
    "prototxt": "text",
    "stacked": "text",
    "listing": "text",
    "keras": "text",
    "breakdown": "text",
    "facts": "markdown",
    "dl4j": "text",
    "caffe_log": "text",
}
PIECES = st.sampled_from([
    "|", "-", "\n", "&", "\\\\", "\\begin{tabular}", "\\end{tabular}", "{", "}",
    "<table>", "<tr>", "<td rowspan=9>", "</td>", "</table>", "<", ">", "<!--",
    "Layer (type:depth-idx) Output Shape Param #\n", "├─Conv2d: 1-1 [1, 64, 224, 224] 1,792\n",
    "Conv2d-1 [-1, 64, 224, 224] 1,792\n", "Linear-2", "(0): Conv2d(3, 64", ")", "(", "conv3-64 ", "maxpool",
    "A A-LRN B C D E\n", "FC-4096", "Params", "Layer", "VGG16", "138M", "224x224x64", ",", ";", "\t", "  ", '"', "$",
    "\\times", "\\multicolumn{2}{l}{", "layer {", "num_output: 64", "0 conv 64 3 x 3 / 1 ", "'conv1' ", "&times;",
    "FC6-FC7", " + ", "Conv 4-1..3", "Setting up ", "Top shape: 1 2 3 (6)", "nIn,nOut", "#params: 1K", "Total",
    "&#99999999;", "×", "参数量", "層", "...", "Total", "~", "%", "=",
])  # fmt: skip


@pytest.mark.parametrize("dialect", READERS)
@given(text=st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)))
@settings(max_examples=60, deadline=None)
def test_no_text_makes_a_reader_fail(dialect: str, text: str) -> None:
    """A reader of any text yields tables or nothing; every cell has a place."""
    for table in read(text, dialect, READERS[dialect]):
        table.start.place()
        for row in table.rows:
            row.flow.place()
            for cell in row.cells:
                assert cell.flow.text
                cell.flow.place()


@given(text=st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)))
@settings(max_examples=60, deadline=None)
def test_no_page_makes_strip_tags_fail(text: str) -> None:
    """Every line made of a page keeps a place for each of its characters."""
    for tables in (True, False):
        for line in strip_tags(make(text, "html").lines, tables=tables):
            assert all(line.column(index) > 0 for index in range(len(line.text)))


HOSTILE = {
    "pipes": "|" * 100_000,
    "cells": "| a " * 20_000 + "\n" + "|-" * 20_000,
    "rows": "| Layer | Params |\n|-|-|\n" + "| conv1 | 1,792 |\n" * 4_000,
    "tags": "<table>" + "<tr><td>1" * 10_000,
    "open": "<" * 100_000,
    "spans": "<table>" + "<tr><td rowspan=999 colspan=999>a" * 200,
    "tex": "\\begin{tabular}" + "{" * 50_000,
    "ends": "\\begin{tabular}{l}" + "a & b \\\\ \n" * 5_000,
    "brackets": "(0): Conv2d(" * 8_000,
    "parens": "(" * 100_000,
    "numbers": "1," * 50_000,
    "dims": "224x" * 25_000,
    "spaces": "a" + " " * 99_000 + "b",
    "words": "conv " * 20_000,
    "torch": "Conv2d-1 " * 10_000,
    "tree": "|  " * 30_000,
    "commas": "Layer,Params\n" + "conv1," * 15_000,
    "digits": "9" * 100_000,
    "newlines": "\n" * 100_000,
    "merged": "<table><tr><th>Layer<th>Params<tr><td>conv1<td rowspan=999>9" + "<tr><td>conv2" * 4_000,
    "blocks": "| Block | Params |\n|-|-|\n" + "| 2 x conv3-64 + maxpool | 38,720 |\n" * 2_500,
    "ranges": "conv1_1, " * 11_000,
    "entries": "conv1_1 : 1,792 " * 6_000,
    "lines": "conv1_1 : 1,792\n" * 6_000,
    "facts": "## VGG16\n- Params: 138M\n" * 4_000,
    "log": "Setting up conv1\nTop shape: 1 64 9 9 (5184)\n" * 2_000,
    "classes": "conv (Conv2D) " * 7_000,
    "set up": "Setting up a Top shape: 1 2 (" * 3_500,
    "lecture": "CONV3-64: [224 memory: 1*" * 4_000,
    "sums": "Total params: 1 (" * 6_000,
    "fragments": "conv1 (Conv2D) (None, 9, 9, 64) 1792 " * 2_500,
    "summary": "VertexName (VertexType) nIn,nOut\n" + "c (DenseLayer) 1,2 3 W:{1,2}\n" * 3_000,
    "counters": "VGG(\n 1 M, 1.0% Params, 1 GMac, 1.0% MACs,\n" * 2_000 + "(0): Conv2d(3, 64)\n" * 2_000,
}


@pytest.mark.parametrize("dialect", READERS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_read_in_linear_time(dialect: str, name: str) -> None:
    """A hundred kilobytes of anything are done within a second."""
    text = HOSTILE[name]

    assert seconds(lambda: read(text, dialect, READERS[dialect]), limit=1.0) < 1.0


BEGINNINGS = (
    "", "conv (Conv2D) (None, 1", "Conv2d-1", "Conv2d-1 [[1, 3]]", "0 conv", "0 conv 64", "CONV3-64: [2x2x2] memory: 1",
    "TOTAL memory: 24M", "TOTAL params:", "Conv2d: 1-1", "c (DenseLayer) 1,2", "1 'a' Conv", "(0): Conv2d(", "...", "Total params",
    "conv1: 3", "conv1 -> 3x3x3", "A B C D E", "Setting up", "VGG16 has",
)  # fmt: skip
"""What rows and totals begin with."""
RUNS = (" ", "1", ".", "(", "|", "x", " K", ", ", "= ")


@pytest.mark.parametrize("dialect", READERS)
def test_a_row_that_breaks_off_is_read_in_linear_time(dialect: str) -> None:
    """Behind the beginning of a row a sign may come any number of times, and then something that fits nothing."""
    header = "Layer (type:depth-idx) Output Shape Param #\n" if dialect in ("torchinfo", "keras") else ""
    texts = [f"{header}{begin}{sign * 10_000}!\n" for begin in BEGINNINGS for sign in RUNS]

    assert seconds(lambda: [read(text, dialect, READERS[dialect]) for text in texts], limit=2.0) < 2.0


@pytest.mark.parametrize("name", HOSTILE)
def test_cues_are_looked_for_in_linear_time(name: str) -> None:
    """Whether a reader is needed at all is known at once, for all of them together."""
    section = make(HOSTILE[name])

    assert seconds(lambda: [dialect.may_read(section) for dialect in DIALECTS], limit=1.0) < 1.0
