"""HTML, LaTeX, CSV, aligned columns, pasted configurations, listings: the same claims in other clothes."""

from __future__ import annotations

import pytest

from tests.check.readers.reading import cells, kinds, make, places, read, read_all, said, totals
from vggstat.lint.readers.markup import strip_tags

PAGE = """\
<html><head><title>x</title><style>td { width: 3 }</style></head><body>
<table class="t">
<caption>Layers of VGG-16</caption>
<thead><tr><th>Layer</th><th>Output&nbsp;shape</th><th>Params</th></tr></thead>
<tbody>
<tr><td>conv1_1</td><td>224 &times; 224 &#215; 64</td><td><b>1,792</b></td></tr>
<tr><td rowspan="2">conv1_2</td><td rowspan=2>224x224x64</td><td rowspan='2'>36,928</td></tr>
<tr></tr>
<tr><td>max
pool</td><td>112x112x64</td><td>0
<tr><td>fc6<td>4096<td>102,764,544</tr>
</tbody></table>
<script>var x = "<td>1</td>";</script>
<p>There are 138M&nbsp;parameters.<br>Really.</p>
<pre>conv1_1  1,792
conv1_2  36,928</pre></body></html>
"""


def test_html_tables() -> None:
    """Entities, tags inside cells, unclosed cells and captions are read."""
    (table,) = read(PAGE, "html", "html")

    assert table.title == "Layers of VGG-16"
    assert [row.name for row in table.rows][:2] == ["conv1_1", "conv1_2"]
    assert cells(table, 0) == [("shape", "224 x 224 x 64"), ("params", "1,792")]
    assert cells(table, 1) == [("shape", "224x224x64"), ("params", "36,928")]
    assert cells(table, len(table.rows) - 1) == [("shape", "4096"), ("params", "102,764,544")]
    assert (table.rows[0].cells[1].flow.place().line, table.rows[0].cells[1].flow.place().column) == (6, 62)


def test_html_in_one_line() -> None:
    """A page of one line is read as one of many."""
    (table,) = read(PAGE.replace("\n", " "), "html", "html")

    assert cells(table, 0) == [("shape", "224 x 224 x 64"), ("params", "1,792")]


def test_merged_cells_of_configurations() -> None:
    """A cell over all columns belongs to each; one over two rows is one layer."""
    tables = read(
        "<table><tr><th>A</th><th>B</th></tr><tr><td "
        "rowspan=2>conv3-64</td><td>conv3-64</td></tr><tr><td>conv3-64</td></tr>"
        "<tr><td colspan=2>maxpool</td></tr><tr><td>conv3-128</td><td>conv3-128<br>conv3-128</td></tr><tr><td "
        "colspan='2'>FC-4096</td></tr></table>",
        "html", "html",
    )  # fmt: skip

    assert [kinds(table) for table in tables] == [
        ["conv", "pool", "conv", "fc"],
        ["conv", "conv", "pool", "conv", "conv", "fc"],
    ]


def test_a_count_merged_over_rows_is_nobodys() -> None:
    """The parameters of two layers in one cell are claimed for neither."""
    (table,) = read(
        "<table><tr><th>Layer</th><th>Params</th></tr><tr><td>conv1_1</td><td "
        "rowspan=2>38,720</td></tr><tr><td>conv1_2</td></tr>"
        "<tr><td>conv2_1</td><td>73,856</td></tr><tr><td>pool2</td><td>0</td></tr></table>", "html", "html",
    )  # fmt: skip

    assert [cells(table, i) for i in range(3)] == [[], [], [("params", "73,856")]]


def test_strip_tags_gives_plain_lines() -> None:
    """Blocks and breaks begin lines; the places of words stay those of the page."""
    lines = strip_tags(make(PAGE, "html").lines, tables=False)
    words = [line.text.strip() for line in lines if line.text.strip()]

    assert words == ["There are 138M parameters.", "Really.", "conv1_1  1,792", "conv1_2  36,928"]
    line = next(line for line in lines if "138M" in line.text)
    assert (line.number, line.column(line.text.index("138M"))) == (14, 14)


