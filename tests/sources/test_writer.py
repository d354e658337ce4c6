"""Specs that are written: they read back to equal graphs, are short, and leave out nothing in silence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from jsonschema import Draft202012Validator

from tests.branching import Builder, branching, branching_vectors
from tests.chains import chains
from tests.cli.program import run
from tests.measure.chains import chains as odd_chains
from tests.networks import SHIPPED, report_of
from tests.sources.branching_specs import branching_specs
from tests.totals import OF_NAMES, totals
from vggstat.cost.report import analyze
from vggstat.errors import SpecError, Unwritable, UnwritableError
from vggstat.net.graph import Graph
from vggstat.net.ops.add import Add
from vggstat.net.ops.bn import BatchNorm
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.other import Other
from vggstat.net.ops.part import Crop, Part, Split
from vggstat.net.ops.relu import ReLU
from vggstat.net.spec import Published
from vggstat.sources.spec import find, read_text, schema, write_spec
from vggstat.sources.spec.build import build_graph
from vggstat.sources.spec.writing.usual import Usual

FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def read_back(text: str) -> Graph:
    """The graph of a text that was written."""
    return build_graph(read_text(text, "written.yaml"))


def without_place(published: tuple[Published, ...]) -> list[tuple[Any, ...]]:
    return [(entry.figures, entry.source, entry.convention) for entry in published]


def rows_of(graph: Graph) -> list[dict[str, Any]]:
    """The rows of a table. A layer with padding: same is the one with as many pixels."""
    return [
        {name: getattr(row, name) for name in row.record_fields if name != "layer"}
        for row in analyze(graph).rows
    ]


def structure(text: str) -> list[str]:
    """The lines of a spec from its input to what is published, without comments."""
    lines = [line.partition(" #")[0].rstrip() for line in text.splitlines() if not line.startswith("#")]
    begin = next(at for at, line in enumerate(lines) if line.startswith("input:"))
    end = next((at for at, line in enumerate(lines) if line.startswith("published:")), len(lines))
    return [line for line in lines[begin:end] if line]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_reads_back_equal(name: str) -> None:
    """Names, rows, totals, memory, and all that is said about it; the text is valid to an editor too."""
    graph = report_of(name).graph
    text = write_spec(graph)
    back = read_back(text)

    assert rows_of(back) == rows_of(graph)
    assert [node.name for node in back.nodes] == [node.name for node in graph.nodes]
    assert totals(back) == totals(graph)
    ours, theirs = graph.spec, back.spec
    for key in ("name", "title", "aliases", "source", "input", "head"):
        assert getattr(theirs, key) == getattr(ours, key)
    assert without_place(theirs.published) == without_place(ours.published)
    Draft202012Validator(schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize("name", [name for name in SHIPPED if not name.endswith("-BN") or "Net" in name])
def test_what_is_written_is_as_short_as_what_ships(name: str) -> None:
    """In lines, a head and one that is broken aside; specs that extend another one too, which a graph does not know."""
    written, shipped = (
        structure(text) for text in (write_spec(report_of(name).graph), Path(find(name)).read_text())
    )

    assert len(written) <= len(shipped) + 2


def test_configurations_of_the_paper_come_out_as_they_ship() -> None:
    """D to the letter, and of E all but the head and the figures, which are checked above."""
    for name in ("A", "A-LRN", "B", "C", "D", "E"):
        assert structure(write_spec(report_of(name).graph)) == structure(Path(find(name)).read_text())


@pytest.mark.parametrize(
    "argument",
    [
        *("D@384", "D@384x256", "D@head=conv", "D@384,head=conv", "D@head=gap,classes=10", "D@head=none"),
        *("D@head=flatten,64", "ResNet-50@head=none", "ResNet-18@96,classes=7", "GoogLeNet@320"),
        *("SqueezeNet-1.1@classes=10", "U-Net@188", "AlexNet@head=conv", "LeNet-5@head=gap"),
    ],
)
def test_a_variant_reads_back_equal(argument: str) -> None:
    """The same figures on its own image; what is published about the network itself does not stand in it."""
    graph = report_of(argument).graph
    back = read_back(write_spec(graph))

    assert back.image == graph.image
    # A pool to another network's map is a row of a block there, and of the head here.
    assert totals(back, but=OF_NAMES) == totals(graph, but=OF_NAMES)
    assert (back.spec.published, back.spec.aliases) == ((), ())


@FEW
@given(branching_specs())
def test_any_spec_reads_back_equal(text: str) -> None:
    """Units, splits, named values and repeats in one another: the same names, rows and figures."""
    try:
        graph = read_back(text)
    except SpecError:
        assume(False)
    back = read_back(write_spec(graph))

    assert [node.name for node in back.nodes] == [node.name for node in graph.nodes]
    assert rows_of(back) == rows_of(graph)
    assert totals(back) == totals(graph)


@FEW
@given(chains())
def test_any_chain_reads_back_equal(text: str) -> None:
    graph = read_back(text)
    back = read_back(write_spec(graph))

    assert rows_of(back) == rows_of(graph)
    assert totals(back) == totals(graph)


@FEW
@given(odd_chains())
def test_any_odd_chain_reads_back_equal(text: str) -> None:
    """Images of any sides, pools that round up, adaptive pools, classifiers of no layer but a soft-max."""
    graph = read_back(text)
    back = read_back(write_spec(graph))

    assert rows_of(back) == rows_of(graph)
    assert totals(back) == totals(graph)


def anonymous(graph: Graph, *, modules: bool) -> Graph:
    """A spec's graph as a tracer would hand it over: all nodes rows, and nothing known of blocks and units."""
    nodes = tuple(
        node.replace(
            name=node.torch_name or node.layer.stem, scope=node.scope if modules else (), is_row=True
        )
        for node in graph.nodes
        if node.in_model
    )
    spec = graph.spec.replace(blocks=(), classifier=(), head="none")
    return graph.replace(spec=spec, nodes=nodes, head="none", classes=None)


