"""``verify`` of somebody's model: every counter runs the model itself, and each comparison can fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from tests.measure.styles import STYLES, Residual
from vggstat.cli.main import main
from vggstat.cost.check import Check, Verdict, Verification
from vggstat.cost.inference import inference_peak, peak_as_written
from vggstat.cost.report import Report, analyze
from vggstat.cost.training import training_peak
from vggstat.cost.workload import Workload
from vggstat.measure.verify.counters import (
    flop_counter_mode,
    fvcore,
    hooks,
    mem_tracker,
    parameters,
    saved_tensors,
)
from vggstat.measure.verify.subject import Given, Subject, subject_of
from vggstat.measure.verify.verify import verify
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.wanted import Wanted

SMALL = Wanted(image=(3, 32, 32))


def source_of(model: nn.Module) -> TorchSource:
    return TorchSource(model=model, name="mine")


def report_of(model: nn.Module, wanted: Wanted = SMALL, batch: int = 1) -> Report:
    return analyze(source_of(model).graph(wanted), Workload(batch=batch))


def verified(model: nn.Module, wanted: Wanted = SMALL, batch: int = 1) -> Verification:
    source = source_of(model)
    report = analyze(source.graph(wanted), Workload(batch=batch))
    return verify(subject_of(report, source, wanted))


def on_meta(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):
        return make()


def totals(found: Verification) -> Mapping[tuple[str, str], Check]:
    """The figures of the whole network by source and quantity, the last of several."""
    return {(check.source, check.quantity): check for check in found.checks if check.layer is None}


KNOWN = {("FlopCounterMode", "operations"), ("FlopCounterMode", "training_operations")}
"""What is known of a model whose every product is counted."""


@pytest.mark.parametrize("name", STYLES)
def test_nothing_differs(name: str) -> None:
    """Models in many styles at batch 2: what vggstat knows of them is what the counters say, to the last digit."""
    style = STYLES[name]
    found = verified(on_meta(style.make), Wanted(inputs=style.inputs), batch=2)
    agreeing = {key for key, check in totals(found).items() if check.verdict is Verdict.AGREES}

    assert [check for check in found.checks if check.verdict is Verdict.DISAGREES] == []
    assert ("torch", "weights") in agreeing
    assert (agreeing & KNOWN) == (KNOWN if style.known else set())
    assert (("saved_tensors_hooks", "saved_bytes") in agreeing) is style.saved
    assert {check.layer for check in found.checks if check.source == "hooks"} >= {
        "output"
    } or name == "two inputs"


@pytest.mark.parametrize("name", ["residual", "windows", "two inputs"])
def test_a_model_with_weights_is_put_on_shapes(name: str) -> None:
    """What is counted of a model that has its weights is what is counted of one on meta, and its weights are its own after."""
    style, wanted = STYLES[name], Wanted(inputs=STYLES[name].inputs)
    model = style.make()
    before = {path: (id(tensor), tensor.clone()) for path, tensor in model.state_dict(keep_vars=True).items()}
    found = verified(model, wanted)

    assert found.checks == verified(on_meta(style.make), wanted).checks
    after = model.state_dict(keep_vars=True)
    assert {path: id(tensor) for path, tensor in after.items()} == {
        path: one for path, (one, _) in before.items()
    }
    assert all(torch.equal(after[path], value) for path, (_, value) in before.items())


class Names(nn.Module):
    """Three convolutions, each of whose maps has a name until the end."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 8, 1)
        self.third = nn.Conv2d(8, 8, 1)

    def forward(self, x: Tensor) -> Tensor:
        first = self.first(x)
        second = self.second(first)
        return self.third(second)  # type: ignore[no-any-return]


