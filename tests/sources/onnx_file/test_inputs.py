"""The shapes of inputs: the file's own, what is wanted, and what neither says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest

from tests.sources.onnx_file.models import layers, model, node, numbers, read, report, weight
from vggstat.errors import InputError, UsageError
from vggstat.shapes import Shape

SIZED = "The file leaves the size of its image open: 224 pixels unless --input says another."


def net(*axes: int | str | None) -> onnx.ModelProto:
    """A convolution without padding."""
    return model([node("Conv", "x w", "y")], weight("w", 8, 3, 3, 3), inputs={"x": axes})


@pytest.mark.parametrize(
    ("axes", "wanted", "shape", "notes"),
    [
        ((1, 3, 32, 40), None, (3, 32, 40), ()),
        ((1, 3, 32, 40), (None, 32, 40), (3, 32, 40), ()),
        ((1, 3, 32, 40), (3, 32, 40), (3, 32, 40), ()),
        (("N", 3, "H", "W"), None, (3, 224, 224), (SIZED,)),
        (("N", 3, "H", "W"), (None, 64, 48), (3, 64, 48), ()),
        ((None, 3, None, None), (3, 64, 48), (3, 64, 48), ()),
        # What the first convolution takes, where the file does not say it.
        (("N", "C", "H", "W"), (None, 64, 48), (3, 64, 48), ()),
        ((-1, 3, -1, -1), None, (3, 224, 224), (SIZED,)),
        ((1, 3, 32, "W"), None, (3, 32, 224), (SIZED,)),
        ((4, 3, 32, 32), None, (3, 32, 32), ("The file has a fixed batch of 4: figures are of one image.",)),
    ],
)
def test_images(
    axes: tuple[Any, ...],
    wanted: tuple[int | None, int, int] | None,
    shape: Shape,
    notes: tuple[str, ...],
    tmp_path: Path,
) -> None:
    """Sizes that are fixed hold, names stand for any, and a batch is divided out: 27 MACs for each value of 8 channels."""
    graph = read(net(*axes), tmp_path, wanted)

    assert graph.image == shape
    assert graph.notes == notes
    assert layers(graph) == [f"Conv 8x{shape[1] - 2}x{shape[2] - 2}"]
    assert graph.nodes[0].ops.macs == 8 * 27 * (shape[1] - 2) * (shape[2] - 2)


@pytest.mark.parametrize(
    ("axes", "wanted", "inputs", "reason"),
    [
        ((1, 3, 32, 32), (None, 64, 64), {}, "only what is \\? there can be chosen"),
        ((1, 3, 32, 32), (1, 32, 32), {}, "is 1×3×32×32 with the batch, not 1×32×32"),
        (("N", 3, "H", 32), (None, 64, 64), {}, "is 1×3×\\?×32 with the batch, not 64×64"),
        ((1, 3, 32, 32), None, {"mask": (1, 32, 32)}, "has no input 'mask'; it has x"),
        ((1, 3, 32, 32), None, {"x": (3, 32)}, "not 3×32"),
        ((1, 3, 32, 32), None, {"x": (3, 32, 64)}, "not 3×32×64"),
    ],
)
def test_what_a_file_does_not_take(
    axes: tuple[Any, ...],
    wanted: tuple[int | None, int, int] | None,
    inputs: dict[str, Shape],
    reason: str,
    tmp_path: Path,
) -> None:
    """A file is of the sizes that it says."""
    with pytest.raises(UsageError, match=reason):
        read(net(*axes), tmp_path, wanted, **inputs)


def test_an_open_length_has_to_be_told(tmp_path: Path) -> None:
    """There is no usual number of words."""
    content = model([node("MatMul", "x w", "y")], weight("w", 6, 4), inputs={"x": ("N", "words", 6)})
    with pytest.raises(UsageError, match=r"its input x has an axis \(words\) .* as in --input x=128"):
        read(content, tmp_path)
    with pytest.raises(UsageError, match="its input x is not an image"):
        read(content, tmp_path, (None, 64, 64))

    assert layers(read(content, tmp_path, x=(9, 6))) == ["SeenLinear:fc 9x4"]


def test_channels_last(tmp_path: Path) -> None:
    """Of an image whose last axis alone can be colours; what is wanted of it is meant in the usual order all the same."""
    nodes = [node("Transpose", "x", "t", perm=[0, 3, 1, 2]), node("Conv", "t w", "y")]
    content = model(nodes, weight("w", 8, 3, 3, 3), inputs={"x": ("N", "H", "W", 3)})
    graph = read(content, tmp_path, (3, 20, 30))

    assert graph.image == (20, 30, 3)
    assert layers(graph)[-1] == "Conv 8x18x28"


def test_an_image_without_a_batch(tmp_path: Path) -> None:
    """Three axes, of which the first are colours."""
    nodes = [node("Unsqueeze", "x", "u", axes=[0]), node("Conv", "u w", "y")]
    content = model(nodes, weight("w", 8, 3, 3, 3), inputs={"x": (3, "H", "W")}, opset=11)

    assert read(content, tmp_path, (None, 20, 30)).image == (3, 20, 30)
    assert layers(read(content, tmp_path, (None, 20, 30)))[-1] == "Conv 8x18x28"


def test_several_inputs(tmp_path: Path) -> None:
    """Each but the first is a node; a length of one name is the same in all."""
    nodes = [node("MatMul", "x v", "q"), node("Add", "q mask", "y")]
    content = model(
        nodes, weight("v", 6, 4), inputs={"x": ("N", "T", 6), "mask": ("N", "T", 4), "nobody": ("N", "Q")}
    )
    graph = read(content, tmp_path, x=(9, 6))

    assert layers(graph) == ["Given 9x4", "SeenLinear:fc 9x4", "Add 9x4"]
    assert [node.name for node in graph.further_inputs] == ["mask"]


@pytest.mark.parametrize("batch", [1, 4])
def test_a_batch_that_is_no_first_axis_is_divided_out(batch: int, tmp_path: Path) -> None:
    """As torch's attention moves it: 7 tokens of 6 into 12, whatever the batch."""
    nodes = [node("Transpose", "x", "t", perm=[1, 0, 2]), node("MatMul", "t w", "y")]
    found = report(model(nodes, weight("w", 6, 12), inputs={"x": (batch, 7, 6)}), tmp_path)

    assert found.graph.image == (7, 6)
    assert found.graph.nodes[-1].shape == (7, 1, 12)
    assert found.total.macs == 7 * 6 * 12


