"""Units, branches and joins of the language: the graph that they make, its names, and what does not fit."""

from __future__ import annotations

import pytest

from tests.networks import graph_of
from vggstat.cost.report import analyze
from vggstat.errors import SpecError, UsageError
from vggstat.net.graph import Graph
from vggstat.net.ops.add import Add
from vggstat.net.ops.part import Crop
from vggstat.sources.spec import read_text
from vggstat.sources.spec.build import build_graph

START = "name: x\ninput: [4, 16, 16]\nhead: none\n"


def blocks(text: str, more: str = "") -> Graph:
    """The graph of some blocks on a map of 4×16×16."""
    return graph_of(f"{START}{more}blocks:\n{text}")


def names(graph: Graph) -> list[str]:
    return [node.name for node in graph.nodes]


def reads(graph: Graph) -> dict[str, list[str]]:
    """For each layer the names of those that it reads."""
    made = {0: "input", **{node.output: node.name for node in graph.nodes}}
    return {node.name: [made[value] for value in node.inputs] for node in graph.nodes}


def refusal(text: str, more: str = "") -> list[str]:
    with pytest.raises(SpecError) as caught:
        blocks(text, more)
    return str(caught.value).splitlines()


def test_a_residual_adds_its_shortcut_and_then_activates() -> None:
    """The last convolution of body and shortcut has no activation; numbers start anew in each unit."""
    graph = blocks(
        "  - - residual: [conv3-8, conv3-8]\n      shortcut: conv1-8\n    - residual: [conv3-8, conv3-8]\n"
    )

    assert names(graph) == [
        *("block1_unit1_conv1", "block1_unit1_relu1", "block1_unit1_conv2"),
        *("block1_unit1_shortcut", "block1_unit1_add", "block1_unit1_relu2"),
        *(
            "block1_unit2_conv1",
            "block1_unit2_relu1",
            "block1_unit2_conv2",
            "block1_unit2_add",
            "block1_unit2_relu2",
        ),
    ]
    found = reads(graph)
    assert found["block1_unit1_shortcut"] == ["input"]
    assert found["block1_unit1_add"] == ["block1_unit1_conv2", "block1_unit1_shortcut"]
    assert found["block1_unit2_add"] == ["block1_unit2_conv2", "block1_unit1_relu2"]


def test_activations_of_a_residual() -> None:
    """Its own, else the defaults' of residuals, else what the spec's convolutions have; a layer's own word stays."""
    unit = "  - - residual: [conv3-4, conv3-4{word}]\n{own}"

    def stems(word: str = "", own: str = "", more: str = "") -> list[str]:
        return [node.layer.stem for node in blocks(unit.format(word=word, own=own), more).nodes]

    assert stems() == ["conv", "relu", "conv", "add", "relu"]
    assert stems(word=" silu") == ["conv", "relu", "conv", "silu", "add", "relu"]
    assert stems(own="      activation: none\n") == ["conv", "relu", "conv", "add"]
    assert stems(more="defaults: {conv: {activation: gelu}}\n") == ["conv", "gelu", "conv", "add", "gelu"]
    assert stems(more="defaults: {residual: {activation: none}}\n") == ["conv", "relu", "conv", "add"]
    assert (
        stems(own="      activation: tanh\n", more="defaults: {residual: {activation: none}}\n")[-1] == "tanh"
    )


def test_a_sum_in_place_can_be_forbidden() -> None:
    """By the unit, or by the defaults."""

    def sums(own: str = "", more: str = "") -> list[bool]:
        graph = blocks(f"  - - conv3-4\n    - residual: [conv3-4]\n{own}", more)
        return [node.in_place for node in graph.nodes if isinstance(node.layer, Add)]

    assert sums() == [True]
    assert sums(own="      in_place: false\n") == [False]
    assert sums(more="defaults: {residual: {in_place: false}}\n") == [False]


def test_a_shortcut_of_several_layers() -> None:
    """They are numbered by kind under its name, as in any list."""
    graph = blocks(
        "  - - residual: [conv3-8/2]\n      shortcut: [avgpool2, conv1-8]\n",
        "defaults: {conv: {norm: batch}}\n",
    )

    assert names(graph) == [
        *(
            "block1_unit1_conv1",
            "block1_unit1_bn1",
            "block1_unit1_shortcut_pool",
            "block1_unit1_shortcut_conv1",
        ),
        *("block1_unit1_shortcut_bn1", "block1_unit1_add", "block1_unit1_relu1"),
    ]


