"""Somebody's model as what is benchmarked: its own forward pass, on a copy, with the graph's figures beside it."""

# mypy: disable-error-code="no-any-return, operator"

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.bench.literal_results import FILE
from tests.bench.test_torch_bench import CPU, Interrupting, benchmark
from tests.measure.styles import STYLES, Residual, Style
from vggstat.cost.bench import BenchFile, BenchPlan, BenchResult
from vggstat.cost.bench_json import parse_results, results_data, results_text
from vggstat.cost.report import analyze
from vggstat.cost.traffic import groups_of
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.measure.bench import run as run_module
from vggstat.measure.bench.benchmarked import Benchmarked
from vggstat.measure.bench.module_rows import ModuleRows, sections_of
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.bench.session import Configuration, predicted_bytes
from vggstat.measure.bench.traced import benchmarked
from vggstat.measure.copies import copied
from vggstat.net.ops.base import Mode
from vggstat.sources.source import SpecSource
from vggstat.sources.spec import load
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.wanted import Wanted

BATCH = 3
SMALL = ("residual", "tokens", "tied", "two inputs", "frozen", "words", "recurrent")
SIDE = (3, 16, 16)


def source_of(make: Callable[[], nn.Module], name: str = "nets:net") -> TorchSource:
    """Made on meta, as a factory's model is, and for real where its values are needed."""
    with torch.device("meta"):
        return TorchSource(model=make(), name=name, again=make)


def wanted_of(style: Style) -> Wanted:
    inputs = style.inputs
    alone = len(inputs) == 1
    (shape, *_) = inputs.values()
    return Wanted(image=shape) if alone and len(shape) == 3 else Wanted(inputs=inputs)


def configured(
    source: TorchSource, wanted: Wanted, mode: Mode = "inference", batch: int = BATCH, **plan: Any
) -> Configuration:
    report = analyze(source.graph(wanted), Workload(batch=batch, mode=mode))
    settings: dict[str, Any] = {"seconds": 0.02, "channels_last": False, **plan}
    made = BenchPlan(spec=report.name, batch=batch, dtype="fp32", mode=mode, **settings)
    return Configuration(made, report, benchmarked(source, wanted))


def of_style(name: str, mode: Mode = "inference", **plan: Any) -> Configuration:
    return configured(source_of(STYLES[name].make), wanted_of(STYLES[name]), mode, **plan)


def of_model(make: Callable[[], nn.Module], mode: Mode = "inference", **plan: Any) -> Configuration:
    return configured(source_of(make), Wanted(image=SIDE), mode, **plan)


def measured(configuration: Configuration) -> BenchResult:
    (result,) = benchmark(configuration).run().results
    return result


def timed_of(configuration: Configuration) -> TimedPass:
    return configuration.what.open(configuration.report, CPU, channels_last=configuration.plan.channels_last)


# what is measured


@pytest.mark.parametrize("mode", ["inference", "training"])
@pytest.mark.parametrize("name", SMALL)
def test_a_model_is_timed_itself(name: str, mode: Mode) -> None:
    """By its own forward pass, with the graph's FLOPs where they are known, and a file that comes back."""
    configuration = of_style(name, mode)
    report = configuration.report
    file = benchmark(configuration).run()
    (result,) = file.results
    training = mode == "training"

    assert (result.error, result.timing is not None) == ("", True)
    assert (result.spec, result.title) == ("nets:net", type(STYLES[name].make()).__name__)
    assert result.digest == report.graph.spec.digest
    assert result.flops == (report.training_flops if training else report.total.flops)
    assert (result.flops is None) == (not STYLES[name].known) == (result.bound_s is None)
    assert all((part is not None) == training for part in (result.parts.backward, result.parts.optimizer))
    assert parse_results(results_text(file), "x.json").results == file.results


def test_several_inputs_by_name() -> None:
    """They are in the result, and what makes it comparable; no output is logits alone, so all of them are summed."""
    result = measured(of_style("two inputs", "training"))
    other = result.replace(further_inputs={"mask": (1, 16, 16)})

    assert (result.image, result.further_inputs) == ((3, 32, 32), {"mask": (1, 32, 32)})
    assert result.loss == "the sum of its 2 outputs"
    assert other.key != result.key


