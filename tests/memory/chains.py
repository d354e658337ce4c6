"""Random legal chains of every layer kind, for comparison with torch."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from tests.networks import graph_of
from vggstat.errors import VggstatError
from vggstat.net import Graph
from vggstat.net.ops.following import ACTIVATIONS

__all__ = ["chains", "chains_over_a_view"]

Written = str | dict[str, dict[str, Any]]

convolutions = st.fixed_dictionaries(
    {
        "conv": st.fixed_dictionaries(
            {
                "filters": st.integers(1, 6).map(lambda count: 4 * count),
                "kernel": st.sampled_from([1, 2, 3, 5]),
                "stride": st.sampled_from([1, 1, 2]),
                "padding": st.integers(0, 2),
                "dilation": st.sampled_from([1, 1, 2]),
                "groups": st.sampled_from([1, 1, 2, 4]),
                "bias": st.booleans(),
                "norm": st.sampled_from(["none", "batch"]),
                "activation": st.sampled_from(["relu", "relu", *ACTIVATIONS, "none"]),
            }
        )
    }
)


def pools(kind: str) -> st.SearchStrategy[Written]:
    fields = {
        "kernel": st.sampled_from([2, 3]),
        "stride": st.integers(1, 3),
        "padding": st.integers(0, 1),
        "ceil": st.booleans(),
    }
    return st.fixed_dictionaries({kind: st.fixed_dictionaries(fields)})


def one_field(kind: str, field: str, values: list[Any]) -> st.SearchStrategy[Written]:
    return st.fixed_dictionaries({kind: st.fixed_dictionaries({field: st.sampled_from(values)})})


layers = st.one_of(
    convolutions,
    convolutions,
    convolutions,
    pools("maxpool"),
    pools("avgpool"),
    one_field("lrn", "size", [1, 2, 3, 5, 9, 40]),
    one_field("dropout", "p", [0, 0.3, 0.5, 1]),
    one_field("adaptive-avgpool", "output", [1, 2, 3, 4]),
    one_field("group-norm", "groups", [1, 2, 4]),
    one_field("shuffle", "groups", [1, 2, 4]),
    st.sampled_from(["upsample2", "gap"]),
    st.sampled_from([*ACTIVATIONS, "softmax", "bn", "bn"]),
)

fc_layers = st.fixed_dictionaries(
    {
        "fc": st.fixed_dictionaries(
            {
                "features": st.integers(1, 40),
                "bias": st.booleans(),
                "norm": st.sampled_from(["none", "none", "batch"]),
                "activation": st.sampled_from(["relu", *ACTIVATIONS, "none"]),
                "dropout": st.sampled_from([0, 0.5]),
            }
        )
    }
)


between = st.one_of(
    one_field("dropout", "p", [0, 0.5, 1]), st.sampled_from([*ACTIVATIONS, "flatten", "softmax"])
)
"""What may stand among the FC layers, and before the first: a ReLU there writes over a view."""

flat_layers = st.one_of(fc_layers, between)


@st.composite
def chains(draw: st.DrawFn) -> Graph:
    """A chain with a parameter in it. What a layer cannot take is drawn anew, by rejection."""
    image = [draw(st.sampled_from([1, 3, 4])), draw(st.integers(6, 20)), draw(st.integers(6, 20))]
    blocks = draw(st.lists(st.lists(layers, min_size=1, max_size=4), min_size=1, max_size=3))
    spec: dict[str, Any] = {"name": "chain", "input": image, "blocks": blocks}
    classifier: list[Any] = draw(st.lists(flat_layers, max_size=5))
    if classifier:
        spec["head"] = draw(st.sampled_from(["flatten", "adaptive", "gap", "conv"]))
        spec["classifier"] = [*classifier, *draw(st.sampled_from([[], ["soft-max"]]))]
    graph = _legal(spec)
    while graph is None and spec["blocks"]:
        spec["blocks"] = _shorter(spec["blocks"])
        graph = _legal(spec) if spec["blocks"] else None
    if graph is None or not any(node.params for node in graph.nodes):
        spec = {"name": "chain", "input": image, "blocks": [["conv3-4"]]}
        graph = graph_of(json.dumps(spec))
    return graph


@st.composite
def chains_over_a_view(draw: st.DrawFn) -> Graph:
    """A chain with an activation that writes over the view that a flatten makes of a map, and through which a gradient goes.

    The map is large beside the others, so that the ReLU's backward pass is often the peak.
    """
    nothing: Written = {"dropout": {"p": 0}}
    front = draw(st.lists(layers, max_size=2))
    widest = draw(st.one_of(convolutions, st.just({"conv": {"filters": 32, "activation": "none"}})))
    map_layers = draw(st.lists(st.sampled_from(["bn", "lrn", "flatten", nothing]), max_size=1))
    view_layers = draw(st.lists(st.sampled_from(["flatten", nothing]), max_size=2))
    spec: dict[str, Any] = {
        "name": "chain",
        "input": [3, draw(st.integers(5, 12)), draw(st.integers(5, 12))],
        "blocks": [[*front, widest, *map_layers]],
        "head": draw(st.sampled_from(["flatten", "flatten", "adaptive", "gap"])),
        "classifier": [
            *view_layers,
            draw(st.sampled_from(["relu", *ACTIVATIONS])),
            *draw(st.lists(flat_layers, max_size=3)),
        ],
    }
    graph = _legal(spec)
    assume(graph is not None and any(node.on_view and node.needs_input_grad for node in graph.nodes))
    assert graph is not None
    return graph


def _legal(spec: dict[str, Any]) -> Graph | None:
    try:
        return graph_of(json.dumps(spec))
    except VggstatError:
        return None


def _shorter(blocks: list[list[Any]]) -> list[list[Any]]:
    """The blocks without their last layer."""
    *front, last = blocks
    return [*front, last[:-1]] if len(last) > 1 else front
