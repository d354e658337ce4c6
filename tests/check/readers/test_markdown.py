"""Tables of pipes: layers, networks, facts, and what is none of them."""

from __future__ import annotations

import pytest

from tests.check.readers.reading import cells, kinds, places, read, read_all, said, totals

LAYERS = """\
| # | Layer | Output shape | Kernel | Params |
|---|:------|-------------:|--------|-------:|
| 0 | Input | 224×224×3 | - | 0 |
| 1 | **conv1_1** | 224×224×64 | 3×3 | **1,792** |
| 2 | conv1_2 | 224 x 224 x 64 | 3×3 | 36,928 |
| | MaxPool | 112×112×64 | 2×2 | 0 |
| 3 | fc6 | 4096 | | 102,764,544 |
| | **Total** | | | **138,357,544** |
"""


def test_a_row_is_a_layer_with_its_cells() -> None:
    """A table of layers gives a row a layer, in order, and the total apart."""
    (table,) = read(LAYERS, "markdown")

    assert kinds(table) == ["input", "conv", "conv", "pool", "fc"]
    assert cells(table, 1) == [("shape", "224x224x64"), ("kernel", "3x3"), ("params", "1,792")]
    assert cells(table, 4) == [("shape", "4096"), ("params", "102,764,544")]
    assert totals(table) == [("params", "138,357,544", "")]


@pytest.mark.parametrize(
    "text", [LAYERS, LAYERS.replace("\n", "\r\n"), "> " + LAYERS.replace("\n", "\n> ").rstrip("> ")]
)
def test_places_point_at_the_cells(text: str) -> None:
    """Each claim's place holds the claim's own characters, quoted and with any line ends."""
    (table,) = read(text, "markdown")

    assert all(flow == there for flow, there in places(text, table))


@pytest.mark.parametrize(
    ("header", "quantity", "unit"),
    [
        ("参数量", "params", ""),
        ("参数量(百万)", "params", "百万"),
        ("파라미터 수", "params", ""),
        ("パラメータ数", "params", ""),
        ("Parámetros", "params", ""),
        ("Paramètres (M)", "params", "M"),
        ("Anzahl der Parameter", "params", ""),
        ("Число параметров", "params", ""),
        ("Parâmetros", "params", ""),
        ("# weights", "params", ""),
        ("weights (no biases)", "weights", ""),
        ("FLOPs (G)", "ops", "G"),
        ("GFLOPs", "ops", "G"),
        ("MACs (M)", "ops", "M"),
        ("计算量", "ops", ""),
        ("演算量", "ops", ""),
        ("연산량", "ops", ""),
        ("memory(B)", "memory", ""),
        ("Memory (MB)", "memory", "MB"),
        ("内存", "memory", ""),
        ("메모리", "memory", ""),
    ],
)
def test_headers_of_nine_languages(header: str, quantity: str, unit: str) -> None:
    """The words of a header say what its numbers are, and in which unit."""
    text = f"| Layer | {header} |\n|---|---|\n| conv1_1 | 1792 |\n| conv1_2 | 36928 |\n| pool1 | 0 |\n"
    (table,) = read(text, "markdown")

    assert [(cell.quantity, cell.flow.text, cell.unit) for cell in table.rows[0].cells] == [
        (quantity, "1792", unit)
    ]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("网络层", "输出尺寸"),
        ("層", "出力サイズ"),
        ("레이어", "출력 크기"),
        ("Schicht", "Ausgabegröße"),
        ("Couche", "Taille de sortie"),
        ("Capa", "Tamaño de salida"),
        ("Camada", "Saída"),
        ("Слой", "Размер выхода"),
        ("Layer", "Output Volume"),
    ],
)
def test_shapes_of_nine_languages(layer: str, shape: str) -> None:
    """So do the headers of shapes."""
    text = f"| {layer} | {shape} |\n|---|---|\n| conv3-64 | 224×224×64 |\n"
    text += "| maxpool | 112×112×64 |\n| FC-4096 | 1×1×4096 |\n"
    (table,) = read(text, "markdown")

    assert [cells(table, i) for i in range(3)] == [
        [("shape", "224x224x64")],
        [("shape", "112x112x64")],
        [("shape", "1x1x4096")],
    ]
    assert said(table, 0) == [("kernel", "3"), ("channels", "64")]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("卷积层1", "conv"),
        ("最大池化层", "pool"),
        ("全连接层", "fc"),
        ("畳み込み層", "conv"),
        ("最大プーリング", "pool"),
        ("全結合層", "fc"),
        ("합성곱층", "conv"),
        ("맥스 풀링", "pool"),
        ("완전연결층", "fc"),
        ("Faltungsschicht", "conv"),
        ("Vollverbunden", "fc"),
        ("Convolución", "conv"),
        ("Свёртка 3x3", "conv"),
        ("Полносвязный", "fc"),
        ("Convolução", "conv"),
        ("block1_conv1 (Conv2D)", "conv"),
        ("Dense + Softmax", "fc"),
        ("Dropout(0.5)", "dropout"),
    ],
)
def test_layers_of_nine_languages(words: str, kind: str) -> None:
    """A layer's kind is known from its words."""
    text = f"| Layer | Params |\n|---|---|\n| conv1 | 1792 |\n| {words} | 36928 |\n| pool5 | 0 |\n| fc6 | 4096 |\n"
    (table,) = read(text, "markdown")

    assert kinds(table)[1] == kind