class TwoTables(nn.Module):
    """Words, and what kind each is of, by one number: the smaller table says which there are."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.kinds = nn.Embedding(100, 16), nn.Embedding(3, 16)
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc((self.words(x) + self.kinds(x)).mean(1))


def test_words_are_numbers_that_every_table_has() -> None:
    """Of 100 words in one table and 3 in another: 0 to 2, in int64, each of them among 64 x 12."""
    timed = timed_of(configured(source_of(TwoTables), Wanted(inputs={"x": (12,)}), batch=64))

    assert timed.images.dtype == torch.int64
    assert sorted(set(timed.images.flatten().tolist())) == [0, 1, 2]


def test_what_is_not_known_is_none() -> None:
    """An LSTM: no FLOPs and no bound of the whole or of its row, a time of both, and the reason."""
    result = measured(of_style("recurrent"))
    rows = {layer.name: layer for layer in result.layers}
    data = results_data(FILE.replace(results=(result,)))["results"][0]

    assert (rows["lstm"].flops, rows["lstm"].bound_s, rows["lstm"].limit) == (None, None, None)
    assert rows["conv"].bound_s
    assert (result.layers_flops, result.layers_bound_s) == (None, None)
    assert (data["flops"], data["tflops"], data["reached"], data["predicted_bytes"]) == (None,) * 4
    assert "no count is known for other lstm" in result.note
    assert result.memory is not None
    assert result.memory.requested_peak_bytes > 0
    assert (result.memory.predicted_bytes, result.memory.unexplained_bytes) == (None, None)
    assert "does not know what lstm needs" in result.memory.error


@pytest.mark.parametrize(
    "name", ["residual", "functional", "next", "tied", "two inputs", "frozen", "nowhere", "sound", "video"]
)
def test_memory_is_predicted_to_the_byte(name: str) -> None:
    """Of inference; what is beside it is a library's scratch by its name."""
    memory = measured(of_style(name)).memory

    assert memory is not None
    assert (memory.unexplained_bytes, memory.strays) == (0, ())


class Holding(nn.Module):
    """Its frame has a name for a map that nobody reads any more while the next two are made."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = (nn.Linear(64, 256), nn.Linear(256, 512), nn.Linear(512, 512))

    def forward(self, x: Tensor) -> Tensor:
        first = self.one(x)
        return self.three(self.two(first))


def test_memory_is_predicted_as_the_code_holds_maps() -> None:
    """4 B x 3 images x (64 in + 256 held + 512 + 512) and the parameters: with ``first`` dropped 256 values less."""
    result = measured(configured(source_of(Holding), Wanted(inputs={"x": (64,)})))
    parameters = 65 * 256 + 257 * 512 + 513 * 512

    assert result.predicted_bytes == 4 * (parameters + BATCH * (64 + 256 + 512 + 512))
    assert result.memory is not None
    assert result.memory.requested_peak_bytes == result.predicted_bytes


# what it is left as


def state_of(model: nn.Module) -> list[Any]:
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return [
        [(name, module.training, len(module._forward_pre_hooks)) for name, module in model.named_modules()],
        [(name, t.requires_grad, t.grad, t.dtype, t.data_ptr()) for name, t in tensors.items()],
        [tensor.tolist() for tensor in tensors.values()],
        torch.random.get_rng_state().tolist(),
        (torch.get_default_dtype(), torch.is_grad_enabled()),
    ]


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_the_model_is_left_as_it_was(mode: Mode) -> None:
    """Modes, parameters, buffers, gradients, hooks and the random state, of a model with weights of its own."""
    model = Residual()
    model.layer1.eval()
    model.conv1.requires_grad_(False)
    before = state_of(model)
    configuration = configured(TorchSource(model=model, name="nets:net"), Wanted(image=(3, 32, 32)), mode)
    result = measured(configuration)

    assert result.timing is not None
    assert state_of(model) == before


class Tables(nn.Module):
    """An index, a scale that torch is not told of, and a buffer that is no parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.register_buffer("index", torch.tensor([0, 2, 3]))
        self.scales = [torch.tensor([2.0, 3.0, 4.0])]
        self.fc = nn.Linear(3, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.conv(x).mean((2, 3))[:, self.index] * self.scales[0])


def test_buffers_have_their_values() -> None:
    """A model on meta has none: it is made once more, and only its parameters are random."""
    timed = timed_of(of_model(Tables))
    model: Any = timed.model

    assert model.index.tolist() == [0, 2, 3]
    assert model.scales[0].tolist() == [2, 3, 4]
    assert model.fc.weight.std() > 0


def test_what_needs_no_values_is_not_made_again() -> None:
    """The weights of a large model are allocated once, on the device: the source's stay on meta."""
    style = STYLES["residual"]
    source = source_of(style.make).replace(again=None)
    timed = timed_of(configured(source, wanted_of(style)))
    model: Any = timed.model

    assert all(tensor.is_meta for tensor in source.model.state_dict().values())
    assert (model.bn1.running_mean == 0).all()
    assert (model.bn1.running_var == 1).all()


def test_weights_that_are_shared_stay_so() -> None:
    """A copy of a tied model is tied."""
    model: Any = timed_of(of_style("tied")).model

    assert model.three.weight is model.two.weight
    assert model.three.bias is not model.two.bias


