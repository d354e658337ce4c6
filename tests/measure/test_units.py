"""Random networks of units, residuals, branches and names, written in the language, against torch itself."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.networks import graph_of
from vggstat.cost.check import Verdict
from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload
from vggstat.measure.module import build_module
from vggstat.measure.verify.counters import flop_counter_mode, hooks, mem_tracker, parameters, saved_tensors
from vggstat.measure.verify.subject import Subject
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.sources.torch_module.trace import trace

Written = tuple[str, int]
"""A step of the language in one line, and the channels of the map that it makes of a map of 8x8."""

KEEPING = (
    "relu",
    "bn",
    "silu",
    "dwconv3",
    "dwconv1x3 linear",
    "{group-norm: {groups: 2}}",
    "maxpool3/1 same",
)


@st.composite
def layers(draw: st.DrawFn, channels: int) -> Written:
    """One layer that keeps the size of the map."""
    if draw(st.booleans()):
        return draw(st.sampled_from(KEEPING)), channels
    made = draw(st.sampled_from([4, 8]))
    return (
        f"conv{draw(st.sampled_from(['1', '3', '1x3', '3x1']))}-{made}{draw(st.sampled_from(['', ' linear']))}",
        made,
    )


@st.composite
def lists(draw: st.DrawFn, channels: int, depth: int, least: int = 1) -> Written:
    """One to three steps in brackets."""
    steps = []
    for _ in range(draw(st.integers(least, 3))):
        step, channels = draw(
            layers(channels) if not depth or draw(st.booleans()) else units(channels, depth)
        )
        steps.append(step)
    return f"[{', '.join(steps)}]", channels


@st.composite
def units(draw: st.DrawFn, channels: int, depth: int) -> Written:
    """A unit on a map of so many channels, with others in it up to a depth."""
    form = draw(st.sampled_from(["residual", "shortcut", "branches", "gate", "split", "layers", "skip"]))
    body, made = draw(lists(channels, depth - 1))
    if form == "residual":
        return f"{{residual: [{body}, conv1-{channels}], repeat: {draw(st.integers(1, 2))}}}", channels
    if form == "shortcut":
        return (
            f"{{residual: {body}, shortcut: conv1-{made}, activation: {draw(st.sampled_from(['none', 'gelu']))}}}",
            made,
        )
    if form == "branches":
        other, width = draw(lists(channels, depth - 1, least=0))
        return f"{{branches: [{body}, {other}]}}", made + width
    if form == "gate":
        return f"{{branches: [[], [gap, conv1-{channels} plain sigmoid]], join: multiply}}", channels
    if form == "split":
        half = channels // 2
        body, made = draw(lists(half, 0))
        return f"{{branches: [{body}, [relu]], split: true}}", made + half
    if form == "layers":
        return f"{{layers: [{body}, conv3-{channels}], repeat: 2}}", channels
    return f"{{layers: [bn as skip, {body}, conv1-{channels}, {{add: [skip]}}], repeat: 2}}", channels


@st.composite
def networks(draw: st.DrawFn) -> str:
    """Two to four steps of any kind behind a convolution, then a pool and an FC layer."""
    steps, _ = draw(lists(8, 2, least=2))
    return (
        f"name: x\ninput: [3, 8, 8]\ndefaults: {{conv: {{norm: {draw(st.sampled_from(['none', 'batch']))}}}}}\n"
        f"blocks:\n  - [conv3-8]\n  - {steps}\nhead: gap\nclassifier: [FC-3]\n"
    )


random_networks = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@random_networks
@given(text=networks())
def test_what_is_written_costs_what_torch_says(text: str) -> None:
    """Shapes, parameters, FLOPs forward and in training, kept bytes and both peaks."""
    subject = Subject(analyze(graph_of(text), Workload(batch=2)))
    counters = (hooks, parameters, flop_counter_mode, saved_tensors, mem_tracker)
    checks = [check for counter in counters for check in counter.count(subject)]

    assert [check for check in checks if check.verdict is not Verdict.AGREES] == []


@random_networks
@given(text=networks())
def test_what_is_written_is_traced_back(text: str) -> None:
    """The model that is built of it has its layers and its edges; names are told apart, and rows add up."""
    graph = graph_of(text)
    report = analyze(graph)
    names = [node.name for node in graph.nodes]

    assert len(set(names)) == len(names)
    assert {name for row in report.rows for name in row.inputs} <= {row.name for row in report.rows}
    assert (
        match_layers(known_layers(graph), known_layers(trace(build_module(graph), graph.image))).differences
        == ()
    )
