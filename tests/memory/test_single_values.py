"""Batch norm over one value a channel: torch refuses to train on it, and so does every figure of a training step."""

from __future__ import annotations

import json

import pytest
import torch

from tests.cli.program import run
from tests.memory.torch_step import Flat
from tests.networks import graph_of
from vggstat.cost.fit import fit
from vggstat.cost.footprint import measure
from vggstat.cost.report import analyze
from vggstat.cost.training import least_batch
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.net import Graph

TEXT = """name: x
input: [3, 4, 4]
blocks:
  - [conv3-4, maxpool, {conv: {filters: 4, stride: 2, norm: batch}}]
classifier: [FC-10]
"""
TRAINING = Workload(mode="training")


def small() -> Graph:
    return graph_of(TEXT)


def test_torch_refuses_one_value_and_takes_two() -> None:
    """The rule that is held here is torch's own."""
    model = Flat(small())
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        model(torch.zeros(1, 3, 4, 4))

    assert model(torch.zeros(2, 3, 4, 4)).shape == (2, 10)


def test_the_message_names_layer_place_reason_and_way_out() -> None:
    with pytest.raises(UsageError) as caught:
        measure(small(), TRAINING)

    assert str(caught.value) == (
        "block1_bn1 (test.yaml:4:24) has one value a channel to normalize (a map of 1×1×4, batch 1), whose deviation is "
        "0: torch refuses to train on it; take a batch of 2, or a larger input"
    )


@pytest.mark.parametrize(
    "command",
    [
        "memory - --mode training",
        "table - --memory training-peak",
        "plot - memory --mode training",
        "roofline - --device h200 --mode training",
    ],
)
def test_commands_about_a_training_step(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They refuse one image, and take two."""
    refused = run(monkeypatch, *command.split(), stdin=TEXT.encode())

    assert refused.code == 2
    assert "block1_bn1 (<stdin>:4:24) has one value a channel" in refused.err
    assert run(monkeypatch, *command.split(), "--batch", "2", stdin=TEXT.encode()).code == 0


def test_what_is_not_trained_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inference normalizes by the running statistics; lists of accountings have no figure for the step."""
    report = analyze(small())
    page = json.loads(run(monkeypatch, "table", "-", "--format", "json", stdin=TEXT.encode()).out)
    figures = {**page["memory"], **page["tools"]["memory"]}

    assert measure(small(), Workload()).peak.bytes > 0
    assert report.total.params > 0
    assert figures["training-peak"] is None
    assert all(figure is not None for name, figure in figures.items() if name != "training-peak")
    assert run(monkeypatch, "table", "-", "--style", "conventions", stdin=TEXT.encode()).code == 0


def test_the_page_leaves_a_refused_figure_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step has none with one image, and that of two images is there."""
    page = run(monkeypatch, "report", "-", "-o", "-", stdin=TEXT.encode())

    assert page.code == 0
    assert '<td class="n" data-fig="memory:training-peak">–</td>' in page.out
    assert f'"training-peak":{measure(small(), TRAINING.replace(batch=2)).peak.bytes}' in page.out


def test_a_number_is_explained_by_what_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The step is no candidate, and all other figures are: the maps have 48 + 64 + 16 + 4 + 4 + 10 values."""
    data = json.loads(run(monkeypatch, "explain", "146", "-", "--format", "json", stdin=TEXT.encode()).out)

    assert "values, outputs" in {match["quantity"] for match in data["matches"]}


def test_fit_looks_from_two_images_on() -> None:
    """What fits one image but not two does not fit."""
    two = measure(small(), TRAINING.replace(batch=2)).peak.bytes
    enough, lacking = fit(small(), TRAINING, two, 0), fit(small(), TRAINING, two - 1, 0)

    assert least_batch(small()) == 2
    assert (enough.batch, enough.footprint.workload.batch, enough.next.workload.batch) == (2, 2, 3)
    assert (lacking.batch, lacking.footprint.workload.batch, lacking.next.workload.batch) == (0, 2, 2)
    assert fit(small(), Workload(), two, 0).least == 1


def test_fit_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = run(
        monkeypatch,
        *["fit", "-", "--memory", "100B", "--reserve", "0B", "--mode", "training", "--width", "200"],
        stdin=TEXT.encode(),
    )

    assert outcome.code == 1
    assert "not even 2 images, the fewest that it can be trained on, fit into" in outcome.out
    assert "batch 2 lacks" in outcome.out


def test_fit_names_the_batch_that_binds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes are those of two images, and so is its number."""
    words = "fit - --memory 100B --reserve 0B --mode training --format json"
    binds = json.loads(run(monkeypatch, *words.split(), stdin=TEXT.encode()).out)["binds"]

    assert (binds["batch"], binds["bytes"]) == (2, measure(small(), TRAINING.replace(batch=2)).peak.bytes)
