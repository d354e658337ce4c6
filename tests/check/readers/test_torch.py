"""What torchsummary, torchinfo and ``print`` show of a torch module."""

from __future__ import annotations

import pytest

from tests.check.readers.reading import cells, kinds, places, read, read_all, said, totals
from vggstat.lint.identity.observe import parse_dims

SUMMARY = """\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1         [-1, 64, 224, 224]           1,792
              ReLU-2         [-1, 64, 224, 224]               0
         MaxPool2d-3         [-1, 64, 112, 112]               0
 AdaptiveAvgPool2d-4           [-1, 512, 7, 7]               0
            Linear-5                 [-1, 4096]     102,764,544
           Dropout-6                 [-1, 4096]               0
================================================================
Total params: 138,357,544
Trainable params: 138,357,544
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): 0.57
Forward/backward pass size (MB): 218.78
Params size (MB): 527.79
Estimated Total Size (MB): 747.15
----------------------------------------------------------------
"""


def test_torchsummary_rows_and_totals() -> None:
    """A row has the shape and the count; the totals have their own quantities and units."""
    (table,) = read_all(SUMMARY, "text")

    assert (table.dialect, table.family, table.gaps) == ("torchsummary", "torchsummary", False)
    assert kinds(table) == ["conv", "relu", "pool", "avgpool", "fc", "dropout"]
    assert cells(table, 0) == [("shape", "[-1, 64, 224, 224]"), ("params", "1,792")]
    assert totals(table) == [
        ("params", "138,357,544", ""),
        ("trainable_params", "138,357,544", ""),
        ("frozen_params", "0", ""),
        ("input_bytes", "0.57", "MB"),
        ("pass_bytes", "218.78", "MB"),
        ("param_bytes", "527.79", "MB"),
        ("total_bytes", "747.15", "MB"),
    ]


@pytest.mark.parametrize("prefix", ["# ", "    ", "// ", "> ", "| "])
def test_torchsummary_behind_signs(prefix: str) -> None:
    """Comment signs, quotes and indents before each line change nothing, and places stay right."""
    text = prefix + SUMMARY.replace("\n", "\n" + prefix)
    (table,) = read_all(text, "text")

    assert (len(table.rows), len(table.totals)) == (6, 7)
    assert all(flow == there for flow, there in places(text, table))


def test_torchsummary_run_together_or_cut() -> None:
    """Rows of one line are told apart; missing numbers and missing totals are gaps."""
    (table,) = read(
        "Conv2d-1 [-1, 64, 224, 224] 1,792 ReLU-2 [-1, 64, 224, 224] 0 MaxPool2d-3 [-1, 64, 112, 112] 0",
        "torchsummary",
        "text",
    )
    (cut,) = read(
        SUMMARY.replace(
            "              ReLU-2         [-1, 64, 224, 224]               0\n", "          ...\n"
        ),
        "torchsummary",
        "text",
    )

    assert [row.name for row in table.rows] == ["Conv2d-1", "ReLU-2", "MaxPool2d-3"]
    assert table.gaps
    assert cut.gaps


def test_two_summaries_in_one_text() -> None:
    """Each summary is a table of its own."""
    assert [
        len(table.rows) for table in read_all(SUMMARY + "\nAnd with another input:\n\n" + SUMMARY, "text")
    ] == [6, 6]


INFO = """\
==========================================================================================
Layer (type:depth-idx)                   Output Shape              Param #
==========================================================================================
VGG                                      [1, 1000]                 --
├─Sequential: 1-1                        [1, 512, 7, 7]            --
│    └─Conv2d: 2-1                       [1, 64, 224, 224]         1,792
│    └─ReLU: 2-2                         [1, 64, 224, 224]         --
│    └─MaxPool2d: 2-3                    [1, 64, 112, 112]         --
├─AdaptiveAvgPool2d: 1-2                 [1, 512, 7, 7]            --
├─Sequential: 1-3                        [1, 1000]                 --
│    └─Linear: 2-4                       [1, 4096]                 102,764,544
│    └─Dropout: 2-5                      [1, 4096]                 --
==========================================================================================
Total params: 138,357,544
Trainable params: 138,357,544
Non-trainable params: 0
Total mult-adds (Units.GIGABYTES): 15.48
==========================================================================================
Input size (MB): 0.60
Forward/backward pass size (MB): 108.45
Params size (MB): 553.43
Estimated Total Size (MB): 662.49
==========================================================================================
"""


