"""Random specs with units, named values, splits and repeats, as YAML text (of which JSON is a part)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from hypothesis import strategies as st

__all__ = ["branching_specs"]

Steps = list[Any]

NOTHING: dict[str, Any] = {}

WORDS = ("", " linear", " relu6", " silu", " plain", " g2", " plain sigmoid")
CONVOLUTIONS = [f"conv{kernel}-4{word}" for kernel in ("1", "3", "1x3") for word in WORDS]
LONG = [
    {"conv": {"filters": 4, "bias": bias, "norm": norm}}
    for bias in (False, True)
    for norm in ("none", "batch", "layer")
]
OTHERS = [
    *(
        "dwconv3",
        "dwconv5 linear",
        "relu",
        "bn",
        "dropout",
        "dropout0.3",
        "LRN",
        "maxpool3/1 same",
        "shuffle2",
    ),
    *({"gelu": {"approximate": "tanh"}}, {"conv": {"filters": 4, "padding": 1}}),
]
"""Layers on maps of four channels, of which all in a list are, so that they fit together."""

ANY_CHANNELS = [*(text for text in CONVOLUTIONS if " g2" not in text), *LONG]

layers: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(CONVOLUTIONS), st.sampled_from(LONG), st.sampled_from(OTHERS)
)

FORMS = ("layers", "residual", "branches", "concat", "gate", "split", "named")


@st.composite
def lists(draw: st.DrawFn, depth: int, numbers: Iterator[int], *, empty: bool = False) -> Steps:
    """A list of one to three steps, or of none."""
    steps: Steps = []
    for _ in range(draw(st.integers(0 if empty else 1, 3))):
        steps.append(draw(units(depth, numbers) if depth and draw(st.booleans()) else layers))
    return steps


@st.composite
def units(draw: st.DrawFn, depth: int, numbers: Iterator[int]) -> Any:
    """A unit of any form. ``numbers`` are those of the names that values have."""
    form = draw(st.sampled_from(FORMS))
    repeat = {"repeat": draw(st.integers(2, 3))} if draw(st.integers(0, 2)) == 0 else NOTHING
    activation = draw(st.sampled_from([NOTHING, {"activation": "none"}, {"activation": "relu6"}]))
    in_place = draw(st.sampled_from([NOTHING, NOTHING, {"in_place": False}]))
    inner = lists(depth - 1, numbers)
    if form == "named":
        name = f"value{next(numbers)}"
        joins: Steps = [{"add": [name]}, {"add": {"with": [name, "."]}}, {"multiply": [name]}]
        return [f"conv3-4 as {name}", *draw(inner), draw(st.sampled_from(joins))]
    if form == "layers":
        held = draw(inner)
        return {"layers": held, **repeat} if repeat or draw(st.booleans()) else held
    if form == "residual":
        shortcuts: Steps = [NOTHING, {"shortcut": "conv1-4"}, {"shortcut": ["conv1-4", "relu"]}]
        shortcut = draw(st.sampled_from(shortcuts))
        return {"residual": draw(inner), **shortcut, **activation, **in_place, **repeat}
    if form == "split":
        shares, many = draw(st.sampled_from([(True, 2), ([1, 3], 2), ([2, 1, 1], 3)]))
        branches = [draw(st.sampled_from([[], ["conv1-1"], ["conv1-3"]])) for _ in range(many)]
        after = draw(st.sampled_from(ANY_CHANNELS))
        return {"layers": [{"branches": branches, "split": shares}, after], **repeat}
    branch = lists(depth - 1, numbers, empty=True)
    if form == "gate":
        held = [draw(branch), ["gap", "conv1-4 plain sigmoid"]]
        return {"branches": held, "join": "multiply", **activation, **repeat}
    held = [draw(branch) for _ in range(draw(st.integers(2, 3)))]
    if form == "branches":
        return {"branches": held, "join": "add", **activation, **in_place, **repeat}
    return {"layers": [{"branches": held, **activation}, draw(st.sampled_from(ANY_CHANNELS))], **repeat}


DEFAULTS: list[dict[str, Any]] = [
    NOTHING,
    {"conv": {"norm": "batch", "bias": False}},
    {"conv": {"activation": "relu6"}, "residual": {"activation": "none"}},
    {"residual": {"in_place": False}},
    {"conv": {"padding": 1, "bias": False}},
]
CLASSIFIERS = (["FC-5"], ["FC-9", "FC-5", "soft-max"], ["dropout", "FC-3 relu"])


@st.composite
def branching_specs(draw: st.DrawFn) -> str:
    """A spec of one to three blocks; some have pools between, defaults, a classifier."""
    numbers = count(1)
    blocks = [["conv3-4", *draw(lists(2, numbers))]]
    for _ in range(draw(st.integers(0, 2))):
        begin: Steps = draw(st.sampled_from([[], ["maxpool"], ["conv3-4/2"]]))
        blocks.append([*begin, *draw(lists(2, numbers))])
    spec: dict[str, Any] = {"name": "branching", "input": [3, 16, 16], "blocks": blocks}
    spec["defaults"] = draw(st.sampled_from(DEFAULTS))
    if draw(st.booleans()):
        spec["head"] = draw(st.sampled_from(["flatten", "adaptive", "gap"]))
        spec["classifier"] = draw(st.sampled_from(CLASSIFIERS))
    return json.dumps(spec)
