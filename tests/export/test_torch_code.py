"""Torch code read back: run, it is the model that vggstat builds itself, and traced it costs the same."""

from __future__ import annotations

import re
from inspect import signature
from typing import Any

import pytest
import torch
from hypothesis import given
from torch import nn
from torch.nn import functional

from tests.branching import branching, branching_vectors
from tests.export.samples import EVERY_KIND, JOINS, chain_graphs, few, nested_graphs, small_graph
from tests.measure.sample_models import Dense, Other
from tests.networks import SHIPPED, graph_of, report_of
from vggstat.cost.accounting import find_accounting
from vggstat.cost.report import analyze
from vggstat.measure.module import build_module, fill
from vggstat.net.graph import Graph
from vggstat.net.torch_names import TAKEN
from vggstat.sources.export.modules import DEFAULTS
from vggstat.sources.export.torch_code import torch_code
from vggstat.sources.torch_module.trace import trace
from vggstat.sources.unwritten import as_values


def made_by(text: str, *arguments: Any) -> nn.Module:
    """The model that the last function of a file makes."""
    names: dict[str, Any] = {}
    exec(compile(text, "exported.py", "exec"), names)
    model = names[re.findall(r"^def (\w+)", text, re.MULTILINE)[-1]](*arguments)
    assert isinstance(model, nn.Module)
    return model


def on_meta(text: str, *arguments: Any) -> nn.Module:
    with torch.device("meta"):
        return made_by(text, *arguments)