def test_inputs_without_a_common_batch(tmp_path: Path) -> None:
    """Then the first axis of none of them is one."""
    nodes = [node("MatMul", "x w", "a"), node("MatMul", "z w", "b")]
    found = report(
        model(nodes, weight("w", 6, 5), inputs={"x": (4, 6), "z": (2, 6)}, outputs="a b"), tmp_path
    )

    assert found.graph.image == (4, 6)
    assert found.total.macs == (4 + 2) * 30


def test_numbers_of_words_have_their_own_width(tmp_path: Path) -> None:
    """8 bytes each, whatever the format of the weights."""
    content = model([node("Gather", "w x", "y")], weight("w", 50, 16), inputs={"x": (1, 7)}, kinds={"x": 7})
    graph = read(content, tmp_path)

    assert graph.input_width == 8
    assert layers(graph) == ["Rearranged:embedding 7x16"]


SEQUENCE_FIRST = {
    # 7 steps of 3 into gates of 4 · 5.
    "lstm": ([node("LSTM", "x w r", "y", hidden_size=5)], [weight("w", 1, 20, 3), weight("r", 1, 20, 5)]),
    # Each of 7 tokens with each of them, in one group of heads.
    "attention": (
        [
            node("Transpose", "x", "q", perm=[1, 0, 2]),
            node("Transpose", "x", "k", perm=[1, 2, 0]),
            node("MatMul", "q k", "y"),
        ],
        [],
    ),
    "softmax": ([node("Softmax", "x", "y", axis=0)], []),
    "mean": ([node("ReduceMean", "x", "y", axes=[0])], []),
    "last": ([node("Gather", "x last", "y", axis=0)], [numbers("last", -1)]),
    "token": ([node("Concat", "token x", "y", axis=0)], [weight("token", 1, 1, 3)]),
    "folded": (
        [
            node("Reshape", "x flat", "f"),
            node("Reshape", "f shape", "t"),
            node("Softmax", "t", "y", axis=0),
        ],
        [numbers("flat", 7, 3), numbers("shape", 7, 1, 3)],
    ),
}


@pytest.mark.parametrize("name", SEQUENCE_FIRST)
def test_a_first_axis_that_is_mixed_along_is_no_batch(name: str, tmp_path: Path) -> None:
    """Figures are of the whole input then: nothing is divided."""
    nodes, tensors = SEQUENCE_FIRST[name]
    found = report(model(nodes, *tensors, inputs={"x": (7, 1, 3)}), tmp_path)

    assert found.graph.image == (7, 1, 3)
    assert any("of 7, is no batch" in note for note in found.graph.notes)
    if name == "attention":
        assert found.total.macs == 7 * 7 * 3


BATCH_FIRST = {
    "lstm": ([node("LSTM", "x w r", "y", hidden_size=5, layout=1)], SEQUENCE_FIRST["lstm"][1]),
    "moved lstm": (
        [node("Transpose", "x", "t", perm=[1, 0, 2]), node("LSTM", "t w r", "y", hidden_size=5)],
        SEQUENCE_FIRST["lstm"][1],
    ),
    "attention": ([node("Transpose", "x", "k", perm=[0, 2, 1]), node("MatMul", "x k", "y")], []),
    # As torch's attention does: tokens first, heads beside the batch, tokens behind them again.
    "folded heads": (
        [
            node("Transpose", "x", "t", perm=[1, 0, 2]),
            node("Reshape", "t heads", "h"),
            node("Transpose", "h", "q", perm=[1, 0, 2]),
            node("Transpose", "h", "k", perm=[1, 2, 0]),
            node("MatMul", "q k", "s"),
            node("Softmax", "s", "p", axis=-1),
            node("MatMul", "p q", "y"),
        ],
        [numbers("heads", 4, 21, 1)],
    ),
}


@pytest.mark.parametrize("name", BATCH_FIRST)
def test_a_first_axis_that_is_moved_alone_is_a_batch(name: str, tmp_path: Path) -> None:
    nodes, tensors = BATCH_FIRST[name]
    graph = read(model(nodes, *tensors, inputs={"x": (7, 4, 3)}), tmp_path)

    assert graph.image == (4, 3)
    assert graph.notes == ("The file has a fixed batch of 7: figures are of one image.",)


def test_an_example_has_the_axes_of_the_input(tmp_path: Path) -> None:
    """Of an image whose channels no convolution tells its channels, height and width."""
    content = model([node("Relu", "x", "y")], inputs={"x": ("N", "C", "H", "W")})
    with pytest.raises(UsageError, match=r"has an axis \(C\) .* as in --input x=3x224x224"):
        read(content, tmp_path)

    assert read(content, tmp_path, (3, 20, 30)).image == (3, 20, 30)


def test_a_tensor_that_nothing_makes_is_told_by_name(tmp_path: Path) -> None:
    content = model([node("Conv", "q w", "y", name="first")], weight("w", 8, 3, 3, 3))
    with pytest.raises(InputError, match=r"node first \(Conv\) reads q, which is no input"):
        read(content, tmp_path)