class Locked(nn.Module):
    """Holds something that Python does not copy."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


def test_what_cannot_be_copied() -> None:
    """It is said, for the model itself is not run."""
    with pytest.raises(UsageError, match=r"Locked cannot be copied.*TypeError: cannot pickle '_thread.lock'"):
        copied(Locked(), "cpu", torch.float32)


# its rows


@pytest.mark.parametrize("name", STYLES)
def test_rows_have_all_groups_of_layers_once(name: str) -> None:
    """In the graph's order; each begins with a module of its own."""
    configuration = of_style(name)
    graph = configuration.report.graph
    found = sections_of(graph)
    groups = [group for section, _ in found for group in section.groups]
    model = STYLES[name].make()

    assert groups == [group.name for group in groups_of(graph)]
    assert len({section.name for section, _ in found}) == len(found)
    assert all(is_leaf(model.get_submodule(path)) for _, path in found if path)
    assert all(path for _, path in found[1:])


def is_leaf(module: nn.Module) -> bool:
    return all(name == "parametrizations" for name, _ in module.named_children())


@pytest.mark.parametrize("mode", ["inference", "training"])
def test_each_row_is_marked_once(mode: Mode) -> None:
    """Forward in order, in training backward from the last on, loss and optimizer between and after them."""
    timed = timed_of(of_style("residual", mode))
    rows = ModuleRows(timed)
    names = [section.name for section in rows.sections]
    marks: list[str] = []
    with rows.watched(), timed.context():
        rows.run(marks.append)
    back = [f"backward:{name}" for name in ("loss", *reversed(names))]

    assert names[:3] == ["conv1", "bn1", "maxpool"]
    assert "layer2.0.downsample.1 + add" in names
    if mode == "inference":
        assert marks == names
        return
    assert marks[: len(names) + 1] == [*names, "loss"]
    assert sorted(marks[len(names) + 1 : -1]) == sorted(back)
    assert marks[len(names) + 1 : len(names) + 3] == back[:2]
    assert marks[-1] == "optimizer"


def test_rows_leave_no_hooks() -> None:
    """The eager pass is timed without them."""
    timed = timed_of(of_style("tokens"))
    rows = ModuleRows(timed)

    assert not any(module._forward_pre_hooks for module in timed.model.modules())
    with rows.watched():
        assert sum(len(module._forward_pre_hooks) for module in timed.model.modules()) == len(rows.sections)


def test_bounds_of_rows_add_up_to_those_of_their_groups() -> None:
    """No FLOP and no byte of the graph is lost or counted twice."""
    result = measured(of_style("tokens", "training"))

    assert result.layers_flops == result.flops
    assert sum(layer.bytes or 0 for layer in result.layers if layer.name != "optimizer") == result.bytes


# what is not as it was traced


class Auxiliary(nn.Module):
    """A second head in training."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.aux, self.head = nn.Linear(4, 5), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Any:
        x = self.one(x)
        logits = self.head(self.two(x).mean((2, 3)))
        return (logits, self.aux(x.mean((2, 3)))) if self.training else logits


def test_another_pass_in_inference_has_no_figures() -> None:
    """It was traced in training mode, where it does more: the time stands, and what was counted does not."""
    result = measured(of_model(Auxiliary))
    training = measured(of_model(Auxiliary, "training"))

    assert result.timing is not None
    assert (result.flops, result.bound_s, result.predicted_bytes, result.counted) == (None, None, None, ())
    assert "FLOPs by FlopCounterMode" in result.note
    assert (training.flops is not None, training.loss) == (True, "the sum of its 2 outputs")


class Skipping(Auxiliary):
    """Its modules run in another order than where it was traced."""

    def forward(self, x: Tensor) -> Tensor:
        first, second = (self.aux, self.head) if self.training else (self.head, self.aux)
        x = self.two(self.one(x)).mean((2, 3))
        return first(x) + second(x)


def test_rows_in_another_order_are_not_timed() -> None:
    """Their figures would be one another's; the whole is timed all the same."""
    result = measured(of_model(Skipping))

    assert result.timing is not None
    assert result.layers == ()
    assert "layers not timed: its modules run in another order than they were traced in" in result.note


# what goes wrong