def tensors(model: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    """The state dict's names and shapes, in order."""
    return [(name, tuple(tensor.shape)) for name, tensor in model.state_dict().items()]


def assert_same_figures(graph: Graph, text: str, *memory: str) -> None:
    """Names of weights, parameters, MACs, what autograd keeps, and bytes under other accountings."""
    model = on_meta(text)
    report, traced = analyze(graph), analyze(trace(model, graph.image))

    assert tensors(model) == tensors(build_module(graph)), text
    assert (traced.total.params, traced.total.macs) == (report.total.params, report.total.macs)
    for name in ("saved", *memory):
        accounting = find_accounting(name)
        assert traced.memory_if_run(accounting) == report.memory_if_run(accounting), (name, text)
    assert traced.graph.output_shape == [node for node in graph.nodes if node.in_model][-1].shape
    assert traced.graph.overwritten == ()


def assert_same_values(graph: Graph, text: str) -> None:
    """With the same weights it computes the same from the same images, to the last bit."""
    ours = build_module(graph, device="cpu").eval()
    fill(ours)
    theirs = made_by(text).eval()
    theirs.load_state_dict(ours.state_dict())
    images = torch.linspace(-1, 1, 2 * torch.Size(graph.image).numel()).reshape(2, *graph.image)
    with torch.no_grad():
        assert torch.equal(ours(images.clone()), theirs(images.clone())), text


@pytest.mark.parametrize(
    "name",
    [*SHIPPED, "D@head=gap", "D@head=conv", "D@head=none", "D@384", "D-BN@classes=10", "ResNet-18@1x64x48"],
)
def test_shipped_networks_come_back(name: str) -> None:
    """Their weights have the names of `table --torch-names`, and the file's model costs what the network does."""
    graph = report_of(name).graph

    assert_same_figures(graph, torch_code(graph), "training-peak", "inference-peak")


@pytest.mark.parametrize("blocks", JOINS)
def test_joins_come_back(blocks: str) -> None:
    """Sums in place and not, gates, shares of channels, crops, and names that are words of Python's."""
    graph = small_graph(blocks)
    text = torch_code(graph)

    assert_same_figures(graph, text)
    assert_same_values(graph, text)


def test_every_kind_comes_back() -> None:
    """Layers of every kind, with settings of their own."""
    for text in (
        EVERY_KIND,
        "name: n\ninput: [4, 8, 8]\nblocks: [[lrn, {lrn: {size: 4, k: 1}}, conv3-4]]\nhead: none",
    ):
        graph = graph_of(text)
        code = torch_code(graph)

        assert tensors(on_meta(code)) == tensors(build_module(graph))
        assert_same_values(graph, code)


@few
@given(graph=branching())
def test_random_branching_graphs_come_back(graph: Graph) -> None:
    """Values that several layers read, in one class."""
    text = torch_code(graph)

    assert_same_figures(graph, text)
    assert_same_values(graph, text)


@few
@given(graph=branching_vectors())
def test_random_graphs_of_vectors_come_back(graph: Graph) -> None:
    """FC layers and joins of vectors."""
    assert_same_values(graph, torch_code(graph))


@few
@given(graph=nested_graphs())
def test_random_nested_networks_come_back(graph: Graph) -> None:
    """Units in one another, of which some are alike and become one class."""
    text = torch_code(graph)

    assert_same_figures(graph, text)
    assert_same_values(graph, text)


@few
@given(graph=chain_graphs())
def test_random_chains_come_back(graph: Graph) -> None:
    """Whatever is set about the layers of a chain, and any head."""
    text = torch_code(graph)

    assert tensors(on_meta(text)) == tensors(build_module(graph))
    assert_same_values(graph, text)


@pytest.mark.parametrize("name", ["D", "ResNet-18", "SqueezeNet-1.1", "D@head=gap"])
def test_the_number_of_classes_is_a_parameter(name: str) -> None:
    """As ``--classes`` would have it."""
    graph = report_of(name).graph
    other = report_of(f"{name}{',' if '@' in name else '@'}classes=7").graph

    assert tensors(on_meta(torch_code(graph), 7)) == tensors(build_module(other))


class Unit(nn.Module):
    """A residual unit as torchvision writes it: one ReLU, called twice."""

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = (
            nn.Sequential(nn.Conv2d(channels, width, 1, stride)) if stride > 1 else nn.Identity()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.downsample(x)
        result: torch.Tensor = self.relu(out)
        return result


class Functional(nn.Module):
    """Layers called as functions, in a model of two stages between which others run."""

    def __init__(self) -> None:
        super().__init__()
        self.stages = nn.ModuleDict({"a": nn.Conv2d(3, 8, 3), "b": nn.Conv2d(8, 8, 3, padding=1)})
        self.between = nn.Sequential(Unit(8, 8), Unit(8, 8), Unit(8, 16, 2), Unit(16, 16))
        self.out = nn.Linear(16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(functional.relu(self.stages["a"](x)), 2)
        x = torch.cat((x, x), 1)[:, 4:12]
        x = self.between(functional.relu(self.stages["b"](x)))
        logits: torch.Tensor = self.out(x.mean((2, 3), keepdim=True).flatten(1))
        return logits


@pytest.mark.parametrize("model", [Other, Dense, Functional])
def test_models_of_others_come_back(model: type[nn.Module]) -> None:
    """What is traced of a model is written with the names of its weights, and traced again it is the same."""
    with torch.device("meta"):
        theirs = model()
    image = (3, 32, 32) if model is Functional else (3, 224, 224)
    graph = trace(theirs, image)
    ours = on_meta(torch_code(graph))
    report, again = analyze(graph), analyze(trace(ours, image))

    assert sorted(tensors(ours)) == sorted(tensors(theirs))
    assert (again.total.params, again.total.macs) == (report.total.params, report.total.macs)
    written = as_values(graph)  # zeros that a convolution reads are its padding
    assert [node.layer for node in again.graph.nodes] == [node.layer for node in written.nodes]


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_not_written_is_torchs_default(name: str) -> None:
    """An argument that the code leaves out has the value that torch gives it (torch 2.13 is the first with a norm's bias)."""
    taken = signature(getattr(nn, name)).parameters
    defaults = {key: value for key, value in DEFAULTS[name].items() if key in taken}

    assert {key: taken[key].default for key in defaults} == defaults
    assert set(DEFAULTS[name]) - set(taken) <= {
        "bias",
        "affine",
        "elementwise_affine",
        "momentum",
        "track_running_stats",
    }


def test_the_names_that_torch_has_already() -> None:
    """All public names of modules and containers: none of them can be a module's."""
    own = {
        name for kind in (nn.Module, nn.Sequential, nn.ModuleDict) for name in dir(kind()) if name[0] != "_"
    }

    assert own <= TAKEN