def test_the_common_table_of_feature_maps() -> None:
    """Under "Feature Map" a lone number is a number of maps, but of the image it is none; "2 X" is two layers."""
    (table,) = read(
        "| | Layer | Feature Map | Size | Kernel Size | Stride | Activation |\n|-|-|-|-|-|-|-|\n"
        "| Input | Image | 1 | 224 x 224 x 3 | - | - | - |\n"
        "| 1 | 2 X Convolution | 64 | 224 x 224 x 64 | 3x3 | 1 | relu |\n"
        "| | Max Pooling | 64 | 112 x 112 x 64 | 3x3 | 2 | relu |\n"
        "| 13 | FC | - | 25088 | - | - | relu |\n| Output | FC | - | 1000 | - | - | Softmax |\n",
        "markdown",
    )

    assert kinds(table) == ["input", "conv", "pool", "fc", "fc"]
    assert cells(table, 0) == [("shape", "224 x 224 x 3")]
    assert cells(table, 1) == [
        ("channels", "64"),
        ("shape", "224 x 224 x 64"),
        ("kernel", "3x3"),
        ("stride", "1"),
    ]
    assert table.rows[1].repeats == 2


def test_a_range_of_numbers_is_several_layers_and_no_count_is_read() -> None:
    """``1-2`` in the column of numbers means two layers; what is counted for both is nobody's own."""
    (table,) = read(
        "| No | Layer | Size | Params |\n|-|-|-|-|\n| 1-2 | Convolution | 224x224x64 | 38,720 |\n| 3 | Max Pooling "
        "| 112x112x64 | 0 |\n"
        "| 10-11-12 | Convolution | 28x28x512 | 5,899,776 |\n| 18 | FC | 4096 | 9 |\n",
        "markdown",
    )

    assert [row.repeats for row in table.rows] == [2, 1, 3, 1]
    assert cells(table, 0) == [("shape", "224x224x64")]


def test_a_formula_is_read_beside_its_value() -> None:
    """A column of calculations claims parameters, but only of layers that have some."""
    (table,) = read(
        "| Layer | Output | Parameters | Calculation |\n|-|-|-|-|\n| Conv1 (3×3, 64) | 224×224×64 | 1,792 | "
        "3×3×3×64 + 64 |\n"
        "| MaxPool | 112×112×64 | 0 | - |\n| Flatten | 25,088 | 0 | 7×7×512 |\n| FC1 | 4,096 | 102,764,544 | "
        "$25088 \\times 4096 + 4096$ |\n",
        "markdown",
    )

    assert cells(table, 0)[1:] == [("params", "1,792"), ("params", "3x3x3x64 + 64")]
    assert said(table, 0) == [("channels", "64"), ("kernel", "3x3")]
    assert cells(table, 2) == [("shape", "25,088"), ("params", "0")]
    assert cells(table, 3)[-1] == ("params", "$25088 \\times 4096 + 4096$")


