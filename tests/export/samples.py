"""Networks to be written: one with every kind of layer, and random ones."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.chains import chains
from tests.measure.test_units import networks
from tests.networks import graph_of
from vggstat.errors import SpecError
from vggstat.net.graph import Graph
from vggstat.net.ops.following import ACTIVATIONS

__all__ = ["EVERY_KIND", "JOINS", "chain_graphs", "few", "nested_graphs", "small_graph"]

EVERY_KIND = f"""
name: EveryKind
input: [4, 12, 12]
blocks:
  - [conv3-8/2, dwconv3 relu6, conv1x3-8 g2, {{conv: {{filters: 4, kernel: [3, 1], dilation: [2, 1], bias: false}}}}]
  - [{", ".join(ACTIVATIONS)}, {{leaky-relu: {{slope: 0.2}}}}, {{elu: {{alpha: 0.5}}}}, {{gelu: {{approximate: tanh}}}}]
  - [bn, {{group-norm: {{groups: 2}}}}, layer-norm, shuffle2, dropout0.2, softmax]
  - [upconv2-4/2, upconv3-8/2 relu, upsample2, {{upsample: {{mode: bilinear}}}}]
  - [maxpool3/2 ceil, avgpool3/1 same, {{adaptive-avgpool: {{output: 6}}}}, {{adaptive-avgpool: {{output: 4, width: 5}}}}]
  - [conv3-8 as skip, {{conv: {{filters: 8, padding: 0}}}}, {{concat: {{with: [skip, .], crop: true}}}}, {{add: [.]}}]
classifier: [{{fc: {{features: 6, norm: batch, activation: tanh}}}}, {{fc: {{features: 6, norm: layer}}}}, FC-3, soft-max]
""".replace(", {add: [.]}", "")
"""Every kind but LRN, and every join but those of units."""

JOINS = (
    "{residual: [conv3-4, conv3-4], repeat: 2}",
    "{residual: [conv3-8], shortcut: conv1-8}",
    "{residual: [conv3-4], in_place: false}",
    "{branches: [[conv3-4], [conv1-2], []]}",
    "{branches: [[conv3-4], [conv1-4], []], join: add}",
    "{branches: [[], [gap, conv1-4 sigmoid]], join: multiply}",
    "{branches: [[relu], [conv1-3]], split: true}",
    "{branches: [[relu], [conv1-3], []], split: [1, 2, 1]}",
    "{name: class, branches: [[conv3-4], [conv1-4]]}, conv1-2",
    "conv3-4 as a, {conv: {filters: 4, padding: 0}}, {concat: {with: [a, .], crop: true}}",
    "conv3-4 as a, relu, {concat: {with: [a, .], as: b}}, conv1-4, {add: [a]}, {concat: [b]}",
)
"""Blocks of one list, on maps of four channels."""

few = settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def small_graph(blocks: str, image: str = "[4, 9, 7]", head: str = "head: none") -> Graph:
    """The graph of one block's layers."""
    return graph_of(f"name: small\ninput: {image}\nblocks: [[{blocks}]]\n{head}\n")


@st.composite
def nested_graphs(draw: st.DrawFn) -> Graph:
    """Units in one another, repeated, with gates, shares of channels and named values."""
    while True:
        try:
            return graph_of(draw(networks()))
        except SpecError:  # a name that two units in one another give
            continue


def chain_graphs() -> st.SearchStrategy[Graph]:
    """One layer after another, with any head."""
    return chains().map(graph_of)
