"""Rows that stand for several layers, and claims about several rows together."""

from __future__ import annotations

import pytest

from tests.check.readers.reading import cells, kinds, read
from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.grid_blocks import block_kind, count_range


def sums(table: ClaimTable) -> list[tuple[str, tuple[int, ...]]]:
    """The groups of a table: the number, and the rows that it is of."""
    return [(group.cell.flow.text, group.rows) for group in table.groups]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Conv 4-1..3", 3),
        ("conv3_1 - conv3_3", 3),
        ("FC6-FC7", 2),
        ("conv5_1, conv5_2, conv5_3", 3),
        ("fc6/fc7", 2),
        ("conv1_1 to conv1_2", 2),
        ("conv1-2", 1),
        ("conv3-64", 1),
        ("conv1_1", 1),
        ("conv3_3 - conv3_1", 1),
        ("conv1_1, conv1_3", 1),
        ("conv1_1 - conv3_3", 1),
    ],
)
def test_ranges_of_layers(text: str, count: int) -> None:
    """A range repeats its words or has dots; what is the name of one layer, or leaves some out, is none."""
    assert count_range(text) == count


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2 x conv3-64 + maxpool", "conv"),
        ("conv3-64, conv3-64, maxpool", "conv"),
        ("FC-4096, FC-4096, FC-1000", "fc"),
        ("conv3-64 + ReLU", None),
        ("about 89% in FC layers, the rest in conv", None),
        ("conv3-64 + squeeze", None),
    ],
)
def test_names_of_blocks(text: str, kind: str | None) -> None:
    """A block lists two layers and more that are counted; one layer and its activation are no block."""
    assert block_kind(text) == kind


def test_a_row_of_several_layers() -> None:
    """Each part is a row, the count is of all, and the shape belongs to the pool that halves the image."""
    (table,) = read(
        "| Block | Layers | Output | Params |\n|-|-|-|-|\n| Input | image | 224x224x3 | 0 |\n"
        "| 1 | 2 x conv3-64 + maxpool | 112x112x64 | 38,720 |\n"
        "| 2 | 2 x conv3-128 + maxpool | 56x56x128 | 221,440 |\n",
        "markdown",
    )

    assert kinds(table) == ["input", "conv", "pool", "conv", "pool"]
    assert [row.repeats for row in table.rows] == [1, 2, 1, 2, 1]
    assert cells(table, 1) == []
    assert cells(table, 2) == [("shape", "112x112x64")]
    assert sums(table) == [("38,720", (1, 2)), ("221,440", (3, 4))]


def test_the_shape_of_a_block_before_its_pool() -> None:
    """Where the first block shows the image's own size, its convolutions give the shapes."""
    (table,) = read(
        "| Layers | Output | Params |\n|-|-|-|\n| input | 224x224x3 | 0 |\n"
        "| 2 x conv3-64 + maxpool | 224x224x64 | 38,720 |\n"
        "| 2 x conv3-128 + maxpool | 112x112x128 | 221,440 |\n",
        "markdown",
    )

    assert cells(table, 1) == [("shape", "224x224x64")]
    assert cells(table, 2) == []


def test_the_shape_of_a_block_that_may_be_either() -> None:
    """Without an image nothing tells which of the two gives the shapes: they are not read."""
    (table,) = read(
        "| Layers | Output | Params |\n|-|-|-|\n| 2 x conv3-64 + maxpool | 112x112x64 | 38,720 |\n"
        "| 2 x conv3-128 + maxpool | 56x56x128 | 221,440 |\n",
        "markdown",
    )

    assert [cells(table, i) for i in range(4)] == [[], [], [], []]


def test_counts_merged_over_rows_are_sums() -> None:
    """The parameters of two layers in one cell are those of both."""
    (table,) = read(
        "<table><tr><th>Layer</th><th>Params</th></tr><tr><td>conv1_1</td><td rowspan=2>38,720</td></tr>"
        "<tr><td>conv1_2</td></tr><tr><td>conv2_1</td><td>73,856</td></tr><tr><td>pool2</td><td>0</td></tr></table>",
        "html",
        "html",
    )

    assert sums(table) == [("38,720", (0, 1))]


def test_subtotals_of_kinds_of_layers() -> None:
    """``Conv total`` is of the convolutions; a listing of layers that learn leaves the pools out, and says so."""
    (table,) = read(
        "| Layer | Params |\n|-|-|\n| conv1_1 | 1,792 |\n| conv1_2 | 36,928 |\n| conv2_1 | 73,856 |\n"
        "| Conv total | 112,576 |\n| fc | 102,764,544 |\n| FC total | 102,764,544 |\n| Total | 102,877,120 |\n",
        "markdown",
    )

    assert table.gaps
    assert sums(table) == [
        ("112,576", (0, 1, 2)),
        ("102,764,544", (3,)),
        ("102,877,120", (0, 1, 2, 3)),
    ]


def test_blocks_whose_layers_are_counted_in_a_column() -> None:
    """``Block 3 | 3 | 256`` is three convolutions; what leaves the block may be before its pool, and is not read."""
    (table,) = read(
        "| Block | Convs | Filters | Output | Params |\n|-|-|-|-|-|\n| 1 | 2 | 64 | 112x112 | 38,720 |\n"
        "| 2 | 2 | 128 | 56x56 | 221,440 |\n| 3 | 3 | 256 | 28x28 | 1,475,328 |\n",
        "markdown",
    )

    assert [(row.kind, row.repeats) for row in table.rows] == [("conv", 2), ("conv", 2), ("conv", 3)]
    assert [cells(table, i) for i in range(3)] == [
        [("channels", "64")],
        [("channels", "128")],
        [("channels", "256")],
    ]
    assert sums(table)[2] == ("1,475,328", (2,))