def test_branches_are_joined_in_their_order() -> None:
    """A list in a list is a unit too; an empty branch is the input."""
    graph = blocks("  - - name: mixed\n      branches: [[conv1-2], [conv1-3, [conv3-5]], []]\n")
    found = reads(graph)

    assert names(graph)[:4] == [
        "mixed_branch1_conv1",
        "mixed_branch1_relu1",
        "mixed_branch2_conv1",
        "mixed_branch2_relu1",
    ]
    assert found["mixed_branch2_unit1_conv1"] == ["mixed_branch2_relu1"]
    assert found["mixed_concat"] == ["mixed_branch1_relu1", "mixed_branch2_unit1_relu1", "input"]
    assert graph.output_shape == (2 + 5 + 4, 16, 16)
    assert graph.nodes[-1].scope == ("block1", "mixed")


def test_a_gate_multiplies_by_a_value_a_channel() -> None:
    """Squeeze and excitation: 4·2 + 2·4 weights and no norm where the layers are plain."""
    gate = "  - - branches: [[], [gap, conv1-2 plain, conv1-4 plain sigmoid]]\n      join: multiply\n"
    graph = blocks(gate, "defaults: {conv: {norm: batch, bias: false}}\n")

    assert [node.layer.stem for node in graph.nodes] == [
        "avgpool",
        "conv",
        "relu",
        "conv",
        "sigmoid",
        "multiply",
    ]
    assert graph.output_shape == (4, 16, 16)
    assert analyze(graph).total.params == 4 * 2 + 2 + 2 * 4 + 4


def test_a_split_gives_each_branch_its_channels() -> None:
    """Equal shares, or those that are written."""
    half = blocks(
        "  - - branches: [[], [conv1-2, dwconv3 linear, conv1-2]]\n      split: true\n    - shuffle2\n"
    )
    parts = blocks("  - - branches: [[conv1-7], []]\n      split: [3, 1]\n")

    assert [node.shape for node in half.nodes if node.layer.stem == "split"] == [(2, 16, 16), (2, 16, 16)]
    assert half.output_shape == (4, 16, 16)
    assert [(node.name, node.shape) for node in parts.nodes if node.layer.stem == "split"] == [
        ("block1_unit1_branch1_split", (3, 16, 16)),
        ("block1_unit1_branch2_split", (1, 16, 16)),
    ]


def test_named_values_are_read_further_on() -> None:
    """A skip that is cropped to what it meets, the current value where the dot stands."""
    graph = blocks(
        "  - [conv3-8 as skip, maxpool, conv3-8 valid, upsample2]\n"
        "  - [{concat: {with: [skip, .], crop: true}}, conv1-4]\n"
    )
    found = reads(graph)

    assert found["block2_crop"] == ["block1_relu1"]
    assert found["block2_concat"] == ["block2_crop", "block1_upsample"]
    assert next(node.layer.start for node in graph.nodes if isinstance(node.layer, Crop)) == (
        0,
        2,
        2,
    )  # (16 − 12) / 2
    assert graph.nodes[-3].shape == (16, 12, 12)


def test_from_makes_a_named_value_the_current_one() -> None:
    """In a branch, in short and in long form."""
    lists = "  - [conv3-4 as c, conv3-4]\n  - - branches: [[], [{}, conv1-4]]\n      join: add\n"

    for begin in ("from c", "{from: c}"):
        assert reads(blocks(lists.format(begin)))["block2_unit1_branch2_conv1"] == ["block1_relu1"]


def test_repeats_are_copies_with_names_of_their_own() -> None:
    """A name inside is each copy's own."""
    graph = blocks(
        "  - - layers: [conv3-4 as skip, conv3-4, add: [skip]]\n      repeat: 3\n".replace(
            "add: [skip]", "{add: [skip]}"
        )
    )
    found = reads(graph)

    assert found["block1_unit3_add"] == ["block1_unit3_relu2", "block1_unit3_relu1"]
    assert [name for name in names(graph) if name.endswith("_add")] == [
        f"block1_unit{n}_add" for n in (1, 2, 3)
    ]