def test_torchinfo_leaves_and_totals() -> None:
    """A module that holds others claims its shape alone; dashes are no counts."""
    (table,) = read_all(INFO, "text")
    containers = [row for row in table.rows if row.type == "container"]
    table = table.replace(rows=tuple(row for row in table.rows if row not in containers))

    assert (table.dialect, table.family, table.title, table.gaps) == ("torchinfo", "torchinfo", "VGG", False)
    assert kinds(table) == ["conv", "relu", "pool", "avgpool", "fc", "dropout"]
    assert cells(table, 0) == [("shape", "[1, 64, 224, 224]"), ("params", "1,792")]
    assert cells(table, 1) == [("shape", "[1, 64, 224, 224]")]
    assert [[cell.quantity for cell in row.cells] for row in containers] == [["shape"]] * 3
    assert ("ops", "15.48", "G") in totals(table)
    assert ("pass_bytes", "108.45", "MB") in totals(table)


@pytest.mark.parametrize(("unit", "letter"), [("G", "G"), ("M", "M"), ("Units.MEGABYTES", "M"), ("GB", "G")])
def test_units_of_mult_adds(unit: str, letter: str) -> None:
    """Releases of torchinfo write the unit differently."""
    (table,) = read_all(INFO.replace("Units.GIGABYTES", unit), "text")

    assert ("ops", "15.48", letter) in totals(table)


def test_torchinfo_with_many_columns() -> None:
    """Input shape, kernel and mult-adds are told apart by the header, with names of variables too."""
    (table,) = read(
        "Layer (type (var_name))   Input Shape   Output Shape   Param #   Param %   Kernel Shape   Mult-Adds   "
        "Trainable\n"
        "VGG (VGG)   [1, 3, 224, 224]   [1, 1000]   --   --   --   --   True\n"
        "├─Sequential (features)   [1, 3, 224, 224]   [1, 512, 7, 7]   --   --   --   --   True\n"
        "│    └─Conv2d (0)   [1, 3, 224, 224]   [1, 64, 224, 224]   1,792   0.00%   [3, 3]   89,915,392   True\n"
        "│    └─ReLU (1)   [1, 64, 224, 224]   [1, 64, 224, 224]   --   --   --   --   --\n"
        "│    └─Conv2d (2)   [1, 64, 224, 224]   [1, 64, 224, 224]   36,928   0.03%   [3, 3]   1,852,899,328   "
        "True\n",
        "torchinfo", "text",
    )  # fmt: skip

    assert cells(table, 2) == [
        ("in_shape", "[1, 3, 224, 224]"),
        ("shape", "[1, 64, 224, 224]"),
        ("params", "1,792"),
        ("kernel", "[3, 3]"),
        ("ops", "89,915,392"),
    ]
    assert [row.name for row in table.rows[2:]] == ["0", "1", "2"]
    assert table.gaps


def test_a_shallow_tree_keeps_its_blocks() -> None:
    """At ``depth=1`` a block's count stands for what is not shown."""
    (table,) = read(
        "Layer (type:depth-idx)  Output Shape  Param #\nVGG  [1, 1000]  --\n├─Sequential: 1-1  [1, 512, 7, 7]  "
        "14,714,688\n├─AdaptiveAvgPool2d: 1-2  [1, 512, 7, 7]  --\n├─Sequential: 1-3  [1, 1000]  123,642,856\n",
        "torchinfo",
        "text",
    )

    assert kinds(table) == ["other", "other", "avgpool", "other"]
    assert cells(table, 1)[-1] == ("params", "14,714,688")


