"""Models against models and specs: the same layers under other names, in another order, or not the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.cli.program import run
from tests.measure.traced import report_of, use_traces
from tests.networks import graph_of
from vggstat.cost.compare import Comparison, compare_reports, compare_snapshots
from vggstat.cost.report import Report, analyze
from vggstat.cost.snapshot import snapshot_of
from vggstat.cost.snapshot_json import parse_snapshot
from vggstat.render.draw.stages import Run
from vggstat.render.draw.units import Unit, pieces_of
from vggstat.render.report_data import report_data
from vggstat.render.views.compare import comparison_page
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.wanted import Wanted

SPEC = """
name: small
input: [3, 16, 16]
defaults: {conv: {bias: false, norm: batch}}
blocks:
  - [conv3-8]
  - - residual: [conv3-8/2, conv3-8]
      shortcut: conv1-8/2
head: gap
classifier: [FC-5]
"""


class Small(nn.Module):
    """The network of the spec: a convolution, and a unit with a shortcut that changes the map's size."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.one, self.norm1 = nn.Conv2d(8, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8)
        self.two, self.norm2 = nn.Conv2d(8, 8, 3, 1, 1, bias=False), nn.BatchNorm2d(8)
        self.beside = nn.Sequential(nn.Conv2d(8, 8, 1, 2, bias=False), nn.BatchNorm2d(8))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 5)

    def body(self, x: Tensor) -> Tensor:
        y = functional.relu(self.norm1(self.one(x)))
        found: Tensor = self.norm2(self.two(y))
        return found

    def unit(self, x: Tensor) -> Tensor:
        y = self.body(x)
        y += self.beside(x)
        return functional.relu(y)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.head(torch.flatten(self.pool(self.unit(self.stem(x))), 1))
        return found


class ShortcutFirst(Small):
    """It runs its shortcut before the layers beside it."""

    def unit(self, x: Tensor) -> Tensor:
        shortcut = self.beside(x)
        y = self.body(x)
        y += shortcut
        return functional.relu(y)


class WithoutReLU(Small):
    """It forgets the ReLU within its unit."""

    def body(self, x: Tensor) -> Tensor:
        found: Tensor = self.norm2(self.two(self.norm1(self.one(x))))
        return found


class Rewired(Small):
    """Its second convolution reads what the first batch norm of the shortcut makes."""

    def unit(self, x: Tensor) -> Tensor:
        y = functional.relu(self.norm1(self.one(x)))
        beside = self.beside(x)
        beside += self.norm2(self.two(beside))
        beside += y
        return functional.relu(beside)


class Wider(Small):
    """One convolution has a dilation."""

    def __init__(self) -> None:
        super().__init__()
        self.two = nn.Conv2d(8, 8, 3, 1, 2, dilation=2, bias=False)


def model(kind: type[nn.Module]) -> Report:
    with torch.device("meta"):
        source = TorchSource(model=kind(), name=kind.__name__)
    return analyze(source.graph(Wanted(inputs={"x": (3, 16, 16)})))


def spec() -> Report:
    return analyze(graph_of(SPEC))


def compared(one: Report, other: Report) -> Comparison:
    return compare_reports((one, other))


def test_a_model_is_the_same_as_its_spec() -> None:
    """Names and scopes differ, and the soft-max that closes a spec is in no model: the layers are the same."""
    for pair in ((model(Small), spec()), (spec(), model(Small))):
        comparison = compared(*pair)

        assert comparison.same
        assert {slot.change for slot in comparison.slots} == {"same"}
        assert comparison.sum_of_differences(comparison.slots, "params") == 0


def test_the_order_of_branches_does_not_count() -> None:
    """A shortcut may run first."""
    names = [[row.name for row in model(kind).rows] for kind in (Small, ShortcutFirst)]
    assert names[0] != names[1]

    assert compared(model(ShortcutFirst), spec()).same


def test_renamed_blocks_are_the_same() -> None:
    """Two models with other names for all of their modules, as an old and a new version have."""

    class Renamed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.backbone = Small()

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.backbone(x)
            return found

    assert compared(model(Small), model(Renamed)).same


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (WithoutReLU, "the same rows, but other layers within them (ReLU, dropout)"),
        (Wider, "none added, none removed, 1 conv layer changed"),
    ],
)
def test_what_differs_is_told(kind: type[nn.Module], words: str) -> None:
    from vggstat.render.views.compare import comparison_page

    comparison = compared(spec(), model(kind))
    page = comparison_page(comparison, only_differences=True)
    sums = page.tables[0].rows[-1].cells

    assert not comparison.same
    assert sums[0] == words


def test_other_edges_are_not_the_same() -> None:
    """The same layers, one of which reads another one's map."""
    comparison = compared(spec(), model(Rewired))

    assert not comparison.same