@pytest.mark.parametrize("modules", [True, False])
@FEW
@given(text=branching_specs())
def test_structure_is_found_from_edges(text: str, modules: bool) -> None:
    """Without the names of blocks and units the layers, their edges and all figures come back."""
    try:
        graph = anonymous(read_back(text), modules=modules)
    except SpecError:
        assume(False)
    back = read_back(write_spec(graph))

    assert totals(back, but=OF_NAMES) == totals(graph, but=OF_NAMES)


@pytest.mark.parametrize("name", SHIPPED)
def test_structure_of_shipped_networks_is_found_from_edges(name: str) -> None:
    """In hardly more lines than with the names of blocks and units."""
    graph = report_of(name).graph
    text = write_spec(anonymous(graph, modules=False))

    assert len(structure(text)) <= 1.25 * len(structure(write_spec(graph)))
    assert totals(read_back(text), but=OF_NAMES) == totals(anonymous(graph, modules=False), but=OF_NAMES)


@FEW
@given(branching(joins_image=False))
def test_any_graph_without_parts_can_be_written(graph: Graph) -> None:
    """Whatever joins whatever, in whatever order the layers run."""
    assume(not any(isinstance(node.layer, Part) for node in graph.nodes))
    back = read_back(write_spec(graph))

    assert totals(back, but=OF_NAMES) == totals(graph, but=OF_NAMES)


@FEW
@given(branching())
def test_any_graph_is_written_equal_or_refused(graph: Graph) -> None:
    """What stands in the way are parts of maps, and layers that read the image amid others."""
    refused: tuple[Unwritable, ...] = ()
    text = ""
    try:
        text = write_spec(graph)
    except UnwritableError as error:
        refused = error.nodes

    assert all(any(word in node.why for word in ("part", "channels", "image")) for node in refused)
    assert refused or totals(read_back(text), but=OF_NAMES) == totals(graph, but=OF_NAMES)


@FEW
@given(branching_vectors())
def test_any_graph_of_vectors_can_be_written(graph: Graph) -> None:
    back = read_back(write_spec(graph))

    assert totals(back, but=OF_NAMES) == totals(graph, but=OF_NAMES)


# short forms --------------------------------------------------------------------------------------------------


def written(text: str) -> list[str]:
    """The structure of what is written for a spec."""
    return structure(write_spec(read_back(f"name: x\n{text}")))


def test_defaults_are_those_that_make_the_text_short() -> None:
    """What most layers have is said once; the layer that has it otherwise says so in words."""
    layer = "{conv: {filters: 8, norm: batch, bias: false, activation: silu}}"

    assert written(f"input: [3, 8, 8]\nblocks: [[{layer}, {layer}, {layer}, conv3-8]]") == [
        "input: [3, 8, 8]",
        "defaults: {conv: {bias: false, norm: batch, activation: silu}}",
        "blocks:",
        "  - [conv3-8, conv3-8, conv3-8, conv3-8 plain]",
    ]


