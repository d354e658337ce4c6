"""Random legal chains of layers, as specs in YAML text (of which JSON is a part)."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from vggstat.errors import VggstatError
from vggstat.net import Graph
from vggstat.net.ops import find_kind
from vggstat.shapes import Shape
from vggstat.sources.spec import read_text
from vggstat.sources.spec.build import build_graph

DTYPES = ("fp32", "bf16")

small = st.integers(1, 3)


def _divisors(number: int) -> list[int]:
    return [divisor for divisor in range(1, number + 1) if number % divisor == 0]


@st.composite
def convolutions(draw: st.DrawFn, channels: int) -> dict[str, Any]:
    groups = draw(st.sampled_from(_divisors(channels)))
    kernel = draw(st.integers(1, 5))
    fields: dict[str, Any] = {
        "filters": groups * draw(st.integers(1, 4)),
        "kernel": kernel,
        "stride": draw(small),
        "padding": "same" if kernel % 2 and draw(st.booleans()) else draw(st.integers(0, 3)),
        "dilation": draw(st.integers(1, 2)) if kernel % 2 else 1,
        "groups": groups,
        "bias": draw(st.booleans()),
        "activation": draw(st.sampled_from(["relu", "relu", "none"])),
        "norm": draw(st.sampled_from(["none", "none", "batch"])),
    }
    return {"conv": fields}


@st.composite
def pools(draw: st.DrawFn) -> dict[str, Any]:
    kernel = draw(small)
    fields = {
        "kernel": kernel,
        "stride": draw(small),
        "padding": draw(st.integers(0, kernel // 2)),
        "ceil": draw(st.booleans()),
    }
    return {draw(st.sampled_from(["maxpool", "maxpool", "avgpool"])): fields}


def others() -> st.SearchStrategy[dict[str, Any]]:
    """Layers that keep the number of channels, but for adaptive pools."""
    return st.one_of(
        st.fixed_dictionaries({"lrn": st.fixed_dictionaries({"size": st.integers(1, 7)})}),
        st.fixed_dictionaries({"dropout": st.fixed_dictionaries({"p": st.sampled_from([0, 0.3, 0.5, 1])})}),
        st.fixed_dictionaries({"adaptive-avgpool": st.fixed_dictionaries({"output": st.integers(1, 5)})}),
        st.sampled_from([{"relu": {}}, {"bn": {}}, {"softmax": {}}]),
    )


@st.composite
def blocks(draw: st.DrawFn, image: Shape) -> list[list[dict[str, Any]]]:
    """One to three blocks of layers, each of which takes the map it gets."""
    shape = image
    made = []
    for _ in range(draw(st.integers(1, 3))):
        block = []
        for _ in range(draw(st.integers(1, 4))):
            candidates = (convolutions(shape[0]), convolutions(shape[0]), pools(), others())
            layer = draw(st.one_of(candidates))
            ((word, fields),) = layer.items()
            kind = find_kind(word)
            assert kind is not None
            try:
                after = kind.build(fields)[0].out_shape(shape)
            except VggstatError:
                continue
            if after[1] * after[2] * after[0] <= 20_000:
                shape = after
                block.append(layer)
        if block:
            made.append(block)
    return made


@st.composite
def classifiers(draw: st.DrawFn) -> list[dict[str, Any] | str]:
    """No FC layers, or one to three, with or without ReLU and dropout, and perhaps a softmax."""
    layers: list[dict[str, Any] | str] = []
    for _ in range(draw(st.integers(0, 3))):
        fields = {
            "features": draw(st.integers(1, 20)),
            "bias": draw(st.booleans()),
            "activation": draw(st.sampled_from(["relu", "none"])),
            "dropout": draw(st.sampled_from([0, 0.5, 1])),
        }
        layers.append({"fc": fields})
    closing: bool = draw(st.booleans())
    if layers and closing:
        layers.append("soft-max")
    return layers


@st.composite
def chains(draw: st.DrawFn) -> str:
    """The YAML text of a random chain with at least one layer, of which a graph can be built."""
    image = (draw(st.integers(1, 4)), draw(st.integers(1, 24)), draw(st.integers(1, 24)))
    made = draw(blocks(image).filter(bool))
    spec: dict[str, Any] = {"name": "chain", "input": list(image), "blocks": made}
    classifier = draw(classifiers())
    if classifier:
        spec["classifier"] = classifier
        spec["head"] = draw(st.sampled_from(["flatten", "adaptive", "gap", "conv"]))
    try:
        build(json.dumps(spec))
    except VggstatError:
        spec["head"] = "flatten"  # dense evaluation needs a square map
    return json.dumps(spec)


def build(text: str) -> Graph:
    """The graph of a chain's text."""
    return build_graph(read_text(text, "chain.yaml"))
