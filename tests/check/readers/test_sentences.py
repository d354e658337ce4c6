"""Numbers in sentences: whose they are, what they are, and which are left alone."""

from __future__ import annotations

import pytest

from tests.check.support import check, codes, found


@pytest.mark.parametrize(
    "text",
    [
        "VGG16 has over 100 million parameters",
        "VGG16 has at least 130M parameters",
        "VGG16: >100M params",
        "VGG16 hat über 130 Millionen Parameter",
        "VGG16 a plus de 130 millions de paramètres",
        "VGG16 имеет более 130 миллионов параметров",
        "VGG16 有超过1.3亿参数",
        "VGG16 has less than 140 million parameters",
        "| Model | Params |\n|---|---|\n| VGG16 | >100M |\n| VGG19 | > 100M |",
        "# VGG16\n\n- Params: >100M\n- Size: > 500 MB",
    ],
)
def test_a_true_bound_is_right(text: str) -> None:
    """138,357,544 parameters are more than 130 million, and 553 MB more than 500."""
    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "VGG16 has over 183 million parameters",
        "VGG16 hat über 183 Millionen Parameter",
        "| Model | Params |\n|---|---|\n| VGG16 | >183M |",
    ],
)
def test_a_false_bound_is_found(text: str) -> None:
    """138,357,544 are not more than 183 million."""
    assert codes(text) == ["V210"]


@pytest.mark.parametrize(
    "text",
    [
        "400k + 20000 * 8 = 560 kbytes",
        "5×5 - 4×4 = 9",
        "2 ** 3*4 = 32",
        "224*224*64*3*3*3*2 = 173 MFLOPs for conv1_1",
        "4096 * 4096 = 1.68 * 10^7",
        "3*3*512*512 = 2.36 million",
        "3*3*64*64 = 36,900 - 36",
    ],
)
def test_a_product_is_read_whole_or_not_at_all(text: str) -> None:
    """A term before it, a power of ten, a unit after the value: nothing of it is cut off."""
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        ("conv1_2 - 3*3*64*64 = 36,846", "36,846", "36,864"),
        ("is **3*3*64*64 = 36,846** here", "36,846", "36,864"),
        ("14*14*512*512*9 = 426 MFLOPs", "426 M", "462 M"),
        ("3*3*512*512 = 2.63 million", "2.63 million", "2.36 million"),
    ],
)
def test_a_false_product_is_found(text: str, wrong: str, right: str) -> None:
    """A dash after a name is no minus, stars around it no sign, and a unit is the value's."""
    assert found(text) == [(1, "V202", wrong, right)]


def test_a_word_before_a_colon_names_its_own_figure() -> None:
    """``body_0`` is a part of something; ``Total`` is said of the network named above."""
    assert codes("vgg16: 30940528640 FLOPs\nbody_0: 208719616 FLOPs") == []
    assert codes("## VGG16\n\nstudent: 5.2M parameters") == []
    assert codes("## VGG16\n\nTotal: 183M parameters") == ["V210"]


def test_operations_a_second_are_no_operations() -> None:
    """465 GFLOPS are 15.5 at 30 frames a second; 92.8 and 46.4 are three passes, as many count training."""
    assert codes("VGG16 runs at 30 fps = 465 GFLOPS") == []
    assert codes("| Method | Network | Performance (GFLOPS) |\n|---|---|---|\n| Ours | VGG-16 | 1790 |") == []
    assert codes("| Model | Training GFLOPs |\n|---|---|\n| VGG16 | 92.8 |") == []
    assert codes("VGG16 training: 46.4 GMACs") == []


def test_parameters_of_some_layers() -> None:
    """123,642,856 of VGG-16's parameters are in its FC layers, 14,714,688 in the others."""
    assert codes("| Model | FC params |\n|---|---|\n| VGG-16 | 123.6M |") == []
    assert codes("| Model | fc MACs |\n|---|---|\n| VGG-16 | 0.12G |") == []
    assert codes("| ConvNet | ConvNet params |\n|---|---|\n| VGG-16 | 183M |") == ["V210"]


