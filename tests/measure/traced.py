"""The models in many styles as the program finds them: traced once for all tests, whatever the commands are."""

from __future__ import annotations

from functools import cache

import pytest
import torch

from tests.measure.styles import STYLES
from vggstat.cost.report import Report, analyze
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph
from vggstat.records import Record
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.wanted import Wanted

__all__ = ["NAMES", "name_of", "report_of", "use_traces"]

NAMES = tuple(STYLES)


def name_of(style: str) -> str:
    """As it is written on the command line: ``styles:two_inputs``."""
    return f"styles:{style.replace(' ', '_').replace('-', '_')}"


@cache
def graph_of(style: str) -> Graph:
    with torch.device("meta"):
        model = STYLES[style].make()
    source = TorchSource(model=model, name=name_of(style))
    return source.graph(Wanted(inputs=STYLES[style].inputs))


def report_of(style: str) -> Report:
    """Of one image in float32."""
    return analyze(graph_of(style), Workload())


class Traced(Record):
    """A model whose graph is there already, on the inputs of its style alone."""

    name: str
    style: str

    def graph(self, wanted: Wanted) -> Graph:
        """Whatever is wanted but another size: one image of the style."""
        assert wanted.head is None
        assert wanted.classes is None
        return graph_of(self.style)


def use_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on ``styles:NAME`` is the graph of that style."""
    found = {name_of(style): Traced(name=name_of(style), style=style) for style in NAMES}
    monkeypatch.setattr("vggstat.sources.torch_module.source.read_model", found.__getitem__)