def test_the_inference_peak_is_that_of_the_model_as_written() -> None:
    """Names hold maps; what MemTracker says is compared with that, and not with the peak of a graph that lets them go."""
    model = on_meta(Names)
    found = totals(verified(model))["MemTracker", "inference_peak_bytes"]
    report = report_of(model)
    written, shortest = (
        peak(report.graph, report.workload).bytes for peak in (peak_as_written, inference_peak)
    )
    maps = 8 * 32 * 32 * 4

    assert found.verdict is Verdict.AGREES
    assert found.stated == report.file_bytes + written
    assert found.convention == "inference-peak as written + parameters"
    assert (written, shortest) == (3 * 32 * 32 * 4 + 3 * maps, 3 * 32 * 32 * 4 + 2 * maps)


def test_the_training_peak_is_that_of_the_model_as_written() -> None:
    """With a name for it a map lives through the layers behind it, though nothing keeps it for a gradient."""

    class Held(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convs = nn.ModuleList(nn.Conv2d(3 if not i else 16, 16, 3, padding=1) for i in range(3))
            self.norms = nn.ModuleList(nn.BatchNorm2d(16) for _ in range(3))
            self.fc = nn.Linear(16, 10)

        def forward(self, x: Tensor) -> Tensor:
            held = []
            for conv, norm in zip(self.convs, self.norms, strict=True):
                y = norm(conv(x))
                held.append(y)  # a ReLU keeps its own output alone
                x = functional.relu(y)
            return self.fc(functional.adaptive_avg_pool2d(x, 1).flatten(1))  # type: ignore[no-any-return]

    model = on_meta(Held)
    report = report_of(model, batch=8)
    held, let_go = (
        training_peak(report.graph, report.workload, as_written=written).bytes for written in (True, False)
    )
    found = totals(verified(model, batch=8))["MemTracker", "training_peak_bytes"]

    assert (found.verdict, found.stated) == (Verdict.AGREES, held)
    assert held > let_go
    assert found.convention == "training-peak as written, SGD with momentum"


class Root(nn.Module):
    """Takes several maps at once."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(24, 8, 1)

    def forward(self, maps: list[Tensor]) -> Tensor:
        return self.conv(torch.cat(maps, 1))  # type: ignore[no-any-return]


class Tree(nn.Module):
    """Three convolutions one after the other, and what joins all of their maps."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.one, self.two = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)
        self.root, self.fc = Root(), nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        maps = [torch.relu(self.stem(x))]
        maps.append(torch.relu(self.one(maps[-1])))
        maps.append(torch.relu(self.two(maps[-1])))
        x = functional.adaptive_avg_pool2d(self.root(maps), 1)
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]


def test_memory_tracker_does_not_hold_gradients() -> None:
    """Of a module that takes several maps it waits for one gradient: to wait for all would keep the first ones alive."""
    found = totals(verified(on_meta(Tree), batch=4))["MemTracker", "training_peak_bytes"]

    assert found.verdict is Verdict.AGREES


# each comparison can fail -----------------------------------------------------------------------------------


def lie(told: Callable[[], nn.Module], real: Callable[[], nn.Module], wanted: Wanted = SMALL) -> list[Check]:
    """What differs where the report is of one model and the counters run another."""
    subject = Subject(report_of(on_meta(told), wanted), Given(source_of(on_meta(real)), wanted))
    counters = (hooks, parameters, flop_counter_mode, saved_tensors, mem_tracker)
    checks = [check for counter in counters for check in counter.count(subject)]
    return [check for check in checks if check.verdict is Verdict.DISAGREES]


def changed(change: Callable[[Any], object]) -> Callable[[], nn.Module]:
    """A ResNet with something changed about it."""

    def make() -> nn.Module:
        model = Residual()
        change(model)
        return model

    return make


def _wider(model: Any) -> None:
    model.layer1[0].conv1, model.layer1[0].bn1 = nn.Conv2d(8, 9, 3, 1, 1, bias=False), nn.BatchNorm2d(9)
    model.layer1[0].conv2 = nn.Conv2d(9, 8, 3, 1, 1, bias=False)


def _cut(model: Any) -> None:
    model.layer1.register_forward_hook(lambda _module, _given, made: made[:, :, ::2])


