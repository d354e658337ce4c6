"""Which layers stand on shortcuts, as a model's edges tell."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.networks import SHIPPED, report_of
from vggstat.cost.report import analyze
from vggstat.measure.module import build_module
from vggstat.sources.torch_module.trace import trace


@pytest.mark.parametrize("name", [name for name in SHIPPED if name not in ("DenseNet-121", "ResNet-152")])
def test_a_traced_network_has_as_many_weight_layers_as_its_spec(name: str) -> None:
    """ResNet-18 has 18, whatever it was read from."""
    spec = report_of(name)
    model = analyze(trace(build_module(spec.graph), spec.graph.image))

    assert (model.weight_layers, model.shortcut_layers) == (spec.weight_layers, spec.shortcut_layers)


class Sum(nn.Module):
    """Two ways from one map to a sum."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.shortcut = nn.Conv2d(3, 3, 3, padding=1)
        self.one, self.two, self.side = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        x = self.side(x).relu()
        inner = self.one(x)
        total: Tensor = self.shortcut(x) + (inner if self.way == "as long" else self.two(inner))
        if self.way == "read elsewhere":
            return torch.cat([total, inner], 1)
        return total


@pytest.mark.parametrize(
    ("way", "layers", "on_shortcuts"),
    [
        ("residual", 3, 1),  # side, one, two
        ("as long", 3, 0),  # shortcut and one stand beside one another: RepVGG's branches
        ("read elsewhere", 4, 0),  # the way in between leads elsewhere as well: a feature pyramid
    ],
)
def test_a_shortcut_is_one_convolution_beside_more(way: str, layers: int, on_shortcuts: int) -> None:
    """Whatever its module is called."""
    with torch.device("meta"):
        model = Sum(way)
    report = analyze(trace(model, (3, 8, 8)))

    assert (report.weight_layers, report.shortcut_layers) == (layers, on_shortcuts)
