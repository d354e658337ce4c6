"""Models in many styles, exported by torch and read back: the same as traced, parameters, MACs, shapes and layers."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.measure.styles import STYLES, Style
from tests.measure.test_styles import model_of
from vggstat.cost.report import Report, analyze
from vggstat.net.graph import Graph
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.sources.onnx_file import read_onnx
from vggstat.sources.torch_module.trace import trace
from vggstat.sources.wanted import Wanted

LEFT_OUT = {"nowhere": 222}
"""Parameters of branches that lead nowhere: the exporter drops them."""

SAME_LAYERS = ("residual", "next", "tied", "two inputs", "frozen", "sound")
"""Styles whose layers are the same one by one: attention is several nodes in a file, and one call in torch."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The exporter says that it is old, and what it does not fold."""
    logging.disable(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def exported(style: Style, folder: Path, *, opset: int = 17, fold: bool = False) -> Graph:
    """The graph of a style's model by way of a file. Its tensors are unlike each other, or the exporter takes them for one."""
    model = style.make().eval()
    with torch.no_grad():
        for tensor in (*model.parameters(), *(one for one in model.buffers() if one.is_floating_point())):
            nn.init.uniform_(tensor, 0.1, 1.0)
    path = folder / "net.onnx"
    torch.onnx.export(
        model,
        tuple(image_of(style)),
        str(path),
        dynamo=False,
        opset_version=opset,
        input_names=list(style.inputs),
        training=torch.onnx.TrainingMode.EVAL if fold else torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=fold,
    )
    return read_onnx(str(path)).graph(Wanted())


def image_of(style: Style) -> list[Tensor]:
    words = len(next(iter(style.inputs.values()))) == 1
    dtype = torch.int64 if words else torch.float32
    return [torch.zeros(1, *shape, dtype=dtype) for shape in style.inputs.values()]


def traced(style: Style) -> Report:
    first, *others = style.inputs
    named = first if others else ""
    inputs = {name: style.inputs[name] for name in others}
    return analyze(trace(model_of(style), style.inputs[first], inputs, first=named))


@pytest.mark.parametrize("name", STYLES)
def test_a_file_has_what_the_model_has(name: str, tmp_path: Path) -> None:
    """Parameters and MACs to the last digit; what is not counted in one is not counted in the other."""
    style = STYLES[name]
    expected, found = traced(style), analyze(exported(style, tmp_path))
    unused = sum(param.elements for param in expected.graph.unused) + LEFT_OUT.get(name, 0)

    assert found.total.params == expected.total.params - unused
    if name not in LEFT_OUT:
        assert found.total.macs_known == expected.total.macs_known
        assert len(found.total.macs_not_counted) == len(expected.total.macs_not_counted)
    assert found.graph.output_shape == expected.graph.output_shape


@pytest.mark.parametrize("name", SAME_LAYERS)
def test_a_file_has_the_models_layers(name: str, tmp_path: Path) -> None:
    """With every setting and every edge."""
    style = STYLES[name]
    match = match_layers(known_layers(traced(style).graph), known_layers(exported(style, tmp_path)))

    assert [difference.text for difference in match.differences] == []
    assert len(match.same) > 3


@pytest.mark.parametrize("opset", [11, 13, 17, 20])
@pytest.mark.parametrize("fold", [False, True], ids=["as it is", "folded"])
def test_every_opset_of_the_exporter(opset: int, fold: bool, tmp_path: Path) -> None:
    """A residual network: where batch norms are folded away, each leaves a bias a channel and loses two values."""
    style = STYLES["residual"]
    expected, found = traced(style), analyze(exported(style, tmp_path, opset=opset, fold=fold))
    channels = sum(node.shape[0] for node in expected.graph.nodes if node.layer.stem == "bn")

    assert found.total.params == expected.total.params - (channels if fold else 0)
    assert found.total.macs == expected.total.macs
    assert any("no batch norms" in note for note in found.graph.notes) is fold