def _frozen(model: Any) -> None:
    model.fc.requires_grad_(False)


def _more(model: Any) -> None:
    model.beside = nn.Linear(3, 3)


def _skipped(model: Any) -> None:
    model.layer2[1].relu = nn.Identity()


def _held(model: Any) -> None:
    model.maps = []
    model.register_forward_pre_hook(lambda module, given: module.maps.append(given[0] + 1))


def test_the_same_model_does_not_differ() -> None:
    """What the lies below are seen against."""
    assert lie(Residual, Residual) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (
            _wider,
            {
                ("hooks", "output_shape", "layer1.0.conv1"),
                ("torch", "params", "layer1.0.conv1"),
                ("torch", "weights", None),
                ("torch", "buffers", None),
                ("FlopCounterMode", "operations", None),
                ("FlopCounterMode", "operations", "layer1.0.conv1"),
                ("FlopCounterMode", "training_operations", None),
                ("saved_tensors_hooks", "saved_bytes", None),
                ("saved_tensors_hooks", "saved_bytes", "layer1.0.bn1"),
                ("MemTracker", "inference_peak_bytes", None),
                ("MemTracker", "training_peak_bytes", None),
            },
        ),
        (
            _cut,
            {
                ("hooks", "output_shape", "layer2.0.conv1"),
                ("FlopCounterMode", "operations", "layer2.0.conv2"),
            },
        ),
        (_frozen, {("torch", "frozen", None)}),
        (_more, {("torch", "params", "beside"), ("torch", "weights", None), ("torch", "biases", None)}),
        (_skipped, {("saved_tensors_hooks", "saved_bytes", None)}),
        (_held, {("MemTracker", "inference_peak_bytes", None), ("MemTracker", "training_peak_bytes", None)}),
    ],
)
def test_a_model_that_is_another_one_differs(
    change: Callable[[Any], object], found: set[tuple[str, str, str | None]]
) -> None:
    """In what changes of it, and by the layer where that can be told."""
    checks = lie(Residual, changed(change))

    assert found <= {(check.source, check.quantity, check.layer) for check in checks}
    assert all(check.note or check.source == "hooks" for check in checks)


def test_outputs_are_compared() -> None:
    """A model that returns less than it did, and the model's own output in another shape."""

    class Returns(Residual):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, :5]

    (check,) = lie(Residual, Returns)

    assert (check.quantity, check.layer, check.stated, check.computed) == (
        "output_shape",
        "output",
        (5,),
        (10,),
    )


def test_what_runs_in_training_alone_differs() -> None:
    """A head that evaluation leaves out is in the figures, and not in what tools count: that is told, and exit code 1."""

    class Auxiliary(Residual):
        def __init__(self) -> None:
            super().__init__()
            self.aux = nn.Conv2d(8, 10, 1)

        def forward(self, x: Tensor) -> Any:
            early = self.maxpool(self.relu(self.bn1(self.conv1(x))))
            return (super().forward(x), self.aux(early)) if self.training else super().forward(x)

    found = verified(on_meta(Auxiliary))
    differing = {
        (check.source, check.layer): check.note
        for check in found.checks
        if check.verdict is Verdict.DISAGREES
    }

    assert differing["hooks", "aux"] == "it does not run in evaluation mode"
    assert ("FlopCounterMode", None) in differing
    assert not found.agrees


