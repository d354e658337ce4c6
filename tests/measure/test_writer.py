"""Specs written of torch modules: every shipped network as a module, and models as people write them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.measure.written_models import STYLES
from tests.networks import SHIPPED, report_of
from tests.totals import OF_NAMES, totals
from vggstat.errors import UnwritableError
from vggstat.measure.module import build_module
from vggstat.net.graph import Graph
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.sources.export.onnx_model import onnx_bytes
from vggstat.sources.export.torch_code import torch_code
from vggstat.sources.spec import read_text, write_spec
from vggstat.sources.spec.build import build_graph
from vggstat.sources.torch_module.trace import trace


def read_back(text: str) -> Graph:
    """The graph of a text that was written."""
    return build_graph(read_text(text, "written.yaml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_is_found_again_in_its_module(name: str) -> None:
    """No longer than the spec that it was made from, and with all its figures."""
    own = report_of(name).graph
    graph = trace(build_module(own), own.image)
    text = write_spec(graph)

    assert totals(read_back(text), but=OF_NAMES) == totals(graph, but=OF_NAMES)
    assert len(text.splitlines()) <= len(write_spec(own).partition("published:")[0].splitlines())


@pytest.mark.parametrize("name", STYLES)
def test_a_model_of_common_style_is_short(name: str) -> None:
    """Blocks, units, branches, repeats and defaults are found again, whatever it is written like."""
    make, image, most = STYLES[name]
    with torch.device("meta"):
        graph = trace(make(), image)
    text = write_spec(graph)

    assert totals(read_back(text), but=OF_NAMES) == totals(graph, but=OF_NAMES)
    assert len(text.splitlines()) <= most, text


def test_a_model_of_torchvisions_kind_comes_out_as_the_network_that_ships() -> None:
    """The blocks of VGG-16 to the letter, and the classifier but for the soft-max, which such a model has not."""
    make, image, _ = STYLES["VGG"]
    with torch.device("meta"):
        lines = write_spec(trace(make(), image)).splitlines()

    shipped = write_spec(report_of("D").graph).splitlines()
    first = shipped.index("blocks:")
    assert lines[lines.index("blocks:") :] == [
        *shipped[first : first + 7],
        "classifier: [FC-4096, FC-4096, FC-1000]",
    ]


class Odd(nn.Module):
    """Four layers that the language has not, among others that it has."""

    def __init__(self) -> None:
        super().__init__()
        self.mirrored = nn.Conv2d(3, 8, 3, padding=1, padding_mode="reflect")
        self.norm = nn.BatchNorm2d(8, affine=False)
        self.act = nn.PReLU()
        self.plain = nn.Conv2d(8, 8, 3, padding=1)
        self.up = nn.ConvTranspose2d(8, 8, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.up(self.plain(self.act(self.norm(self.mirrored(x)))))
        return made


class TwoOutputs(nn.Module):
    """Two classifiers of one map."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 8, 3)
        self.first, self.second = nn.Conv2d(8, 2, 1), nn.Conv2d(8, 5, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.body(x)
        return self.first(x), self.second(x)


@pytest.mark.parametrize(
    ("make", "names"),
    [(Odd, ["mirrored", "norm", "act", "up"]), (TwoOutputs, ["output", "first"])],
)
def test_every_layer_that_stands_in_the_way_is_listed(
    make: Callable[[], nn.Module], names: list[str]
) -> None:
    with torch.device("meta"):
        graph = trace(make(), (3, 16, 16))
    with pytest.raises(UnwritableError) as caught:
        write_spec(graph)

    assert [node.name for node in caught.value.nodes] == names


class DenseBlock(nn.Module):
    """Each convolution reads all maps before it, joined; of the first that is a join of one."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 4, 1), nn.Conv2d(12, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = [self.one(x)]
        maps.append(self.two(torch.cat(maps, 1)))
        maps.append(self.three(torch.cat(maps, 1)))
        return torch.cat(maps, 1)


def test_a_join_of_one_map_is_that_map() -> None:
    """A spec, code and an ONNX model say nothing of it; 16 maps of 8 × 8 come out: 8·3, 4·8 and 4·12 weights at each place."""
    with torch.device("meta"):
        graph = trace(DenseBlock(), (3, 8, 8))
    again = read_back(write_spec(graph))

    assert sum(node.ops.macs for node in again.nodes) == 64 * (24 + 32 + 48)
    assert [len(node.inputs) for node in again.nodes if node.layer.stem == "concat"] == [2, 3]
    assert torch_code(graph).count("torch.cat(") == 2
    assert onnx_bytes(graph).count(b"Concat") == 2
    assert match_layers(known_layers(graph), known_layers(again)).differences == ()
