"""Every network that ships, exported as ONNX and read back: the same layers and figures, from a file without its weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks import graph_of, report_of
from vggstat.cost.report import analyze
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.sources.export.onnx_model import onnx_files
from vggstat.sources.source import find_source
from vggstat.sources.spec import names
from vggstat.sources.spec.writer import write_spec
from vggstat.sources.wanted import Wanted


@pytest.mark.parametrize("name", names())
def test_an_exported_network_reads_back(name: str, tmp_path: Path) -> None:
    """Its weights lie in a file beside it that is not there: shapes are all that is asked for."""
    report = report_of(name)
    path = tmp_path / "net.onnx"
    path.write_bytes(b"".join(onnx_files(report.graph, "weights.data", seed=0, largest=0).model))
    back = analyze(find_source(str(path)).graph(Wanted()))
    match = match_layers(known_layers(report.graph, ["dropout"]), known_layers(back.graph, ["dropout"]))

    assert match.differences == ()
    assert (back.total.params, back.total.macs) == (report.total.params, report.total.macs)
    assert back.graph.output_shape == report.graph.output_shape


@pytest.mark.parametrize("name", ["A-BN", "ResNet-18", "GoogLeNet-BN", "MobileNetV2", "DenseNet-121"])
def test_and_from_there_to_a_spec(name: str, tmp_path: Path) -> None:
    """From YAML to ONNX to YAML: what is written of the file has the parameters and MACs of the first."""
    report = report_of(name)
    path = tmp_path / "net.onnx"
    path.write_bytes(b"".join(onnx_files(report.graph, "weights.data", seed=0, largest=0).model))
    text = write_spec(find_source(str(path)).graph(Wanted()))
    again = analyze(graph_of(text))

    assert (again.total.params, again.total.macs) == (report.total.params, report.total.macs)