@pytest.mark.parametrize(
    ("target", "quantity"),
    [
        ("flop_counter_mode.FlopCounterMode.get_total_flops", "operations"),
        ("flop_counter_mode.FlopCounterMode.get_total_flops", "training_operations"),
        ("saved_tensors._kept", "saved_bytes"),
        ("mem_tracker._peak", "inference_peak_bytes"),
        ("mem_tracker._peak", "training_peak_bytes"),
        ("parameters._totals", "weights"),
        ("parameters._totals", "buffers"),
    ],
)
def test_a_counter_that_is_off_by_one_differs(
    target: str, quantity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every total is compared to the last digit."""
    path = f"vggstat.measure.verify.counters.{target}"
    module, _, name = target.partition(".")
    holder: Any = {"flop_counter_mode": FlopCounterMode}.get(
        module,
        {"saved_tensors": saved_tensors, "mem_tracker": mem_tracker, "parameters": parameters}.get(module),
    )
    real = getattr(holder, name.rpartition(".")[2])

    def off_by_one(*arguments: Any) -> Any:
        said = real(*arguments)
        if isinstance(said, tuple):
            return (said[0] + 1, *said[1:])
        if isinstance(said, dict):
            return said | {key: said[key] + 1 for key in ([quantity] if quantity in said else list(said)[:1])}
        return said + 1

    monkeypatch.setattr(path, off_by_one)
    differing = {check.quantity: check for check in lie(Residual, Residual) if check.layer is None}

    assert differing[quantity].note.startswith("+1")


# what is not seen -------------------------------------------------------------------------------------------


def unchecked(found: Verification, source: str, quantity: str) -> list[str]:
    return [
        check.note
        for check in found.checks
        if (check.source, check.quantity, check.verdict) == (source, quantity, Verdict.UNCHECKED)
    ]


def test_what_is_not_known_is_unchecked_with_its_reason() -> None:
    """An LSTM's work and memory: the counters' numbers stand there, and vggstat has none."""
    found = verified(on_meta(STYLES["recurrent"].make))
    operations = totals(found)["FlopCounterMode", "operations"]

    assert operations.stated
    assert (operations.computed, operations.verdict) == (None, Verdict.UNCHECKED)
    assert operations.note == "no number is known under this rule for other lstm (lstm)"
    assert unchecked(found, "FlopCounterMode", "training_operations") == ["vggstat does not count lstm"]
    assert unchecked(found, "saved_tensors_hooks", "saved_bytes") == [
        "vggstat does not know what is kept by lstm"
    ]
    assert unchecked(found, "MemTracker", "inference_peak_bytes") == [
        "vggstat does not know what lstm needs while it runs"
    ]


def test_what_a_counter_does_not_see_is_unchecked() -> None:
    """Functions have no hooks, fvcore knows no padding in words, and torch.jit drops what leads nowhere."""
    pytest.importorskip("fvcore")
    written = verified(on_meta(STYLES["functional"].make))
    lost = verified(on_meta(STYLES["nowhere"].make))

    assert unchecked(written, "hooks", "output_shape") == ["2 layers are functions, which hooks do not see"]
    assert unchecked(written, "fvcore", "operations") == [
        "its rule does not hold for conv2, which it does not see as it is"
    ]
    assert unchecked(lost, "fvcore", "operations") == [
        "its rule does not hold for lost, which it does not see as it is"
    ]
    assert fvcore.SOURCE == "fvcore"


def test_a_counter_that_the_model_breaks_is_unchecked() -> None:
    """What runs in training alone cannot be counted in evaluation: the line of the model says why."""

    class Only(Residual):
        def forward(self, x: Tensor) -> Tensor:
            if not self.training:
                raise RuntimeError("not for you")
            return super().forward(x)

    found = verified(on_meta(Only))
    (reason,) = unchecked(found, "FlopCounterMode", "operations")

    assert reason.startswith(f"it failed: {__file__}:")
    assert "RuntimeError: not for you" in reason
    assert totals(found)["FlopCounterMode", "training_operations"].verdict is Verdict.AGREES
    assert found.summary.disagrees == 0


def test_nothing_compared_is_no_agreement() -> None:
    """Where every figure is unchecked the verification does not agree."""
    whole = verified(on_meta(STYLES["recurrent"].make))
    rest = tuple(check for check in whole.checks if check.verdict is Verdict.UNCHECKED)

    assert whole.agrees
    assert rest
    assert not whole.replace(checks=rest).agrees


# the model is left alone ------------------------------------------------------------------------------------


class Remembers(Residual):
    """Keeps maps, counts its calls, and makes its scale once, by the size of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Tensor] = []
        self.calls = 0
        self.scale: Tensor | None = None

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        self.seen.append(x)
        if self.scale is None:
            self.scale = torch.ones(x.shape[-1], device=x.device, dtype=x.dtype)
        return super().forward(x * self.scale)


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_the_model_is_left_as_it_was(device: str) -> None:
    """Modes, tensors, hooks, attributes and the random state; and no counter sees what another one has left."""
    torch.manual_seed(3)
    with torch.device(device):
        model = Remembers()
    model.layer1.eval()
    model.fc.register_forward_hook(lambda *_: None)
    state = torch.get_rng_state()
    before = [
        (module, {**vars(module)}, [*module.named_parameters(recurse=False)]) for module in model.modules()
    ]
    hooked = [len(module._forward_hooks) for module in model.modules()]
    found = verified(model)

    assert found.agrees
    assert (model.seen, model.calls, model.scale) == ([], 0, None)
    for module, attributes, tensors in before:
        assert vars(module).keys() == attributes.keys()
        assert all(vars(module)[name] is value for name, value in attributes.items())
        assert all(
            one is other
            for (_, one), (_, other) in zip(module.named_parameters(recurse=False), tensors, strict=True)
        )
    assert [len(module._forward_hooks) for module in model.modules()] == hooked
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.is_grad_enabled()


