"""Right numbers that look wrong to somebody who takes every document for a whole VGG of today."""

from __future__ import annotations

import pytest

from vggstat.lint.names import find_names
from vggstat.lint.network import load_spec

from .support import check, codes, found

THOP = """\
Model | Params(M) | MACs(G)
---|---|---
vgg11 | 132.86 | 7.74
vgg13 | 133.05 | 11.44
{}
vgg19 | 143.67 | 19.77
vgg19_bn | 143.68 | 19.83
"""
STRIDED = """\
----------------------------------------------------------------
        Layer (type)               Output Shape         Param #
================================================================
            Conv2d-1           [-1, 32, 16, 16]             896
              ReLU-2           [-1, 32, 16, 16]               0
            Conv2d-3           [-1, 64, 16, 16]          18,496
              ReLU-4           [-1, 64, 16, 16]               0
         MaxPool2d-5             [-1, 64, 8, 8]               0
            Linear-6                   [-1, 10]          40,970
================================================================
Total params: 60,362
Trainable params: 60,362
Non-trainable params: 0
----------------------------------------------------------------
Input size (MB): {}
Forward/backward pass size (MB): 0.41
Params size (MB): 0.23
Estimated Total Size (MB): {}
----------------------------------------------------------------
"""


def test_versions_of_a_tool_differ_in_a_batch_norm() -> None:
    """The MACs of E with the FC layers twice are 19.77 G; with 4 for each of 14,852,096 values 19.83 G."""
    assert codes(THOP.format("vgg16 | 138.36 | 15.61")) == ["V502"]  # once, for the column


def test_one_row_of_another_rule_ends_in_a_finding() -> None:
    """19.71 G is no count of that table's rule for E; the rule is not known for every network, and nothing breaks."""
    text = THOP.format("vgg16 | 138.36 | 15.61").replace("143.67 | 19.77", "143.67 | 19.99")

    assert ("V410", "19.99") in {(code, text) for _, code, text, _ in found(text)}


@pytest.mark.parametrize(
    "text",
    [
        # 2 MACs, biases, 4 for each value that leaves a pool, 5 for each of the softmax's 1,000
        "vgg16: 30960211824 FLOPs\n",
        "VGG19 takes 39,285,112,688 FLOPs.\n",
        # the table of a paper: conv layers alone, rounded to hundreds
        "| Model | Million Mult-Adds | Million Parameters |\n|---|---|---|\n| VGG 16 | 15300 | 138 |\n",
        "| Model | Params (M) | Mult-Adds (G) | Size |\n|---|---|---|---|\n| VGG-16 | 138 | 15.3 | 553 MB |\n",
        # 4 bytes for each of 138 million
        "VGG-16 takes 552 MB on disk.\n",
        "| Model | Flops(G) | Params(M) | Model Size(M) |\n|---|---|---|---|\n| vgg-16 | 15.47 | 138.36 | 528 |\n",
        # 4 times the conv layers' 15.347 G and the FC layers' 0.124 G
        "| Model | GMACs |\n|---|---|\n| VGG16 @ 448 | 61.5 |\n",
        "VGG16 @ 448 has 61.5 GMACs.\n",
        # someone's own network on top
        "| Method | Parameters |\n|---|---|\n| ELA + VGG16 | 138.81M |\n",
        # the conv layers, the FC layers, and both
        "| Model | Weights (CONV) | Weights (FC) | Total Weights |\n|---|---|---|---|\n| VGG-16 | 14.7M | 124M | 138M |\n",
    ],
)
def test_figures_in_circulation(text: str) -> None:
    """No error where a number is right in some way that is in use."""
    assert [finding for finding in check(text).findings if finding.severity == "error"] == []


def test_an_image_is_known_by_its_bytes() -> None:
    """32 x 32 x 3 values are 0.01 MiB; the first convolution strides, so its map is no image."""
    assert check(STRIDED.format("0.01", "0.65"), "a.txt").findings == ()


FORERUNNER = """\
==========================================================================================
Layer (type:depth-idx)                   Output Shape              Param #
==========================================================================================
├─Conv2d: 1-1                            [-1, 32, 112, 112]        896
├─Conv2d: 1-2                            [-1, 64, 112, 112]        18,496
├─MaxPool2d: 1-3                         [-1, 64, 56, 56]          --
├─Linear: 1-4                            [-1, 10]                  2,007,050
==========================================================================================
Total params: 2,026,442
==========================================================================================
Input size (MB): {}
==========================================================================================
"""


def test_the_forerunner_of_torchinfo_prints_mebibytes() -> None:
    """224 * 224 * 3 * 4 bytes are 0.574 MiB, and 0.602 MB: the first map, 112 square, is no image."""
    assert check(FORERUNNER.format("0.57"), "a.txt").findings == ()
    assert codes(FORERUNNER.format("0.77"), "a.txt") == ["V311"]


def test_no_image_of_that_size_gives_the_first_map() -> None:
    """0.71 MiB are 249 pixels square: no window of 3, stride of 4 at most, takes them to 16."""
    assert codes(STRIDED.format("0.71", "0.65"), "a.txt") == ["V311"]


def test_a_listing_that_begins_in_the_middle() -> None:
    """Rows are judged from the inputs that the first one's product says; quoted totals are of more."""
    rows = [
        "CONV3-512: [14x14x512] memory: 14*14*512=100K params: (3*3*512)*512 = 2,359,296",
        "CONV3-512: [14x14x512] memory: 14*14*512=100K params: (3*3*512)*512 = {}",
        "POOL2: [7x7x512] memory: 7*7*512=25K params: 0",
        "FC: [1x1x4096] memory: 4096 params: 7*7*512*4096 = 102,760,448",
        "TOTAL params: 138M parameters",
    ]
    right = "\n".join(rows).format("2,359,296")

    assert check(right).findings == ()
    assert found("\n".join(rows).format("2,359,269")) == [(2, "V201", "2,359,269", "2,359,296")]