def test_rows_left_out_are_gaps_and_parts_are_no_layers() -> None:
    """``...`` means a gap; a subtotal is neither a layer nor the total; section heads are no rows."""
    (table,) = read(
        "| Layer | Params |\n|-|-|\n| **Block 1** | |\n| Conv1 | 1,792 |\n| Conv2 | 36,928 |\n| ... | ... |\n| FC1 "
        "| 4,096,000 |\n"
        "| Conv layers total | 14.7M |\n| Total | 138M |\n",
        "markdown",
    )

    assert table.gaps
    assert [row.name for row in table.rows] == ["Conv1", "Conv2", "FC1"]
    assert totals(table) == [("params", "138M", "")]


def test_several_layers_in_one_row_are_another_kind() -> None:
    """A row that sums several layers keeps its number for sums, but is compared with no layer."""
    (table,) = read(
        "| Layer | Parameters | Share |\n|-|-|-|\n| All 13 convolutions | 14,714,688 | 10.6% |\n| fc6 (25088 → "
        "4096) | 102,764,544 | 74.3% |\n"
        "| fc7 (4096 → 4096) | 16,781,312 | 12.1% |\n",
        "markdown",
    )

    assert kinds(table) == ["other", "fc", "fc"]
    assert cells(table, 0) == [("params", "14,714,688"), ("share", "10.6")]


def test_weights_beside_parameters_are_without_biases() -> None:
    """Where both are columns, weights are what is left without the biases."""
    (table,) = read(
        "| layer | weights | params |\n|-|-|-|\n| conv1 | 1728 | 1792 |\n| conv2 | 36864 | 36928 |\n| pool | 0 | 0 "
        "|\n",
        "markdown",
    )

    assert cells(table, 0) == [("weights", "1728"), ("params", "1792")]


def test_a_transposed_table_of_layers() -> None:
    """Layers may stand side by side."""
    (table,) = read(
        "| Layer | conv1_1 | conv1_2 | pool1 |\n|-|-|-|-|\n| Output | 224×224×64 | 224×224×64 | 112×112×64 |\n| "
        "Params | 1,792 | 36,928 | 0 |\n",
        "markdown",
    )

    assert kinds(table) == ["conv", "conv", "pool"]
    assert cells(table, 1) == [("shape", "224x224x64"), ("params", "36,928")]


def test_networks_side_by_side() -> None:
    """A table across models gives a row a network; years, accuracies and times are left out."""
    (table,) = read(
        "| Model | Year | Params (M) | FLOPs | Size (MB) | Top-1 | Time (ms) |\n|-|-|-|-|-|-|-|\n| VGG-16 (D) | "
        "2014 | 138.4 | 15.5 G | 528 | 71.3% | 4.2 |\n"
        "| ResNet-50 | 2015 | 25.6 | 4.1 G | 98 | 76% | 4.6 |\n| **Ours** | 2020 | 3.5 | 0.3 G | 14 | 75% | 3 |\n",
        "markdown",
    )

    assert (table.form, [row.name for row in table.rows]) == ("networks", ["VGG-16 (D)", "ResNet-50", "Ours"])
    assert [(cell.quantity, cell.flow.text, cell.unit) for cell in table.rows[0].cells] == [
        ("params", "138.4", "M"), ("ops", "15.5 G", ""), ("param_bytes", "528", "MB"),
    ]  # fmt: skip


def test_transposed_networks() -> None:
    """Networks may head the columns; ratios of two are no network."""
    (table,) = read(
        "| | A | D | D / A |\n|-|-|-|-|\n| parameters | 132,863,336 | 138,357,544 | 1.041 |\n| GMACs | 7.61 | "
        "15.47 | 2.03 |\n",
        "markdown",
    )

    assert [row.name for row in table.rows] == ["A", "D"]
    assert [(cell.quantity, cell.flow.text, cell.unit) for cell in table.rows[1].cells] == [
        ("params", "138,357,544", ""),
        ("ops", "15.47", "G"),
    ]


@pytest.mark.parametrize(
    "number",
    [
        "138,357,544",
        "138.357.544",
        "138M",
        "~138M",
        "1.38亿",
        "13835万",
        "138 million",
        "1억 3835만",
        "138.4 M",
        "2,3M",
        "13835만",
    ],
)
def test_numbers_go_in_as_they_stand(number: str) -> None:
    """A number is cut out, never cleaned; words after it are not part of it."""
    for after in ("", " (89% FC)", "[1]"):
        (table,) = read(
            f"| 模型 | 参数 |\n|-|-|\n| VGG16 | {number}{after} |\n| AlexNet | 60M |\n", "markdown"
        )
        wanted = [] if number == "1억 3835만" else [number]
        assert [cell.flow.text for cell in table.rows[0].cells] == wanted