# the command ------------------------------------------------------------------------------------------------

STYLE = "tests.measure.styles:"


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["verify", *arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("width", [80, 110, 160])
def test_the_page_of_a_model(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    """It fits; what is unchecked has its reason under it, and the last line counts."""
    code, out, err = run(
        f"{STYLE}Functional",
        "--input",
        "32",
        "--batch",
        "2",
        "--format",
        "text",
        "--width",
        str(width),
        capsys=capsys,
    )
    lines = out.splitlines()
    last = " ".join(out.split())

    assert (code, err) == (0, "")
    assert max(map(len, lines)) <= width
    assert "".join(lines[0].split()).startswith(f"{STYLE}Functional·Functionalagainstindependent")
    assert "2 layers are functions, which hooks do not see" in " ".join(out.split())
    assert "0 differ" in last
    assert last.endswith("unchecked. Each to the last digit, under its own tool's rule.")


def test_the_json_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    """Every check with its verdict; two inputs by name."""
    code, out, _ = run(
        f"{STYLE}TwoInputs",
        "--input",
        "image=3x32x32",
        "--input",
        "mask=1x32x32",
        "-f",
        "json",
        capsys=capsys,
    )
    (one,) = json.loads(out)["specs"]
    outputs = [check["stated"] for check in one["checks"] if str(check["layer"]).startswith("output ")]

    assert code == 0
    assert (one["spec"], one["against"], one["untraced"]) == (
        f"{STYLE}TwoInputs",
        "independent counters",
        None,
    )
    assert outputs == [[4], [8, 16, 16]]


def test_what_cannot_be_traced_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to verify: exit code 2, with the reason and the line of the model."""
    code, out, err = run("tests.measure.sample_models:ByValue", capsys=capsys)

    assert (code, out) == (2, "")
    assert "tests.measure.sample_models:ByValue cannot be traced: " in err
    assert f"{Path('tests/measure/sample_models.py')}:" in err
    assert "x.sum() > 0" in err


def test_what_the_model_prints_goes_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """So that the page is all that is on stdout."""
    (tmp_path / "talks.py").write_text(
        "import torch\nclass Net(torch.nn.Conv2d):\n    def forward(self, x):\n        print('hello')\n"
        "        return super().forward(x)\n"
    )
    code, out, err = run(f"{tmp_path / 'talks.py'}:Net(3, 4, 3)", "-f", "json", capsys=capsys)

    assert code == 0
    assert json.loads(out)["summary"]["disagrees"] == 0
    assert "hello" in err