def test_what_enters_a_layer_is_judged() -> None:
    """torchinfo's column of inputs: the second convolution takes what the first one gives."""
    text = """\
====================================================================================
Layer (type:depth-idx)     Input Shape          Output Shape         Param #
====================================================================================
├─Conv2d: 1-1              [1, 1, 28, 28]       [1, 10, 24, 24]      260
├─Conv2d: 1-2              [1, 10, {}, 12]      [1, 20, 8, 8]        5,020
├─Linear: 1-3              [1, 320]             [1, 50]              16,050
├─Linear: 1-4              [1, 50]              [1, 10]              510
====================================================================================
Total params: 21,840
====================================================================================
"""
    assert check(text.format("12"), "a.txt").findings == ()
    assert [code for _, code, _, _ in found(text.format("21"), "a.txt")] == ["V101"]


def test_fc_layers_listed_in_one_cell() -> None:
    """``4096, 4096, 1000`` are three layers, and the count beside them is theirs together."""
    text = """\
| Block | Layers | Output size | Params |
|---|---|---|---|
| Block 1 | 2 × conv3-64 + maxpool | 112×112×64 | 38,720 |
| Block 2 | 2 × conv3-128 + maxpool | 56×56×128 | 221,440 |
| Block 3 | 3 × conv3-256 + maxpool | 28×28×256 | 1,475,328 |
| Block 4 | 3 × conv3-512 + maxpool | 14×14×512 | 5,899,776 |
| Block 5 | 3 × conv3-512 + maxpool | 7×7×512 | 7,079,424 |
| FC | 4096, 4096, 1000 | 1000 | {} |
"""
    assert check(text.format("123,642,856")).findings == ()
    assert [entry[:3] for entry in found(text.format("123,462,856"))] == [(8, "V501", "123,462,856")]


@pytest.mark.parametrize(("words", "found"), [("", {"V410"}), (" with a batch size of 128", set())])
def test_figures_of_several_images(words: str, found: set[str]) -> None:
    """493 GFLOPs are nobody's of one image; of 128 they may be anything's, as the words above the table say."""
    rows = "| VGG-16 | 138.36 | 493 |\n| VGG-19 | 143.67 | 39.3 |\n| VGG-11 | 132.86 | 15.2 |\n| VGG-13 | 133.05 | 22.6 |\n"
    text = f"The cost of a pass{words}:\n\n| Model | Params (M) | GFLOPs |\n|---|---|---|\n{rows}"

    assert set(codes(text)) == found


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("ResNet-50", "ResNet-50"), ("resnet152", "ResNet-152"), ("ResNet v1 101", "ResNet-101"), ("DenseNet121", "DenseNet-121"),
        ("Inception v1", "GoogLeNet"), ("inception_v3", "Inception-v3"), ("MobileNet V1", "MobileNetV1"),
        ("mobilenet_v2", "MobileNetV2"), ("SqueezeNet 1.1", "SqueezeNet-1.1"), ("efficientnet-b0", "EfficientNet-B0"),
        ("AlexNet", "AlexNet"), ("resnet50d", ""), ("SE-ResNet-50", ""), ("MobileNetV2 1.4", ""), ("ResNet50V2", ""),
    ],
)  # fmt: skip
def test_names_of_other_networks(text: str, spec: str) -> None:
    """A name that ships is one that can be loaded; a variant of it is another network."""
    (name,) = find_names(text)

    assert name.spec == spec
    assert not spec or load_spec(spec).name == spec


ODD = """\
| Model | Params (M) |
|---|---|
| AlexNet | 61.1 |
| VGG-16 | 138.4 |
| ResNet-18 | 11.7 |
| ResNet-50 | 25.6 |
| ResNet-101 | {params} |
| DenseNet-121 | 8.0 |
"""


@pytest.mark.parametrize(
    ("params", "expected"),
    [("44.5", []), ("42.5", []), ("25.6", ["that is the figure of ResNet-50"]), ("60.2", [""]), ("~60", [])],
    ids=["right", "its trunk", "another row's", "another network's", "about"],
)
def test_the_odd_one_of_a_column(params: str, expected: list[str]) -> None:
    """ResNet-101 has 44,549,160 parameters, 42,500,160 without its last layer; among five right ones another is its own."""
    findings = check(ODD.format(params=params)).findings
    assert [(f.code, f.severity, f.expected, "".join(f.notes)) for f in findings] == [
        ("V210", "warning", "44.5", note) for note in expected
    ]


def test_an_odd_one_of_few_is_none() -> None:
    assert (
        check(
            "".join(ODD.format(params="60.2").splitlines(keepends=True)[:3]) + "| ResNet-101 | 60.2 |\n"
        ).findings
        == ()
    )


def test_a_count_that_is_another_vggs() -> None:
    """15,470,264,320 MACs are VGG-16's to the last digit; VGG-13 has 11,308,466,176."""
    text = "VGG13\n\n    Input: (3, 224, 224)\n\n    MACs/FLOPs: {}\n"
    found = [(f.code, f.severity, f.expected) for f in check(text.format("15,470,264,320")).findings]
    assert found == [("V410", "warning", "11,308,466,176")]
    assert (
        check(text.format("15,470,264,321")).findings == check(text.format("11,308,466,176")).findings == ()
    )