@pytest.mark.parametrize(
    "cell", ["138-144M", "138 / 15.5", "71.3%", "n/a", "—", "large", "(None, 3)", "2014 (138M)"]
)
def test_an_unclear_cell_is_left_out(cell: str) -> None:
    """Ranges, pairs, shares and words are no claims."""
    (table,) = read(
        f"| Model | Params | Depth |\n|-|-|-|\n| VGG16 | {cell} | 23 |\n| VGG19 | 143.7M | 26 |\n", "markdown"
    )

    assert table.rows[0].cells == ()


def test_a_unit_in_the_caption() -> None:
    """``Number of parameters (in millions)`` above the table is the numbers' unit."""
    (table,) = read(
        "Table 2: Number of parameters (in millions).\n\n| Network | A,A-LRN | B | C | D | E |\n|-|-|-|-|-|-|\n| "
        "Number of parameters | 133 | 133 | 134 | 138 | 144 |\n",
        "markdown",
    )

    assert [row.name for row in table.rows] == ["A,A-LRN", "B", "C", "D", "E"]
    assert {cell.unit for row in table.rows for cell in row.cells} == {"millions"}


CONFIGURATIONS = """\
A | A-LRN | B | C | D | E
--- | --- | --- | --- | --- | ---
11 weight layers | 11 weight layers | 13 weight layers | 16 weight layers | 16 weight layers | 19 weight layers
| input | 224 × 224 | RGB image |
conv3-64 | conv3-64 | conv3-64 | conv3-64 | conv3-64 | conv3-64
| | LRN | **conv3-64** | conv3-64 | conv3-64 | conv3-64
| maxpool |
conv3-256 | conv3-256 | conv3-256 | conv3-256 | conv3-256 | conv3-256
| | | | **conv1-256** | conv3-256 | conv3-256
| | | | | | conv3-256
| maxpool |
| FC-4096 |
| soft-max |
| Number of parameters (in millions) | 133 | 133 | 134 | 138 | 144 |
"""


def test_the_papers_table_as_columns() -> None:
    """Each configuration is a table of its own; a layer that stands once belongs to all of them."""
    tables = read(CONFIGURATIONS, "markdown")

    assert [table.title for table in tables] == ["A", "A-LRN", "B", "C", "D", "E"]
    assert [row.name for row in tables[3].rows] == [
        "input",
        "conv3-64",
        "conv3-64",
        "maxpool",
        "conv3-256",
        "conv1-256",
        "maxpool",
        "FC-4096",
        "soft-max",
    ]
    assert kinds(tables[1]) == ["input", "conv", "lrn", "pool", "conv", "pool", "fc", "softmax"]
    assert said(tables[5], 0) == [("size", "224 x 224")]
    assert said(tables[3], 5) == [("kernel", "1"), ("channels", "256")]


def test_cells_with_several_layers() -> None:
    """A cell may hold a whole block."""
    tables = read(
        "| | VGG-11 | VGG-16 |\n|-|-|-|\n| 1 | conv3-64 | conv3-64<br>conv3-64 |\n| | maxpool | maxpool |\n| 2 | "
        "conv3-128 | conv3-128 conv3-128 |\n| | maxpool | maxpool |\n",
        "markdown",
    )

    assert [len(table.rows) for table in tables] == [4, 6]


def test_facts_of_one_network() -> None:
    """A table of what and how much claims facts."""
    (table,) = read(
        "| Property | Value |\n|-|-|\n| Total params | 138,357,544 |\n| Model size | 528 MB |\n| Top-1 | 71.3% |\n",
        "markdown",
    )

    assert table.form == "facts"
    assert totals(table) == [("params", "138,357,544", ""), ("param_bytes", "528 MB", "")]