def test_a_shared_layer_is_not_one_with_its_own_weights() -> None:
    """Same build, same map, and other parameters: two convolutions with one weight between them, or one each."""

    class Apart(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            found: Tensor = self.two(self.one(x))
            return found

    class Together(Apart):
        def __init__(self) -> None:
            super().__init__()
            self.two.weight = self.one.weight

    comparison = compared(model(Apart), model(Together))
    changed = [slot.consensus.name for slot in comparison.slots if slot.change != "same"]

    assert changed == ["two"]
    assert comparison.sum_of_differences(comparison.slots, "params") == -3 * 3 * 3 * 3


@pytest.mark.parametrize("style", ["tokens", "frozen", "recurrent", "two inputs"])
def test_a_saved_model_is_the_same_as_itself(style: str) -> None:
    """What a file keeps of a model, with what is not known of it, is compared like the model."""
    report = report_of(style)
    saved = parse_snapshot(json.dumps(report_data(report)).encode(), "model.json")
    comparison = compare_snapshots((saved, snapshot_of(report)))

    assert comparison.same
    for quantity in comparison.quantities:
        assert quantity.values[0] == quantity.values[1]
        assert saved.part(quantity.key) == snapshot_of(report).part(quantity.key)


def test_what_is_not_known_is_told_of_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """The known part of a sum, a question mark for its difference, and the layers that it lacks."""
    use_traces(monkeypatch)
    page = run(monkeypatch, "compare", "styles:recurrent", "styles:residual").out

    assert re.search(r"MACs, forward +110,672 \+ \? +579,744 +\? +\?", page)
    assert "styles:recurrent: not counted in MACs, training FLOPs, saved and inference-peak: lstm." in page


def test_a_file_whose_rows_do_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row reads one before it, and names are names of one row."""
    data = report_data(report_of("frozen"))
    data["rows"][2]["inputs"] = ["nobody"]
    (tmp_path / "frozen.json").write_text(json.dumps(data))
    monkeypatch.chdir(tmp_path)
    outcome = run(monkeypatch, "compare", "frozen.json", "D")

    assert outcome.code == 2
    assert "frozen.json: rows[2].inputs: 'nobody' is no row before it" in outcome.err


def test_a_shortcut_is_drawn_beside() -> None:
    """Of torchvision's unit a picture shows its layers and its downsampling side by side, joined by the sum."""
    report = report_of("residual")
    first, second = (
        piece
        for block in report.blocks
        if block.name == "layer2"
        for piece in pieces_of(block.rows)
        if isinstance(piece, Unit)
    )

    assert [[run.text for run in column if isinstance(run, Run)] for column in second.columns] == [
        ["(conv3-16, BN) ×2"],
        [],
    ]
    beside = [piece for piece in first.columns[1] if isinstance(piece, Run)]
    assert [run.text for run in beside] == ["conv1-16, BN"]
    assert first.join is not None
    assert first.is_residual


@pytest.mark.parametrize("saved", [False, True])
def test_frozen_parameters_are_a_difference(saved: bool) -> None:
    """The same layers, the first of which training leaves as it is: 3 · 9 · 8 of its weights, none of a bias."""
    free, frozen = (Small().to("meta") for _ in range(2))
    frozen.stem[0].requires_grad_(False)
    reports = [
        analyze(TorchSource(model=model, name=name).graph(Wanted(image=(3, 32, 32))))
        for name, model in (("free", free), ("frozen", frozen))
    ]
    before, after = map(snapshot_of, reports)
    if saved:
        after = parse_snapshot(json.dumps(report_data(reports[1])).encode(), "frozen.json")
    found = compare_snapshots((before, after))

    assert [row.name for row in found.steps[0].changed] == ["stem.0"]
    assert dict(found.steps[0].changed[0].settings)["frozen"] == 216
    assert before.trained_params - after.trained_params == 216
    words = comparison_page(found, only_differences=False).notes
    assert f"Trainable parameters: free {before.trained_params:,}, frozen" in " ".join(map(str, words))


def test_a_spec_beside_a_model_whose_inputs_have_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A spec has one image: the first of the inputs, in whichever order the two stand."""
    path = tmp_path / "two.py"
    path.write_text(
        "from torch import nn\n\n"
        "class Two(nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.a, self.b = nn.Conv2d(3, 8, 3), nn.Conv2d(1, 8, 3)\n\n"
        "    def forward(self, image, mask):\n"
        "        return self.a(image) + self.b(mask)\n"
    )
    inputs = ("--input", "image=3x96x64", "--input", "mask=1x96x64")
    for specs in ([f"{path}:Two", "A"], ["A", f"{path}:Two"]):
        shown = run(monkeypatch, "compare", *specs, *inputs)

        assert (shown.code, shown.err) == (0, "")
        assert "A: " in shown.out
    refused = run(monkeypatch, "compare", "A", "B", *inputs)

    assert refused.code == 2
    assert "A is a spec and takes one image" in refused.err


def test_layers_that_only_a_spec_writes_as_rows_are_told() -> None:
    """A ReLU written as a layer, on 4 x 16 x 16 values, is a row of the spec, and none of a model."""

    class Same(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return functional.relu(self.conv(x))

    written = analyze(graph_of("name: a\ninput: [3, 16, 16]\nblocks:\n  - [conv3-4 linear, relu]\n"))
    seen = model(Same)
    page = comparison_page(compare_reports((written, seen)), only_differences=True)
    specs = comparison_page(compare_reports((written, written)), only_differences=True)

    assert (
        sum("writes ReLU as layers of their own" in note and "1,024 values" in note for note in page.notes)
        == 1
    )
    assert not any("layers of their own" in note for note in specs.notes)
