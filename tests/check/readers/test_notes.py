"""Notes between and below the rows of tables without rules."""

from __future__ import annotations

from tests.check.readers.reading import read


def test_a_sentence_below_a_table_is_no_row() -> None:
    """It names kernels and a pool, but it is one cell of many words."""
    (table,) = read(
        " layer          shape        params\n"
        " block1_conv1   224x224x64    1792\n"
        " block1_conv2   224x224x64   36928\n"
        " block1_pool    112x112x64       0\n"
        " Only the eager bounds add the separate bias and ReLU kernels and the pool indices.\n",
        "delimited",
        "text",
    )

    assert [row.name for row in table.rows] == ["block1_conv1", "block1_conv2", "block1_pool"]
