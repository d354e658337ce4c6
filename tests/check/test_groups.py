"""Claims about several layers together, and FC layers of networks that nobody knows."""

from __future__ import annotations

import pytest

from .support import check, found

BLOCKS = """\
# VGG-16

| Layers | Output | Params | MACs |
|---|---|---|---|
| input | 224x224x3 | 0 | 0 |
| 2 x conv3-64 + maxpool | 112x112x64 | 38,720 | 1,936,392,192 |
| 2 x conv3-128 + maxpool | 56x56x128 | 221,440 | 2,774,532,096 |
| 3 x conv3-256 + maxpool | 28x28x256 | 1,475,328 | 4,624,220,160 |
| 3 x conv3-512 + maxpool | 14x14x512 | 5,899,776 | 4,624,220,160 |
| 3 x conv3-512 + maxpool | 7x7x512 | 7,079,424 | 1,387,266,048 |
"""


def test_a_right_table_of_blocks() -> None:
    """Parameters and operations of a block are the sums of its layers': 1,792 + 36,928 = 38,720."""
    (judgement,) = check(BLOCKS).judgements

    assert judgement.findings == ()
    assert (judgement.spec, judgement.unchecked) == ("D", ())


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("1,475,328", "1,475,238", "V501"),
        ("2,774,532,096", "2,774,523,096", "V504"),
        ("5,899,776", "5,898,240", "V601"),  # without the 3 * 512 biases, which the other rows have
        ("14x14x512", "14x14x521", "V101"),
    ],
)
def test_a_wrong_number_of_a_block(old: str, new: str, code: str) -> None:
    """One wrong number is one finding, and what should stand there is given."""
    assert [(entry[1], entry[2], entry[3]) for entry in found(BLOCKS.replace(old, new))] == [(code, new, old)]


def test_blocks_of_a_batch() -> None:
    """Operations of 8 images: every row is eight times that of one."""
    rows = BLOCKS.split("\n")
    for index in range(5, 10):
        cells = rows[index].split("|")
        cells[4] = f" {8 * int(cells[4].replace(',', '')):,} "
        rows[index] = "|".join(cells)

    assert found("\n".join(rows)) == []


def test_numbers_of_single_layers_beside_a_repeat() -> None:
    """``conv3-512 x 3 : 2,359,808`` is right of each: what such a column counts is not guessed."""
    text = "Parameters of VGG-16\nconv3-64 x 2 : 36,928\nconv3-128 x 2 : 147,584\nconv3-256 x 3 : 590,080\n"
    text += "conv3-512 x 3 : 2,359,808\nconv3-512 x 3 : 2,359,808\nfc1 : 102,764,544\nfc2 : 16,781,312\n"

    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "ResNet-50\nconv1 : 9,408\nconv2_x : 215,808\nconv3_x : 1,219,584\nconv4_x : 7,098,368\nfc : 2,049,000\n",
        "VGG-16 activations\nconv1_1: 3,211,264\nconv1_2: 3,211,264\nconv2_1: 1,605,632\nfc6: 4,096\n",
        "Our CNN\nConv1: 896\nConv2: 18,496\nConv3: 73,856\nDense: 401,536\nTotal: 494,784\n",
    ],
)
def test_break_downs_of_something_else(text: str) -> None:
    """Other networks and other quantities have no finding."""
    assert found(text) == []


def test_the_sum_of_an_unknown_networks_rows() -> None:
    """896 + 18,496 + 73,856 + 401,536 = 494,784 is right, whatever the network."""
    (judgement,) = check(
        "Our CNN\nConv1: 896\nConv2: 18,496\nConv3: 73,856\nDense: 401,536\nTotal: 494,784\n"
    ).judgements

    assert [text for _, text, _ in judgement.passes] == ["494,784"]


HEAD = """\
| Layer | Inputs | Outputs | Parameters |
|---|---|---|---|
| FC1 | 25,088 | 4,096 | 102,764,544 |
| FC2 | 4,096 | 4,096 | 16,781,312 |
| FC3 | 4,096 | 10 | 40,970 |
"""


def test_fc_layers_alone() -> None:
    """(25,088 + 1) * 4,096 = 102,764,544: inputs times outputs, and a bias for each output."""
    (judgement,) = check(HEAD).judgements

    assert (judgement.findings, judgement.unchecked) == ((), ())


def test_a_wrong_fc_layer() -> None:
    """A number that neither way of counting gives, where the other rows follow one."""
    assert found(HEAD.replace("16,781,312", "16,718,312")) == [(4, "V201", "16,718,312", "16,781,312")]


def test_fc_layers_that_follow_no_way() -> None:
    """Where most of the rows agree with neither way, something else is meant."""
    assert found(HEAD.replace("16,781,312", "1,000,000").replace("40,970", "555,555")) == []


def test_a_product_beside_its_value() -> None:
    """A product in one column and its value in the next are one claim."""
    text = "| Layer | Calculation | Parameters |\n|---|---|---|\n| FC1 | 25,088 x 4,096 + 4,096 | 102,764,554 |\n"
    text += "| FC2 | 4,096 x 4,096 + 4,096 | 16,781,312 |\n"

    assert found(text) == [(3, "V202", "102,764,554", "102,764,544")]


def test_inputs_that_are_no_factor_of_the_product() -> None:
    """Where product and value agree, it is the column of inputs that is wrong."""
    text = "| Layer | Inputs | Outputs | Calculation | Parameters |\n|---|---|---|---|---|\n"
    text += "| FC1 | 25,098 | 4,096 | 25,088 x 4,096 + 4,096 | 102,764,544 |\n"
    text += "| FC2 | 4,096 | 4,096 | 4,096 x 4,096 + 4,096 | 16,781,312 |\n"

    assert [entry[:3] for entry in found(text)] == [(3, "V103", "25,098")]


def test_a_trained_keras_model() -> None:
    """The total of a model with an optimizer has the optimizer's values in it: it is not held against the rows."""
    text = (
        " Layer (type)           Output Shape        Param #\n"
        " flatten (Flatten)      (None, 784)         0\n dense (Dense)          (None, 10)          7850\n"
        " Total params: 23,552 (92.01 KB)\n Trainable params: 7,850 (30.66 KB)\n Non-trainable params: 0 (0.00 B)\n"
        " Optimizer params: 15,702 (61.34 KB)\n"
    )

    assert found(text, "notes.txt") == []