@pytest.mark.parametrize(
    "text",
    [
        "| Task | CPU | Speedup |\n|-|-|-|\n| Conv2D 224x224x64 | 145ms | 17.7x |\n| Dense 1000 | 12.5ms | 15.6x "
        "|\n",
        "| Layer | VGG16 | VGG19 |\n|-|-|-|\n| Conv3-64 | 2 | 2 |\n| MaxPool | 1 | 1 |\n| FC-4096 | 2 | 2 |\n",
        "| Epoch | Loss | Accuracy |\n|-|-|-|\n| 1 | 0.03 | 0.32 |\n| 2 | 0.02 | 0.82 |\n",
        "| Method | BLEU |\n|-|-|\n| VGG-16 | 0.52 |\n| VGG-16 + C3D | 0.54 |\n",
        "| Name | Parameters |\n|-|-|\n| ResNet-50 | lots |\n| VGG-16 | many |\n",
        "| a | b |\n|-|-|\n", "||||\n||||\n", "|", "| Params |\n|-|\n", "a | b\nc | d\n",
    ],
)  # fmt: skip
def test_other_tables_yield_nothing(text: str) -> None:
    """A table that claims nothing about layers or networks is not read, and its lines stay free."""
    tables = read(text, "markdown")

    assert not any(row.cells for table in tables for row in table.rows)


def test_counts_of_neither_layers_nor_networks() -> None:
    """They are read for what their columns say of each other."""
    (table,) = read(
        "| layer | params | mult-adds |\n|-|-|-|\n| VGG conv1 | 640 | 28,901,376 |\n| LeNet conv1 | 156 | 117,600 |\n"
        "| VGG fc1 | 9 | 9 |\n",
        "markdown",
    )

    assert table.form == "counts"
    assert cells(table, 1) == [("params", "156"), ("ops", "117,600")]


def test_escapes_and_html_in_cells() -> None:
    """Escaped stars and pipes, ``<br>`` and spans are no part of a claim's words."""
    (table,) = read(
        "| Layer | Params |\n|-|-|\n| conv1\\_1 | 3\\*3\\*3\\*64=1,728 |\n| <b>conv1_2</b> | <span "
        'style="color:red">36,864</span> |\n| pool\\|max | 0 |\n',
        "markdown",
    )

    assert cells(table, 0) == [("params", "3\\*3\\*3\\*64=1,728")]
    assert cells(table, 1) == [("params", "36,864")]


def test_a_table_in_a_box() -> None:
    """Box-drawing borders are pipes and rules."""
    (table,) = read_all(
        "┌─────────┬───────────┐\n│ Layer   │ Params    │\n├─────────┼───────────┤\n│ conv1_1 │ 1,792     │\n│ "
        "conv1_2 │ 36,928    │\n│ pool1   │ 0         │\n└─────────┴───────────┘\n",
        "text",
    )

    assert [cells(table, i) for i in range(3)] == [
        [("params", "1,792")],
        [("params", "36,928")],
        [("params", "0")],
    ]


@pytest.mark.parametrize(
    ("header", "number", "unit"),
    [
        ("Parameter (Mio.)", "138,4", "Mio"),
        ("Число параметров, млн", "138", "млн"),
        ("Params", "138.36", "M"),
        ("Params", "138357544", ""),
        ("params (x10^6)", "138", "M"),
        ("Parámetros (millones)", "138", "millones"),
        ("Paramètres en millions", "138", "millions"),
        ("パラメータ数(億)", "1.38", "億"),
        ("params_m", "138.4", "M"),
        ("#Params [M]", "138", "M"),
    ],
)
def test_units_of_parameters(header: str, number: str, unit: str) -> None:
    """A header's unit is read in its language; networks of "138 parameters" have millions of them."""
    (table,) = read(f"| Model | {header} |\n|-|-|\n| VGG16 | {number} |\n", "markdown")

    assert [(cell.flow.text, cell.unit) for cell in table.rows[0].cells] == [(number, unit)]


def test_names_in_links_and_enumerations() -> None:
    """A link's text is the cell; torchvision's names of weights are names of networks."""
    (links, weights) = read_all(
        "| model | flops |\n|-|-|\n| [vgg-16](reports/x.md) | [15.5 GFLOPs](y) |\n\n"
        "Weight | Acc@1 | Params | GFLOPS\n-- | -- | -- | --\nVGG16_Weights.IMAGENET1K_V1 | 71.592 | 138.4M | 15.47\n"
    )

    assert (links.rows[0].name, [cell.flow.text for cell in links.rows[0].cells]) == ("vgg-16", ["15.5 G"])
    assert (weights.rows[0].name, [cell.flow.text for cell in weights.rows[0].cells]) == (
        "VGG16",
        ["138.4M", "15.47"],
    )