LATEX = r"""
\begin{table}[t]
\caption{Layers of VGG-16}
\begin{tabular}{@{}l|rr@{}} % comment & comment
\toprule
Layer & Output & Parameters \\
\midrule
conv1\_1 & $224\times224\times64$ & 1{,}792 \\[2pt]
\textbf{conv1\_2} & 224 $\times$ 224 $\times$ 64 & $36{,}928$ \\ \hline
\multirow{2}{*}{pool1} & $112 \times 112 \times 64$ & -- \\
fc6 & 4096 & \num{102764544} \\
\multicolumn{2}{l}{Total} & $\approx$138M \\
\bottomrule
\end{tabular}
\end{table}
"""


def test_latex_tables() -> None:
    """Rules, merged cells, math and comments leave the claims as they are."""
    (table,) = read(LATEX, "latex", "latex")

    assert (table.title, kinds(table)) == ("Layers of VGG-16", ["conv", "conv", "pool", "fc"])
    assert cells(table, 0) == [("shape", "224x224x64"), ("params", "1,792")]
    assert cells(table, 1) == [("shape", "224 x 224 x 64"), ("params", "36,928")]
    assert cells(table, 3) == [("shape", "4096"), ("params", "102764544")]
    assert totals(table) == [("params", "~138M", "")]
    assert table.rows[0].cells[1].flow.place()[:3] == (8, 37, 44)


@pytest.mark.parametrize(("sign", "kind"), [(",", "csv"), (";", "csv"), ("\t", "tsv")])
def test_separated_values(sign: str, kind: str) -> None:
    """Quoted cells keep their commas."""
    text = 'layer;output;params\nconv1_1;"(224, 224, 64)";1792\nconv1_2;"(224, 224, 64)";"36,928"\n'
    text = (text + 'pool1;"(112, 112, 64)";0\n').replace(";", sign)
    (table,) = read(text, "delimited", kind)

    assert cells(table, 1) == [("shape", "(224, 224, 64)"), ("params", "36,928")]
    assert all(flow == there for flow, there in places(text, table))


def test_columns_aligned_by_spaces() -> None:
    """Headers over two lines, rules, and wide characters do not disturb the columns."""
    (table,) = read_all(
        "                  output     weights,\n name     layer   h × w × c  no "
        "biases\n-------------------------------------\n"
        " conv1_1  conv   224×224×64      1,728\n conv1_2  conv   224×224×64     36,864\n pool1    pool   "
        "112×112×64          0\n"
        "-------------------------------------\n Total                           38,592\n", "text",
    )  # fmt: skip

    assert cells(table, 1) == [("shape", "224x224x64"), ("weights", "36,864")]
    assert totals(table) == [("weights", "38,592", "")]


TABLE_1 = """\
A A-LRN B C D E
11 weight 11 weight 13 weight 16 weight 16 weight 19 weight
layers layers layers layers layers layers
input (224 × 224 RGB image)
conv3-64 conv3-64 conv3-64 conv3-64 conv3-64 conv3-64
LRN conv3-64 conv3-64 conv3-64 conv3-64
maxpool
conv3-256 conv3-256 conv3-256 conv3-256 conv3-256 conv3-256
conv1-256 conv3-256 conv3-256
conv3-256
maxpool
FC-4096
soft-max
Table 2: Number of parameters (in millions).
Network A,A-LRN B C D E
Number of parameters 133 133 134 138 144
"""


def test_the_papers_tables_as_pasted_text() -> None:
    """Short lines belong to the deeper networks at the right; the numbers below are the networks' parameters."""
    *columns, sizes = read_all(TABLE_1, "text")

    assert [table.title for table in columns] == ["A", "A-LRN", "B", "C", "D", "E"]
    assert [len(table.rows) for table in columns] == [7, 8, 8, 9, 9, 10]
    assert said(columns[3], 5) == [("kernel", "1"), ("channels", "256")]
    assert [(row.name, row.cells[0].flow.text, row.cells[0].unit) for row in sizes.rows][-1] == (
        "E",
        "144",
        "millions",
    )