def test_one_layer_is_not_a_default() -> None:
    assert written("input: [3, 8, 8]\nblocks: [[conv3-8 relu6, conv3-8, conv3-8, conv3-8]]") == [
        "input: [3, 8, 8]",
        "blocks:",
        "  - [conv3-8 relu6, conv3-8, conv3-8, conv3-8]",
    ]


@pytest.mark.parametrize(
    "layer",
    [
        *(
            "conv3-64/2 valid linear",
            "conv1x7-192",
            "dwconv5/2",
            "conv3-8 g2",
            "upconv2-4/2",
            "maxpool3/2 same",
        ),
        *("avgpool3/1 ceil", "dropout0.2", "upsample4", "shuffle2", "gap", "LRN", "bn", "group-norm g2"),
        *("{conv: {filters: 8, kernel: 4, padding: 1}}", "{upsample: {mode: bilinear}}"),
        *("{lrn: {size: 3, alpha: 0.001}}", "{gelu: {approximate: tanh}}", "{leaky-relu: {slope: 0.1}}"),
        *("conv5-8 silu", "{adaptive-avgpool: {output: 3, width: 5}}", "conv3-8/1x2"),
    ],
)
def test_a_layer_comes_out_as_it_was_written(layer: str) -> None:
    """Words and figures where they say it, the long form where not."""
    assert written(f"input: [4, 16, 16]\nblocks: [[{layer}]]")[-1] == f"  - [{layer}]"


@pytest.mark.parametrize(
    "block",
    [
        "[conv3-4, {residual: [conv3-4, conv3-4], repeat: 3}]",
        "[conv3-4, {residual: [conv1-4, conv3-8/2], shortcut: conv1-8/2}]",
        "[conv3-4, {branches: [[], [gap, conv1-4 sigmoid]], join: multiply}]",
        "[{branches: [[conv1-2], [conv3-3 linear]], activation: relu}]",
        "[conv3-4, {branches: [[], [conv1-2, dwconv3]], split: true}]",
        "[conv3-4, {branches: [[conv1-1], []], split: [1, 3], repeat: 2}]",
        "[conv3-4 as skip1, conv3-4, conv3-4, {add: [skip1]}]",
        "[conv3-4 as skip1, upconv2-4/2, {concat: {with: [skip1, .], crop: true}}]",
        "[{layers: [conv3-4 as skip1, conv1-4, {concat: [skip1, .]}], repeat: 2}]",
        "[conv3-4 as skip1, conv3-4 as skip2, [from skip1, conv1-4], {add: [skip2, ., skip1]}]",
        "[conv3-4, {residual: [conv3-4, {residual: [conv3-4], activation: silu}], in_place: false}]",
    ],
)
def test_a_unit_comes_out_as_it_was_written(block: str) -> None:
    """Residuals, gates, splits, named values, crops and repeats, wherever lines are broken."""
    text = f"name: x\ninput: [4, 16, 16]\nblocks:\n  - {block}\n"

    assert yaml.safe_load(write_spec(read_back(text))) == yaml.safe_load(text)


def test_long_runs_of_a_model_become_a_repeat() -> None:
    """Found without any names: ten layers that come again are one unit, VGG's four in a row stay as they are."""
    graph = read_back(
        "name: x\ninput: [4, 8, 8]\nblocks: [[" + "dwconv3, conv1-4, " * 5 + "conv3-4, " * 4 + "]]"
    )

    assert structure(write_spec(anonymous(graph, modules=False)))[-1] == (
        "  - [{layers: [dwconv3, conv1-4], repeat: 5}, conv3-4, conv3-4, conv3-4, conv3-4]"
    )


def test_a_sum_that_is_not_written_in_place_stays_so() -> None:
    """Where nobody else reads the first map the language would write over it: in_place: false says it does not."""
    builder = Builder((4, 8, 8))
    first = builder.put(Conv(filters=4), 0)
    body = builder.put(BatchNorm(), builder.put(Conv(filters=4), first))
    builder.put(ReLU(), builder.put(Add(in_place=False), body, first))
    graph = builder.graph()
    text = write_spec(graph.replace(spec=graph.spec.replace(blocks=())))

    assert "in_place: false" in text
    assert [node.in_place for node in read_back(text).nodes] == [node.in_place for node in graph.nodes]