MODEL = """\
VGG(
  (features): Sequential(
    (0): Conv2d(3, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    (1): ReLU(inplace=True)
    (2): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
  )
  (avgpool): AdaptiveAvgPool2d(output_size=(7, 7))
  (classifier): Sequential(
    (0): Linear(in_features=25088, out_features=4096, bias=True)
    (1): Dropout(p=0.5, inplace=False)
  )
)
"""


def test_print_model() -> None:
    """Arguments are what a module's name says of it; containers are no rows."""
    (table,) = read_all(MODEL, "text")

    assert (table.dialect, table.title, table.gaps) == ("print-model", "VGG", False)
    assert kinds(table) == ["conv", "relu", "pool", "avgpool", "fc", "dropout"]
    assert said(table, 0) == [
        ("in_channels", "3"),
        ("channels", "64"),
        ("kernel", "(3, 3)"),
        ("stride", "(1, 1)"),
        ("padding", "(1, 1)"),
    ]
    assert said(table, 4) == [("in_channels", "25088"), ("channels", "4096")]


@pytest.mark.parametrize(
    "text",
    [
        MODEL.replace("\n", " "),
        "# " + MODEL.replace("\n", "\n# "),
        MODEL.replace("\n", "\r\n"),
        MODEL.replace("dilation", "\ndilation"),
    ],
)
def test_print_model_wrapped_or_run_together(text: str) -> None:
    """The same modules are found in one line, behind comment signs, and wrapped."""
    (table,) = read(text, "print_model", "text")

    assert sum(kind in ("conv", "fc") for kind in kinds(table)) == 2
    assert all(flow == there for flow, there in places(text, table))


@pytest.mark.parametrize(
    "text",
    [
        "see (1): Foo and (2): Bar(3)",
        "(0): Linear(2, 3)",
        "def f(x): Conv2d(3)",
        "[1, 2, 3]",
        "Conv2d-1 is the first",
        "Layer (type)",
    ],
)
def test_other_text_yields_nothing(text: str) -> None:
    """Words that look like a module here and there are no model."""
    assert read_all(text, "text") == []


@pytest.mark.parametrize("batch", ["N", "B", "bs", "batch", "batch_size", "None", "-1"])
def test_a_batch_may_be_a_name(batch: str) -> None:
    """Whatever stands for the batch, the shape after it is read and right: 9 * 3 * 64 + 64 = 1,792 parameters."""
    text = SUMMARY.replace("[-1,", f"[{batch},")
    (table,) = read_all(text, "text")

    assert cells(table, 0) == [("shape", f"[{batch}, 64, 224, 224]"), ("params", "1,792")]
    dims = parse_dims(table.rows[0].cells[0].flow)
    assert dims is not None
    assert (dims.numbers, dims.open_batch) == ((64, 224, 224), True)


def test_layers_with_several_outputs() -> None:
    """torchsummary's row leaves a gap in the sum; torchinfo's keeps its count."""
    lost = SUMMARY.replace("ReLU-2         [-1, 64, 224, 224] ", "LSTM-2 [[-1, 60, 64], [-1, 2, 64]] ")
    (table,) = read_all(lost, "text")
    (tree,) = read_all(
        "Layer (type:depth-idx)          Output Shape              Param #\n"
        "├─Linear: 1-1                   [1, 60, 64]               1,664\n"
        "├─MultiheadAttention: 1-2       [[1, 60, 64], [1, 60, 60]] 16,640\n"
        "├─Linear: 1-3                   [1, 10]                   650\n"
        "Total params: 18,954\n",
        "text",
    )

    assert table.gaps
    assert cells(tree, 1) == [("params", "16,640")]