def test_long_forms_have_names_too() -> None:
    """``as`` is a field of every layer's long form, and a key of a unit."""
    graph = blocks(
        "  - - conv: {filters: 4, as: a}\n    - layers: [conv3-4]\n      as: b\n    - {concat: {with: [a, b], as: c}}\n"
        "    - conv3-12\n    - add: [c]\n"
    )

    # . comes first where it is left out, and is b here
    assert reads(graph)["block1_concat"] == ["block1_unit1_relu1", "block1_relu1", "block1_unit1_relu1"]
    assert reads(graph)["block1_add"] == ["block1_relu2", "block1_concat"]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (
            "  - [conv3-4, {residual: [conv3-8/2, conv3-8]}]\n",
            "5:15",
            "adds maps of one shape, but gets 8×8×8 of block1_unit1_conv2 (line 5); 16×16×4 of block1_relu1 (line 5): "
            "write shortcut: conv1-8/2",
        ),
        (
            "  - - residual: [conv3-8]\n      shortcut: conv1-6\n",
            "5:7",
            "16×16×6 of block1_unit1_shortcut (line 6)",
        ),
        ("  - - branches: [[conv1-4], [maxpool]]\n", "5:7", "8×8×4 of block1_unit1_branch2_pool (line 5)"),
        (
            "  - [conv3-8 as a, conv3-6, {add: [a]}]\n",
            "5:29",
            "16×16×6 of block1_relu2 (line 5); 16×16×8 of block1_relu1",
        ),
        ("  - [conv3-8 as a, conv3-6, {multiply: [a]}]\n", "5:29", "one with a value a channel"),
        (
            "  - - branches: [[], [], []]\n      split: true\n",
            "5:7",
            "4 channels cannot be split into 3 equal shares",
        ),
        ("  - - branches: [[], []]\n      split: [3, 3]\n", "5:7", "3 + 3 are 6 channels, but 4 come in"),
        (
            "  - [conv3-4 as a, conv3-4]\n  - [from a, conv3-4]\n",
            "5:20",
            "block1_relu2: nobody reads what it makes",
        ),
    ],
)
def test_what_does_not_fit_is_told_with_where_it_comes_from(text: str, place: str, words: str) -> None:
    """At the line and column of the unit or the join."""
    [line] = refusal(text)

    assert line.startswith(f"test.yaml:{place}: ")
    assert words in line


def test_sums_that_do_not_fit_are_told_at_once() -> None:
    """The body's map stands for the sum, so that each further one is judged by itself."""
    text = (
        "  - - residual: [conv3-8/2]\n    - residual: [conv3-16]\n    - conv3-8\n    - residual: [maxpool]\n"
    )

    assert [line.split(": ")[0] for line in refusal(text)] == [f"test.yaml:{line}:7" for line in (5, 6, 8)]


def test_another_image_that_does_not_fit_is_wrong_use() -> None:
    """A map of odd size comes back from a pool and an upsampling a row short."""
    spec = read_text(
        f"{START}blocks:\n  - [conv3-4 as a, maxpool, upsample2, {{concat: [a]}}]\n", "test.yaml"
    )

    with pytest.raises(
        UsageError, match="cannot take an image of 15×15×4, made for one of 16×16×4: block1_concat"
    ):
        build_graph(spec, image=(4, 15, 15))


def test_an_fc_layer_of_a_shortcut_drops_nothing() -> None:
    """Dropout 0.5 is the default of FC layers in the classifier only: in a shortcut it is as in any other list."""
    graph = blocks("  - [flatten, {residual: [FC-8 linear], shortcut: FC-8 linear}]\n")

    assert [node.name for node in graph.nodes if node.layer.stem == "dropout"] == []
    assert names(graph)[-3:] == ["block1_unit1_shortcut", "block1_unit1_add", "block1_unit1_relu1"]


def test_shortcuts_are_no_weight_layers() -> None:
    """ResNet-18's 18 leave them out."""
    unit = "  - - residual: [conv3-8/2, conv3-8]\n      shortcut: [avgpool2, conv1-8]\n"
    report = analyze(blocks(unit))

    assert [(row.name, row.number) for row in report.rows if row.kind == "conv"] == [
        ("block1_unit1_conv1", 1),
        ("block1_unit1_conv2", 2),
        ("block1_unit1_shortcut_conv1", None),
    ]
    assert (report.weight_layers, report.shortcut_layers) == (2, 1)


@pytest.mark.parametrize("classes", [None, 7])
def test_a_classifier_of_convolutions(classes: int | None) -> None:
    """SqueezeNet's: its last convolution is the prediction, which other numbers of classes set; no head is needed."""
    spec = read_text(
        "name: x\ninput: [4, 16, 16]\nblocks: [[conv3-8]]\nclassifier: [dropout, conv1-10 relu, gap, flatten, soft-max]\n",
        "test.yaml",
    )
    graph = build_graph(spec, classes=classes)

    assert [(node.name, node.shape) for node in graph.nodes[2:]] == [
        ("dropout1", (8, 16, 16)),
        ("predictions", (classes or 10, 16, 16)),
        ("predictions_relu", (classes or 10, 16, 16)),
        ("avgpool", (classes or 10, 1, 1)),
        ("flatten", (classes or 10,)),
        ("softmax", (classes or 10,)),
    ]
    assert [node.in_model for node in graph.nodes][-2:] == [True, False]
    assert graph.classes == (classes or 10)
