"""The short form of a layer: a stem with its figures, then words."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.networks import graph_of
from vggstat.errors import SpecError
from vggstat.net.ops.conv import Conv
from vggstat.net.spec import items_of
from vggstat.sources.spec import read_text, schema


def written(text: str, defaults: str = "{}") -> tuple[str, dict[str, Any]]:
    """The kind and the fields that a layer gets."""
    spec = read_text(
        f"name: x\ninput: [64, 32, 32]\ndefaults: {defaults}\nblocks: [['{text}']]\n", "test.yaml"
    )
    [item] = items_of(spec.blocks[0])
    return item.kind.name, item.written


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    [
        ("conv7-64/2", "conv", {"kernel": 7, "filters": 64, "stride": 2}),
        ("conv3-64 relu6", "conv", {"kernel": 3, "filters": 64, "activation": "relu6"}),
        ("conv3-64 linear valid", "conv", {"kernel": 3, "filters": 64, "activation": "none", "padding": 0}),
        ("CONV3-64 g32  same", "conv", {"kernel": 3, "filters": 64, "groups": 32, "padding": "same"}),
        ("maxpool3/2", "maxpool", {"kernel": 3, "stride": 2}),
        ("maxpool2", "maxpool", {"kernel": 2}),
        ("maxpool3/2 ceil", "maxpool", {"kernel": 3, "stride": 2, "ceil": True}),
        ("avgpool3/1 same", "avgpool", {"kernel": 3, "stride": 1, "padding": "same"}),
        ("Max Pool", "maxpool", {}),
        ("maxpool ceil", "maxpool", {"ceil": True}),
        ("leaky-relu", "leaky-relu", {}),
        ("FC-10 tanh", "fc", {"features": 10, "activation": "tanh"}),
    ],
)
def test_it_reads(text: str, kind: str, fields: dict[str, Any]) -> None:
    """Each short form, and the schema takes it."""
    document = {"name": "x", "input": [64, 32, 32], "blocks": [[text]]}

    assert written(text) == (kind, fields)
    assert [error.message for error in Draft202012Validator(schema()).iter_errors(document)] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv3-64 relu tanh", "'relu' and 'tanh' both set the activation: write one"),
        ("conv3-64 lniear", "after conv3-64 no word is 'lniear': did you mean 'linear'?"),
        ("conv3-64 g0", "expected a positive integer, got 0"),
        ("conv3-64 g032", "without leading zeros"),
        ("conv3-64/0", "expected a positive integer, got 0"),
        ("maxpool3", "a pool of 3 needs its stride: write maxpool3/2, or maxpool3/3"),
        ("avgpool2/2 relu", "avgpool has no activation, which 'relu' would set"),
        ("bn same", "bn has no padding, which 'same' would set"),
        (" conv3-64", "no layer is written ' conv3-64'"),
        ("conv3-64 ", "expected conv as in conv3-64, got 'conv3-64 '"),
    ],
)
def test_it_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=r"^test\.yaml:4:11: blocks\[0\]\[0\]") as refused:
        written(text)

    assert message in str(refused.value)


def test_plain_sets_the_defaults_aside() -> None:
    """What the spec says of all convolutions holds for the others, not for this one."""
    defaults = "{conv: {norm: batch, bias: false, activation: silu}}"

    assert written("conv1-8", defaults)[1]["norm"] == "batch"
    assert written("conv1-8 plain", defaults)[1] == {"kernel": 1, "filters": 8}
    assert written("conv1-8 plain sigmoid", defaults)[1] == {
        "kernel": 1,
        "filters": 8,
        "activation": "sigmoid",
    }


def test_padding_same_of_a_pool_keeps_the_map() -> None:
    """(3 − 1) / 2 = 1 pixel a side, in the field and in the rows; an even window has no such padding."""
    graph = graph_of("name: x\ninput: [4, 7, 9]\nblocks: [[maxpool3/1 same, conv3-8]]\n")
    pool = graph.nodes[0]

    assert pool.shape == (4, 7, 9)
    assert pool.layer.torch_module((4, 7, 9)).kwargs["padding"] == 1
    assert isinstance(graph.nodes[1].layer, Conv)
    with pytest.raises(SpecError, match="padding: same needs an odd kernel"):
        graph_of("name: x\ninput: [4, 7, 9]\nblocks: [[maxpool2/1 same]]\n")


@pytest.mark.parametrize(
    ("short", "kernel", "stride", "label"),
    [
        ("conv1x7-4", (1, 7), 1, "conv1x7-4"),
        ("conv7x1-4/2", (7, 1), 2, "conv7x1-4"),
        ("conv3x3-4/1x2", 3, (1, 2), "conv3-4"),
        ("dwconv3x1", (3, 1), 1, "conv3x1-3 g3"),
        ("maxpool3x1/2x1", (3, 1), (2, 1), "maxpool"),
    ],
)
def test_height_and_width_may_differ(short: str, kernel: object, stride: object, label: str) -> None:
    """Height first; two that are the same are one number, as in the long form."""
    node = graph_of(f"name: x\ninput: [3, 16, 16]\nblocks: [[{short}]]\n").nodes[0]
    windows = node.layer.windows()

    assert windows is not None
    assert (windows.kernel, windows.stride, node.layer.label) == (kernel, stride, label)


def test_the_long_form_has_pairs() -> None:
    """``kernel: [1, 7]`` is conv1x7; ``[3, 3]`` is 3; padding in pairs too."""
    text = (
        "name: x\ninput: [3, 16, 16]\nblocks: [[{conv: {filters: 4, kernel: [1, 7], padding: [0, 3]}}, %s]]\n"
    )
    first, _, second, *_ = graph_of(text % "{conv: {filters: 4, kernel: [3, 3], stride: [2, 1]}}").nodes

    assert first.layer.label == "conv1x7-4"
    assert first.shape == (4, 16, 16)
    assert first.params[0].shape == (4, 3, 1, 7)  # 3 channels, 1 high, 7 wide
    assert second.layer.kernel == 3  # type: ignore[attr-defined]
    assert second.shape == (4, 8, 16)