def test_a_listing_of_shapes() -> None:
    """Lines of a layer and its shape are a listing, arrows and batches included; pool arguments are no shape."""
    (table,) = read_all(
        "Input:        (batch, 3, 224, 224)\nConv3x3(64) + ReLU   (batch,  64, 224, 224)\n- conv1_2: "
        "224x224x64\nMaxPool2d(2, 2)  (batch, 64, 112, 112)\n"
        "Conv 3x3, 128: 112×112×64 -> 112×112×128\nconv2_2 → 112×112×128\nMax pooling -> 56x56x128\n", "text",
    )  # fmt: skip

    assert kinds(table) == ["input", "conv", "conv", "pool", "conv", "conv", "pool"]
    assert cells(table, 4) == [("in_shape", "112x112x64"), ("shape", "112x112x128")]
    assert said(table, 1) == [("channels", "64"), ("kernel", "3x3")]


def test_matlab_darknet_and_caffe() -> None:
    """Three other frameworks' listings."""
    matlab, darknet, caffe = read_all(
        "  1  'input'    Image Input      224x224x3 images with 'zerocenter' normalization\n"
        "  2  'conv1_1'  Convolution      64 3x3x3 convolutions with stride [1  1] and padding [1  1  1  1]\n"
        "  3  'pool1'    Max Pooling      2x2 max pooling with stride [2  2] and padding [0  0  0  0]\n"
        "  4  'fc6'      Fully Connected  4096 fully connected layer\n\nlayer     filters    size              "
        "input                output\n"
        "    0 conv     64  3 x 3 / 1   224 x 224 x   3   ->   224 x 224 x  64  0.173 BFLOPs\n"
        "    1 max          2 x 2 / 2   224 x 224 x  64   ->   112 x 112 x  64\n    2 connected    25088  ->  "
        "4096\n\n\n\n\n"
        'layer {\n  name: "conv1_1"\n  type: "Convolution"\n  convolution_param { num_output: 64 pad: 1 '
        "kernel_size: 3 }\n}\n"
        * 1
        + 'layer {\n  name: "conv"\n  type: "Convolution"\n  convolution_param {\n    num_output: 64\n  }\n}\n'
        + 'layers {\n  name: "fc6"\n  type: INNER_PRODUCT\n  inner_product_param { num_output: 4096 }\n}\n',
        "text",
    )

    assert [matlab.dialect, darknet.dialect, caffe.dialect] == ["matlab", "darknet", "prototxt"]
    assert [(c.quantity, c.flow.text) for c in matlab.rows[1].cells] == [
        ("stride", "1"), ("padding", "1"), ("channels", "64"), ("kernel", "3x3"), ("in_channels", "3"),
    ]  # fmt: skip
    assert ("ops", "0.173") in cells(darknet, 0)
    assert [(c.quantity, c.flow.text) for c in caffe.rows[0].cells] == [
        ("channels", "64"),
        ("kernel", "3"),
        ("padding", "1"),
    ]


def test_one_cell_a_line() -> None:
    """A table pasted cell by cell is put together again; prose around it is left alone."""
    text = "Some words.\n\nLayer\nOutput\nParams\nconv1_1\n224×224×64\n1,792\n\nconv1_2\n224×224×64\n36,928\n"
    text += "pool1\n112×112×64\n0\n\nAfter it.\n"
    (table,) = read_all(text, "text")

    assert [cells(table, i) for i in range(3)] == [
        [("shape", "224x224x64"), ("params", "1,792")],
        [("shape", "224x224x64"), ("params", "36,928")],
        [("shape", "112x112x64"), ("params", "0")],
    ]


def test_a_listing_with_parameters_in_brackets() -> None:
    """Comments of Caffe's prototxt: the shape, or an FC layer's outputs, and ``params`` before its number."""
    (table,) = read(
        "# conv1_1: 64x224x224  (params 1792)\n# conv1_2: 64x224x224  (params 36928)\n# pool1:   64x112x112\n"
        "# conv2_1: 128x112x112 (params 73856)\n# conv2_2: 128x112x112 (params 147584)\n"
        "# fc6: 4096 (params 102764544)\n",
        "listing",
        "text",
    )

    assert cells(table, 0) == [("shape", "64x224x224"), ("params", "1792")]
    assert cells(table, 5) == [("shape", "4096"), ("params", "102764544")]
