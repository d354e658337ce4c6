"""The head: what joins the maps to the classifier, and that no layer of a file is lost on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.networks import graph_of, report_of
from vggstat.cost.report import analyze
from vggstat.errors import SpecError, UsageError
from vggstat.net.spec import HEADS
from vggstat.render.captions import head_note
from vggstat.sources.spec import load, read_text
from vggstat.sources.spec.build import build_graph

START = "name: x\ninput: [3, 8, 8]\nblocks: [[conv3-4, maxpool]]\n"
LAYERS = st.sampled_from(["FC-6", "FC-9", "dropout", "relu", "soft-max"])


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        graph_of(text)
    return str(caught.value)


@given(st.lists(LAYERS, max_size=5), st.sampled_from([head for head in HEADS if head != "none"]))
def test_every_layer_of_a_files_classifier_is_in_the_graph(items: list[str], head: str) -> None:
    """Each written layer makes the node that stands at its place; nothing is left out."""
    spec = read_text(f"{START}head: {head}\nclassifier: [{', '.join(items)}]\n", "x.yaml")
    graph = build_graph(spec)
    made = {node.place.path for node in graph.nodes}

    assert {f"classifier[{index}]" for index in range(len(items))} <= made
    assert graph.left_out == ()


def test_a_global_pool_keeps_the_whole_classifier_of_a_file() -> None:
    """4 channels into 512 units, and those into 10: 4·512 + 512 and 512·10 + 10 parameters."""
    graph = graph_of(f"{START}head: gap\nclassifier: [FC-512, dropout, FC-10]\n")
    rows = analyze(graph).rows

    assert [row.name for row in rows[3:]] == ["avgpool", "fc1", "dropout1", "predictions"]
    assert [row.params for row in rows if row.kind == "fc"] == [4 * 512 + 512, 512 * 10 + 10]


def test_a_head_is_there_without_a_classifier_too() -> None:
    """A global pool that ends the network is a row; a file without a head and a classifier ends in its map."""
    pooled = graph_of(f"{START}head: gap\n")
    bare = graph_of(START)

    assert pooled.output_shape == (4,)
    assert [node.name for node in pooled.rows] == ["block1_conv1", "block1_pool", "avgpool"]
    assert (bare.head, bare.output_shape) == ("none", (4, 4, 4))


@pytest.mark.parametrize("head", ["adaptive", "conv", "flatten", "gap"])
def test_a_classifier_without_fc_layers(head: str) -> None:
    """It needs no special case: the soft-max takes what the head makes."""
    graph = graph_of(f"{START}head: {head}\nclassifier: [soft-max]\n")

    assert [node.name for node in graph.rows][-1] == "softmax"
    assert graph.nodes[-1].in_model
    assert graph.classes is None


def test_no_head_with_a_classifier_is_an_error_of_that_line() -> None:
    """The layers would have nowhere to go."""
    assert refusal(f"{START}head: none\nclassifier: [FC-10]\n") == (
        "test.yaml:4:7: head: none leaves no place for the layers of the classifier: leave out one of the two"
    )


def test_no_head_with_an_inherited_classifier() -> None:
    """The file that extends another is the one that can be changed."""
    text = "name: trunk\nextends: D\nhead: none\n"

    assert refusal(text).startswith("test.yaml:3:7: head: none leaves no place")
    assert "write classifier: [] here too" in refusal(text)
    assert graph_of(f"{text}classifier: []\n").output_shape == (512, 7, 7)


def test_a_classifier_for_a_headless_network(tmp_path: Path) -> None:
    """What it inherits has no head: the file that brings the layers has to bring one."""
    (tmp_path / "trunk.yaml").write_text(f"{START}head: none\n")
    (tmp_path / "net.yaml").write_text("name: net\nextends: trunk.yaml\nclassifier: [FC-10]\n")

    with pytest.raises(SpecError, match=r"net\.yaml:3:13: .*write a head here too"):
        load(str(tmp_path / "net.yaml"))


def test_an_emptied_classifier_takes_the_inherited_head_with_it() -> None:
    """D without its FC layers ends in its map, as D with the head none does."""
    trunk = graph_of("name: trunk\nextends: D\nclassifier: []\n")

    assert trunk.head == "none"
    assert trunk.output_shape == build_graph(load("D"), head="none").output_shape == (512, 7, 7)


def test_another_head_than_the_specs_own_says_what_it_leaves_out() -> None:
    """The paper's D has three FC layers; a global pool keeps the last, no head none."""
    gap, bare = report_of("D@head=gap").graph, report_of("D@head=none").graph

    assert gap.left_out == ("FC-4096", "FC-4096")
    assert bare.left_out == ("FC-4096", "FC-4096", "FC-1000", "soft-max")
    assert head_note(gap).endswith(" Left out of D: FC-4096, FC-4096.")
    assert "Left out" not in head_note(report_of("D").graph)


def test_asking_for_the_head_that_a_spec_has_changes_nothing() -> None:
    """A file's own global pool keeps its FC layers when the option names it too."""
    spec = read_text(f"{START}head: gap\nclassifier: [FC-512, dropout, FC-10]\n", "x.yaml")

    assert build_graph(spec, head="gap") == build_graph(spec)


@pytest.mark.parametrize("head", ["flatten", "gap"])
def test_classes_need_an_fc_layer(head: str) -> None:
    """A number of classes cannot be set where there is no FC layer, nor where none is left."""
    spec = read_text(f"{START}head: {head}\nclassifier: [soft-max]\n", "x.yaml")

    with pytest.raises(UsageError, match="no FC layers"):
        build_graph(spec, classes=5)
    with pytest.raises(UsageError, match="no FC layers"):
        build_graph(load("D"), head="none", classes=10)


@pytest.mark.parametrize("head", ["adaptive", "flatten", "gap"])
def test_another_head_needs_fc_layers(head: str) -> None:
    """There is nothing to join the maps to."""
    spec = read_text(f"{START}head: conv\nclassifier: [soft-max]\n", "x.yaml")

    with pytest.raises(UsageError, match="no FC layers"):
        build_graph(spec, head=head)  # type: ignore[arg-type]


def test_dense_evaluation_behind_a_global_pool() -> None:
    """The first FC layer sees one value of each map: 4 · 10 weights as a convolution too, at each of 4x4 places."""
    spec = read_text(f"{START}head: gap\nclassifier: [FC-10]\n", "x.yaml")
    dense = build_graph(spec, head="conv")

    assert analyze(dense).total.params == analyze(build_graph(spec)).total.params
    assert dense.output_shape == (10, 4, 4)


def test_dense_evaluation_of_a_map_that_is_not_square() -> None:
    """The head's own line is named; a wider image of a square network is fine."""
    text = START.replace("8, 8", "8, 12")

    assert refusal(f"{text}head: conv\nclassifier: [FC-10]\n").startswith(
        "test.yaml:4:7: head: conv makes a square convolution of the first FC layer, "
        "but the blocks make a map of 4×6"
    )
    assert report_of("D@256x320,head=conv").graph.output_shape == (1000, 2, 4)