def test_classes_said_in_the_sentence() -> None:
    """With 2 classes the last layer has 4,096 * 2 + 2 parameters: 134,268,738 in all."""
    assert codes("VGG16 has 134M parameters after we changed the last layer to 2 classes") == []
    assert codes("VGG16 has 143M parameters after we changed the last layer to 2 classes") == ["V210"]


@pytest.mark.parametrize(
    "text",
    [
        "ELA + VGG16 has 138.81M parameters",
        "VGG16 + SVM has 134.3M parameters",
        "Faster R-CNN with a VGG16 has 136.7M parameters",
        "Faster R-CNN (VGG16) has 136.7M parameters",
        "| Model | Params |\n|---|---|\n| Faster R-CNN (VGG16) | 136.7M |\n| FCN-8s VGG16 | 134.5M |",
    ],
)
def test_a_network_that_holds_another_is_neither(text: str) -> None:
    """The count is of the whole detector, of which VGG-16 is a part."""
    assert codes(text) == []


@pytest.mark.parametrize(
    "text", ["Unlike Faster R-CNN, VGG16 has 183M parameters", "VGG16 + BN has 183.37M parameters"]
)
def test_a_network_beside_another_is_its_own(text: str) -> None:
    """VGG-16 has 138,357,544 parameters, 138,365,992 with batch norm."""
    assert codes(text) == ["V210"]


def test_units_before_the_quantity() -> None:
    """``Million Mult-Adds`` and ``Million Parameters`` scale their columns; 15,300 is the conv layers' 15,347."""
    head = "| Model | Million Mult-Adds | Million Parameters |\n|---|---|---|\n"
    assert codes(head + "| VGG 16 | 15300 | 138 |") == []
    assert codes(head + "| VGG 16 | 15300 | 183 |") == ["V210"]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("VGG16 ha {} milioni di parametri", "138"),
        ("VGG-16: {} triệu tham số", "138.4"),
        ("VGG16 has about {}e8 parameters.", "1.38"),
        ("VGG16は1億{}万個のパラメータを持つ", "3836"),
        ("VGG16のパラメータ数は約1億{}万です", "3800"),
    ],
)
def test_parameters_in_other_languages(text: str, right: str) -> None:
    """A right number is read as right, and one with its digits turned round is found."""
    wrong = right[0] + right[2:0:-1] + right[3:] if "." not in right else right.replace("3", "5")

    assert codes(text.format(right)) == []
    assert codes(text.format(wrong)) == ["V210"]


@pytest.mark.parametrize(
    "text",
    [
        "ResNet-50 25.6M, VGG-16 {}M, Inception-v3 23.8M parameters",
        "Params: VGG16 {}M / VGG19 144M",
        "Parameters: AlexNet (61M), VGG16 ({}M) and ResNet-50 (25.6M).",
        "# VGG16\n\nThe model has **{}M** parameters.",
        "Model: VGG16\nInput: 224x224x3\nParams: {}M\nMACs: 15.47G",
    ],
)
def test_counts_of_networks_in_a_list(text: str) -> None:
    """Each count is of the name before it, whose noun stands at the list's end; VGG-16 has 138 million."""
    assert codes(text.format(138)) == []
    assert codes(text.format(183)) == ["V210"]


def test_counts_that_are_of_something_else() -> None:
    """Two nouns, a name's own number, parameters that are not learned."""
    assert found("VGG16 (15.5M) and VGG19 (20.2M) MACs and parameters") == []
    assert check("VGG16のパラメータ").claims == 0
    assert found("# VGG16\n\nNon-trainable params: 14,714,688") == []  # all but the FC layers, frozen


def test_the_image_in_a_column_of_its_own() -> None:
    """At 448 x 448 the conv layers do 4 * 15.35 GMACs, the FC layers 0.12: 61.5 in all."""
    head = "| Model | Resolution | GMACs | Params |\n|---|---|---|---|\n"
    assert codes(head + "| VGG16 | 448x448 | 61.5 | 138M |") == []
    assert codes(head + "| VGG16 | 448x448 | 65.1 | 138M |") == ["V410"]