class Picky(nn.Module):
    """Takes some batches only, returns what has no gradient, or prints."""

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        self.fc = nn.Linear(16, 5)
        self.error = error

    def forward(self, x: Tensor) -> Tensor:
        print("I am called")
        sys.stdout.write("and written\n")
        sys.stdout.flush()
        if x.shape[0] == BATCH and self.error is not None:
            raise self.error
        return self.fc(x.mean((1, 2)))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (AssertionError("no batch of 3"), "AssertionError: no batch of 3"),
        (SystemExit(7), "SystemExit: 7"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_errors_of_its_own_have_their_line(error: BaseException, words: str) -> None:
    """A forward pass that fails on real tensors ends in a row with the reason and the place."""
    result = measured(of_model(lambda: Picky(error)))

    assert result.timing is None
    assert words in result.error
    assert "test_torch_models.py:" in result.error
    assert "(raise self.error)" in result.error


def test_what_it_prints_is_not_in_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    """Thousands of runs would print it thousands of times, into the results."""
    configuration = of_model(Picky)
    before = capsys.readouterr()
    result = measured(configuration)

    assert "I am called" in before.err
    assert result.timing is not None
    assert capsys.readouterr() == ("", "")


class Numbers(Picky):
    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.mean((1, 2))).argmax(1)


class Frozen(Picky):
    def __init__(self) -> None:
        super().__init__()
        self.requires_grad_(False)


@pytest.mark.parametrize(
    ("make", "words"),
    [(Numbers, "what it returns has no gradient"), (Frozen, "all parameters of nets:net are frozen")],
)
def test_what_cannot_be_trained(make: Callable[[], nn.Module], words: str) -> None:
    """Said before anything is timed."""
    result = measured(of_model(make, "training"))

    assert result.timing is None
    assert words in result.error


class OneValue(Picky):
    """A score for each image, without an axis for it."""

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.mean((1, 2)))[:, 0]


def test_an_output_of_one_value_has_an_axis_for_the_loss() -> None:
    """Logits ``(batch,)`` are taken as ``(batch, 1)``."""
    assert measured(of_model(OneValue, "training")).timing is not None


@pytest.mark.parametrize("stamps", [1, 30])
def test_ctrl_c(stamps: int) -> None:
    """At any moment the file can be written, and says that it was interrupted."""
    file = benchmark(of_style("tokens"), of_style("residual"), clock=Interrupting(stamps)).run()

    assert file.interrupted
    assert parse_results(results_text(file), "x.json").results == file.results


def test_what_nobody_knows_to_fit_is_measured_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of models whose memory is not known no two are in memory at once; one whose is known and fits may be."""
    known, unknown = of_style("residual"), of_style("recurrent")
    monkeypatch.setattr(run_module, "available_bytes", lambda _: 10**9)
    parties = benchmark(known, known, unknown, unknown, known)._parties()

    assert predicted_bytes(unknown.report) is None
    assert parties == [[0, 1], [2], [3], [4]]


def test_out_of_memory_where_the_need_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, and what to do."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr("vggstat.measure.bench.traced.copied", fail)

    assert measured(of_style("recurrent")).error.startswith("out of memory: nobody knows how much is needed")


# other executions


def test_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its inputs by name, in training with its loss (a stand-in for the compiler)."""
    monkeypatch.setattr(torch, "compile", lambda forward, **_: forward)
    for mode in ("inference", "training"):
        configuration = of_style("two inputs", mode, executions=("eager", "compiled"))
        results = benchmark(configuration).run().results

        assert [(result.execution, result.error) for result in results] == [("eager", ""), ("compiled", "")]


def test_fused_is_refused() -> None:
    """It is a row with the reason, where somebody asks for it past the command line."""
    results = benchmark(of_style("residual", executions=("eager", "fused"))).run().results

    assert "whose own forward pass is timed" in results[1].error


def test_only_a_model_is_run_itself() -> None:
    """A spec is built, in its own layout, and everything is done with it that can be."""
    wanted = Wanted(image=SIDE)
    spec: Benchmarked = benchmarked(SpecSource(spec=load("D")), wanted)
    model = benchmarked(source_of(Picky), wanted)

    assert spec is NETWORK
    assert (spec.channels_last, dict(spec.refused)) == (True, {})
    assert (model.channels_last, set(model.refused)) == (False, {"fused", "calibrate"})


def test_channels_last() -> None:
    """Where it is asked for, of inputs and weights that have channels; not of those that have other axes."""
    timed = timed_of(of_style("residual", channels_last=True))
    sound = timed_of(of_style("sound", channels_last=True))
    model: Any = timed.model

    assert timed.images.is_contiguous(memory_format=torch.channels_last)
    assert model.layer1[0].conv1.weight.is_contiguous(memory_format=torch.channels_last)
    assert sound.images.is_contiguous()


def test_files_of_specs_have_no_keys_of_models() -> None:
    """What only a model has is written only where there is something to say."""
    (first, *_) = results_data(FILE)["results"]
    model = measured(of_style("two inputs", "training"))
    data = results_data(BenchFile(device=FILE.device, results=(model,)))["results"][0]

    assert not {"further_inputs", "loss"} & set(first)
    assert {"further_inputs", "loss"} <= set(data)
