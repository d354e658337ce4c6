"""Layers with their numbers, a line each or all on one."""

from __future__ import annotations

import pytest

from tests.check.readers.reading import cells, kinds, read, said
from tests.check.readers.test_blocks import sums

LINES = """\
Parameters of VGG-16:
* **conv1_1**: 3*3*3*64 + 64 = 1,792
* **conv3-64**: 36,928 parameters
conv3-128 x 2 -> 221,440
2. FC6 (25088 → 4096) = 102,764,544
Conv total: 260,160
Total: 103,024,704
"""


def test_lines_of_a_break_down() -> None:
    """Bullets, products, arrows, repeats, subtotals and totals."""
    (table,) = read(LINES, "breakdown")

    assert kinds(table) == ["conv", "conv", "conv", "fc"]
    assert cells(table, 0) == [("params", "3*3*3*64 + 64 = 1,792")]
    assert cells(table, 1) == [("params", "36,928")]
    assert (cells(table, 2), said(table, 2)) == ([], [("kernel", "3"), ("channels", "128")])
    assert said(table, 3) == [("in_channels", "25088"), ("channels", "4096")]
    assert sums(table) == [("221,440", (2,)), ("260,160", (0, 1, 2)), ("103,024,704", (0, 1, 2, 3))]


def test_a_break_down_on_one_line() -> None:
    """Entries that were run together are taken apart."""
    (table,) = read(
        "conv3-64 x 2 : 38,720 conv3-128 : 73,856 fc1 : 16,781,312 TOTAL : 16,893,888\n", "breakdown"
    )

    assert [(row.kind, row.repeats) for row in table.rows] == [("conv", 2), ("conv", 1), ("fc", 1)]
    assert sums(table) == [("38,720", (0,)), ("16,893,888", (0, 1, 2))]


@pytest.mark.parametrize(
    "text",
    [
        "conv1: 64\nconv2: 128\nconv3: 256\nfc6: 4096\n",  # filters
        "conv1_1: 1.25 ms\nconv1_2: 3.11 ms\nfc6: 10.2 ms\n",
        "Activations:\nconv1_1: 3,211,264\nconv1_2: 3,211,264\npool1: 802,816\nconv2_1: 1,605,632\n",
        "conv1_1: 224x224x64\nconv1_2: 224x224x64\nconv2_1: 112x112x128\n",
        "conv1_1: 1,792\nconv1_2: 36,928\n",  # two lines are no listing
    ],
)
def test_what_is_no_break_down_of_parameters(text: str) -> None:
    """Filters, times, values and shapes are not taken for parameters."""
    assert read(text, "breakdown") == []


def test_operations_are_told_by_their_word() -> None:
    """``MACs`` before the list makes its numbers operations."""
    (table,) = read("MACs of each layer\nconv1_1: 86.7M\nconv1_2: 1.85G\nconv2_1: 925M\n", "breakdown")

    assert cells(table, 0) == [("ops", "86.7M")]


def test_a_product_belongs_to_its_value() -> None:
    """The product before the equals sign is no part of the name, and the shape before it is the output's."""
    (table,) = read(
        "- conv1_1: 输出 224×224×64，参数 3×3×3×64+64 = 1792\n"
        "- conv1_2: 输出 224×224×64，参数 3×3×64×64+64 = 36928\n"
        "- conv2_1: 输出 112×112×128，参数 3×3×64×128+128 = 73586\n",
        "breakdown",
    )

    assert [row.name for row in table.rows] == ["conv1_1", "conv1_2", "conv2_1"]
    assert cells(table, 2) == [("shape", "112x112x128"), ("params", "3x3x64x128+128 = 73586")]
