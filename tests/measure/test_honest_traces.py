"""What a trace cannot promise of a model is said: images that are mixed, gradients that are set aside, programs that end."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

import vggstat
from tests.cli.program import run
from vggstat.cost.accounting import find_accounting
from vggstat.errors import UsageError
from vggstat.sources.torch_module.trace import TraceError, trace


class Similarities(nn.Module):
    """Every image with every other one, as a contrastive loss has it."""

    def __init__(self) -> None:
        super().__init__()
        self.f = nn.Linear(3, 8)

    def forward(self, x: Tensor) -> Tensor:
        z = functional.normalize(self.f(x))
        return z @ z.t()


def test_work_that_depends_on_the_batch_is_not_that_of_one_image() -> None:
    """Each image times each: the product is listed, and no total holds it."""
    report = vggstat.analyze(Similarities(), inputs={"x": (3,)})

    assert (report.total.macs, report.total.macs_known) == (None, 3 * 8)
    assert report.total.macs_not_counted == ("matmul",)


def test_another_order_of_axes_is_seen_by_it() -> None:
    """Attention that has the sequence first takes the images for that: what it does is no figure of one image."""
    attention = nn.MultiheadAttention(4, 2)

    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = attention

        def forward(self, x: Tensor) -> Tensor:
            return self.attention(x, x, x, need_weights=False)[0]  # type: ignore[no-any-return]

    assert vggstat.analyze(Encoder(), inputs={"x": (5, 4)}).total.macs is None


def test_images_that_are_taken_one_by_one_are_refused() -> None:
    """As many layers as images: there is no table of one of them."""

    class OneByOne(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.f = nn.Linear(3, 8)

        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([self.f(one) for one in x])

    with pytest.raises(TraceError, match="one by one"):
        trace(OneByOne().to("meta"), (3,))


class Parts(nn.Module):
    def __init__(self, way: str) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
        self.rest = nn.Sequential(nn.Flatten(), nn.Linear(8 * 6 * 6, 4))
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        if self.way == "no_grad":
            with torch.no_grad():
                x = self.first(x)
        elif self.way == "autocast":
            with torch.autocast("cpu", torch.bfloat16):
                x = self.first(x)
        else:
            x = checkpoint(self.first, x, use_reentrant=self.way == "reentrant")
        return self.rest(x)  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("way", ["no_grad", "autocast", "checkpoint", "reentrant"])
def test_gradients_that_are_set_aside_leave_training_unknown(way: str) -> None:
    """What is kept, and what a step takes, is not what each call keeps: MACs forward are known, 36 · 27 · 8 + 288 · 4."""
    report = vggstat.analyze(Parts(way), image=(3, 8, 8))
    saved = report.memory_counted(find_accounting("saved"))

    assert report.total.macs == 36 * 27 * 8 + 288 * 4
    assert (saved.status, saved.total, report.training_flops) == ("unknown", None, None)
    assert any(word in saved.not_counted[0].why[0] for word in ("no_grad", "autocast", "checkpoint"))


def test_a_weight_that_is_made_on_the_way_is_kept() -> None:
    """A standardized weight of 3 · 3 · 3 · 8 values beside what its making keeps; by autograd's own hooks."""

    class Standardized(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
            return self._conv_forward(x, weight * 2, self.bias)  # type: ignore[no-any-return]

    model = nn.Sequential(Standardized(3, 8, 3), nn.ReLU()).to("meta")
    kept: dict[int, Tensor] = {}
    own = {parameter.untyped_storage()._cdata for parameter in model.parameters()}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage()._cdata not in own:
            kept[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(torch.empty(1, 3, 8, 8, device="meta"))
    report = vggstat.analyze(model, image=(3, 8, 8))

    held = sum(tensor.untyped_storage().nbytes() for tensor in kept.values())
    assert report.memory_bytes(find_accounting("saved")) == held


ENDS = """
from torch import nn


class Ends(nn.Module):
    def forward(self, x):
        raise SystemExit(0)
"""


@pytest.mark.parametrize("command", ["table", "identify", "spec"])
def test_a_forward_pass_that_ends_the_program_ends_in_exit_2(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in exit 0, which a CI takes for a success."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ends.py").write_text(ENDS)
    outcome = run(monkeypatch, command, "ends.py:Ends")

    assert outcome.code != 0
    assert "SystemExit" in outcome.err + outcome.out


def test_two_files_have_helpers_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old checkout beside a new one: 3 · 9 · 4 + 4 parameters, and 3 · 9 · 8 + 8."""
    monkeypatch.chdir(tmp_path)
    for folder, width in (("a", 4), ("b", 8)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "helper_of_net.py").write_text(f"W = {width}\n")
        text = "import torch.nn as nn, helper_of_net\n\n\ndef net():\n    return nn.Conv2d(3, helper_of_net.W, 3)\n"
        (tmp_path / folder / "net.py").write_text(text)

    assert vggstat.analyze("a/net.py:net@8").total.params == 3 * 9 * 4 + 4
    assert vggstat.analyze("b/net.py:net@8").total.params == 3 * 9 * 8 + 8


def test_python_takes_what_the_command_line_takes() -> None:
    """A model inside of a wrapper is unwrapped; shapes that are none of an image's are refused in words."""
    inner = nn.Sequential(nn.Conv2d(3, 4, 3))
    assert vggstat.analyze(nn.DataParallel(inner), image=(3, 8, 8)).total.params == 3 * 9 * 4 + 4
    for wrong in ({"image": (8,)}, {"inputs": [(3, 8, 8)]}, {"inputs": {"zz": (3, 8, 8)}}):
        with pytest.raises(UsageError):
            vggstat.analyze(inner, **wrong)


class Helped(nn.Module):
    """A head for training alone beside one for evaluation alone."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Dropout(0.5))
        self.aux, self.last = nn.Conv2d(4, 2, 1), nn.Conv2d(4, 6, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.trunk(x)
        return self.aux(x) if self.training else self.last(x)  # type: ignore[no-any-return]


def test_a_model_that_is_in_evaluation_mode_is_traced_in_it() -> None:
    """Its own code goes that way, 36 · 27 · 4 + 36 · 4 · 6; a dropout within is there all the same."""
    model = Helped().eval()
    report = vggstat.analyze(model, image=(3, 8, 8))

    assert report.total.macs == 36 * 27 * 4 + 36 * 4 * 6
    assert [node.name for node in report.graph.nodes] == ["trunk.0", "trunk.1", "last"]
    assert report.graph.nodes[1].layer.stem == "dropout"
    assert not any(module.training for module in model.modules())


def test_what_evaluation_uses_besides_is_told() -> None:
    """A parameter is not said to be unused where only training leaves it."""
    notes = vggstat.analyze(Helped(), image=(3, 8, 8)).graph.notes

    assert any(
        note.startswith("In training mode; evaluation uses parameters that this does not: last.")
        for note in notes
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [(nn.Identity(), "returns its input as it is"), (nn.Sequential(), "returns its input as it is")],
)
def test_a_model_of_no_layers_is_told_so(model: nn.Module, words: str) -> None:
    """Nothing is wrong with what can be seen of it."""
    with pytest.raises(TraceError, match=words):
        trace(model, (3, 8, 8))


@pytest.mark.parametrize(
    ("name", "words"),
    [("b.json", "vggstat compare"), ("./r.pth", "vggstat identify"), ("net.py", "net.py:make")],
)
def test_files_that_are_no_networks_are_told(name: str, words: str) -> None:
    """With the command that takes them."""
    with pytest.raises(UsageError, match=words):
        vggstat.load(name)