def test_an_image_whose_sizes_could_be_confused_is_written_by_name() -> None:
    text = "name: x\ninput: {channels: 8, height: 5, width: 3}\nblocks: [[conv3-4]]"

    assert written(text.partition("\n")[2])[0] == "input: {channels: 8, height: 5, width: 3}"


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("Net_1", "Net_1", ["name: Net_1"]),
        ("_Private", "_Private", ["name: Private", 'title: "_Private"']),
        ("Größe", "a: b # c", ["name: Gr-e", 'title: "a: b # c"']),
        ("null", "null", ['name: "null"']),
        ("日本", "two\nlines", ["name: network", "title: two lines"]),
    ],
)
def test_names_of_others_are_made_to_fit(name: str, title: str, expected: list[str]) -> None:
    graph = report_of("A").graph
    spec = graph.spec.replace(name=name, title=title, aliases=(), source="", blocks=())
    lines = write_spec(anonymous(graph, modules=False).replace(spec=spec)).splitlines()

    assert [line for line in lines if line.startswith(("name:", "title:"))] == expected


# what cannot be written ---------------------------------------------------------------------------------------


def unwritable() -> Graph:
    """A graph with an unknown operation, a crop off centre, half of a split, and a value that nobody reads."""
    builder = Builder((4, 8, 8))
    first = builder.put(Conv(filters=4), 0)
    other = builder.put(Other(operation="roll", settings=(("shifts", 1),), makes=(4, 8, 8)), first)
    builder.put(Conv(filters=2_000_000), other)
    builder.put(Split(start=(0, 0, 0), makes=(2, 8, 8)), first)
    crop = builder.put(Crop(start=(0, 0, 1), makes=(4, 6, 6)), first)
    builder.put(Concat(), crop, builder.put(Conv(filters=4, padding=0), first))
    return builder.graph()


def test_all_layers_that_stand_in_the_way_are_listed() -> None:
    """By name, what each is, and why, in order; none of those that can be written."""
    with pytest.raises(UnwritableError) as caught:
        write_spec(unwritable())

    assert caught.value.exit_code == 1
    assert [tuple(node) for node in caught.value.nodes] == [
        ("other2", "roll", "an operation that a spec has no layer for (shifts: 1)"),
        (
            "conv3",
            "conv3-2000000",
            "filters: 2000000, where a spec takes a positive integer of at most 1000000",
        ),
        ("split4", "split", "some of the channels: a spec splits all of them into shares for branches"),
        ("crop5", "crop", "a part of a map: a spec cuts about the centre, here to 6×6×4"),
    ]
    assert str(caught.value).splitlines()[0] == (
        "branching cannot be written as a spec: 4 layers stand in the way"
    )


def test_a_value_that_nobody_reads_is_told() -> None:
    builder = Builder((4, 8, 8))
    first = builder.put(Conv(filters=4), 0)
    builder.put(ReLU(), first)
    builder.put(Conv(filters=4), first)
    with pytest.raises(UnwritableError) as caught:
        write_spec(builder.graph())

    assert [tuple(node)[:2] for node in caught.value.nodes] == [("relu2", "ReLU")]
    assert "one output" in caught.value.nodes[0].why


def test_the_image_cannot_be_read_amid_others() -> None:
    """It has no name: a layer that reads it after others have run, and no branch begins there."""
    builder = Builder((4, 8, 8))
    first = builder.put(Conv(filters=4), 0)
    second = builder.put(Conv(filters=4), 0)
    builder.put(Add(), builder.put(Conv(filters=4), second), builder.put(ReLU(), first))
    with pytest.raises(UnwritableError) as caught:
        write_spec(builder.graph())

    assert "reads the image" in caught.value.nodes[0].why


def test_shares_that_are_taken_too_early_are_refused() -> None:
    """A spec takes a share right before its branch; both before the first branch is another order of the backward pass."""
    builder = Builder((4, 8, 8))
    whole = builder.put(Conv(filters=8), 0)
    first = builder.put(Split(start=(0, 0, 0), makes=(4, 8, 8)), whole)
    second = builder.put(Split(start=(4, 0, 0), makes=(4, 8, 8)), whole)
    builder.put(Concat(), builder.put(Conv(filters=4), first), builder.put(Conv(filters=4), second))
    with pytest.raises(UnwritableError) as caught:
        write_spec(builder.graph())

    assert [tuple(node)[:2] for node in caught.value.nodes] == [("split2", "split")]


def test_a_text_that_means_something_else_is_never_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer that differs is named: here one whose text says another number of filters."""
    spell = Usual.spell

    def misspelt(usual: Usual, *arguments: Any) -> list[Any]:
        return ["conv3-129" if text == "conv3-128" else text for text in spell(usual, *arguments)]

    graph = report_of("D").graph
    monkeypatch.setattr(Usual, "spell", misspelt)
    with pytest.raises(UnwritableError) as caught:
        write_spec(graph)

    [node] = caught.value.nodes
    assert node.name == "block2_conv1"
    assert "filters: 128" in node.why
    assert "filters: 129" in node.why


# the command --------------------------------------------------------------------------------------------------


def test_the_command_prints_a_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run(monkeypatch, "spec", "D")

    assert (outcome.err, outcome.code) == ("", 0)
    assert outcome.out == write_spec(report_of("D").graph)


def test_the_command_writes_a_file_that_can_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what is changed about the network after an @ or by options."""
    target = tmp_path / "mine.yaml"
    outcome = run(monkeypatch, "spec", "ResNet-50@96", "--classes", "10", "-o", str(target))
    table = run(monkeypatch, "table", str(target), "--format", "csv")
    expected = run(monkeypatch, "table", "ResNet-50@96,classes=10", "--format", "csv")

    assert (outcome.out, outcome.err, outcome.code) == ("", "", 0)
    assert table == expected


def test_the_command_lists_what_it_cannot_write(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit 1, the list on stderr, and the file as it was."""

    class Loaded:
        graph = unwritable()

    target = tmp_path / "mine.yaml"
    target.write_text("mine\n")
    monkeypatch.setattr("vggstat.cli.spec.load_report", lambda *_: Loaded)
    outcome = run(monkeypatch, "spec", "D", "-o", str(target))

    assert (outcome.out, outcome.code) == ("", 1)
    assert len(outcome.err.splitlines()) == 5
    assert all(name in outcome.err for name in ("other2 (roll)", "conv3 ", "split4", "crop5"))
    assert target.read_text() == "mine\n"


# growth -------------------------------------------------------------------------------------------------------


def calls(function: Callable[[], object]) -> int:
    """How many Python functions it calls."""
    count = 0

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def chain(layers: int) -> Graph:
    builder = Builder((4, 8, 8))
    for at in range(layers):
        builder.put(Conv(filters=4, kernel=(1, 3, 5)[at % 7 % 3]) if at % 2 == 0 else ReLU(), builder.last)
    return builder.graph()


def ladder(layers: int) -> Graph:
    """Each of the first half of the layers is added to one of the second, the last to the first."""
    builder = Builder((4, 8, 8))
    values = [builder.put(Conv(filters=4), 0)]
    for _ in range(layers // 3):
        values.append(builder.put(Conv(filters=4), values[-1]))
    value = values.pop()
    for other in reversed(values):
        value = builder.put(Add(), builder.put(Conv(filters=4), value), other)
    return builder.graph()


def far(layers: int) -> Graph:
    """The same value is added to every second layer."""
    builder = Builder((4, 8, 8))
    first = value = builder.put(Conv(filters=4), 0)
    for _ in range(layers // 2):
        value = builder.put(Add(), builder.put(Conv(filters=4), value), first)
    return builder.graph()


def wide(layers: int) -> Graph:
    """All layers are branches of one join."""
    builder = Builder((4, 8, 8))
    first = builder.put(Conv(filters=4), 0)
    builder.put(Concat(), *(builder.put(Conv(filters=4), first) for _ in range(layers)))
    return builder.graph()


@pytest.mark.parametrize("make", [chain, ladder, far, wide])
def test_twice_the_layers_are_twice_the_work(make: Callable[[int], Graph]) -> None:
    """Counted in calls, which no busy machine disturbs; of what is written from edges alone."""

    def counted(layers: int) -> int:
        graph = make(layers)
        spec = graph.spec.replace(blocks=())
        return calls(lambda: write_spec(graph.replace(spec=spec)))

    counted(30)  # what is imported and cached the first time is no work of the others
    assert counted(800) < 2.2 * counted(400)
