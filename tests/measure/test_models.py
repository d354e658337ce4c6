"""Other people's models: compared by structure, whatever their names."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings

from tests.branching import Builder, branching
from tests.measure.sample_models import Other
from tests.networks import SHIPPED, graph_of, report_of
from vggstat.cli.main import main
from vggstat.cost.check import Verdict, Verification
from vggstat.cost.counting import find_counting_rule
from vggstat.cost.inference import inference_peak
from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.measure.module import build_module
from vggstat.measure.verify.models import identify_model, verify_model
from vggstat.net.graph import Graph
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.net.ops.add import Add
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.dropout import Dropout
from vggstat.net.ops.relu import ReLU
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.views.identify import identification_data, identification_page
from vggstat.render.views.verify import verification_page
from vggstat.sources.spec import load
from vggstat.sources.torch_module.factory import Loaded, load_model
from vggstat.sources.torch_module.trace import TraceError, trace

MODULE = "tests.measure.sample_models"


def called(factory: str, **settings: Any) -> str:
    """The factory with arguments, or its name alone where there are none."""
    given = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    return f"{factory}({given})" if settings else factory


def verified(name: str = "A", factory: str = "Other", **settings: Any) -> Verification:
    loaded = load_model(f"{MODULE}:{called(factory, **settings)}")
    return verify_model(report_of(name), loaded, factory)


def told(found: Verification) -> list[tuple[str | None, str]]:
    """What differs in the structure, layer and words."""
    return [
        (check.layer, check.note)
        for check in found.checks
        if check.verdict is Verdict.DISAGREES and check.source == "model"
    ]


@pytest.mark.parametrize("name", [*SHIPPED, "D@384", "D@head=gap", "D@head=conv", "D@head=none"])
def test_our_own_models_match_their_specs(name: str) -> None:
    """Every model that vggstat builds is found to be what it was built from."""
    graph = report_of(name).graph
    traced = trace(build_module(graph), graph.image)
    match = match_layers(known_layers(graph), known_layers(traced))

    assert match.differences == ()
    assert match.cost == 0


@pytest.mark.parametrize("factory", ["Other", "Dense", "made"])
def test_a_matching_model_under_other_names_passes(factory: str) -> None:
    """Names, nesting, in place or not, a final softmax, no average pool, view: none of these is a difference."""
    found = verified(factory=factory)

    assert told(found) == []
    assert found.agrees
    assert found.summary.agrees == 17  # 8 convs, 5 pools, 3 FC layers and the parameters


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"skip": 4}, [("block3_conv2", "missing: conv3-256 (block 3, second)")]),
        ({"extra": 4}, [("block3_conv2", "extra: conv3-256 after block3_conv2")]),
        (
            {"kernel": 1},
            [
                ("block3_conv2", "kernel 1 where 3 is specified"),
                ("block3_conv2", "padding 0 where 1 is specified"),
            ],
        ),
        ({"bias": False}, [("block3_conv2", "no bias")]),
        ({"relu": False}, [("block3_relu2", "no ReLU after block3_conv2")]),
        (
            {"dropout": 0.2},
            [
                ("fc1_dropout", "dropout 0.2 where 0.5 is specified"),
                ("fc2_dropout", "dropout 0.2 where 0.5 is specified"),
            ],
        ),
        ({"dropout": 0}, [("fc1_dropout", "no dropout after fc1"), ("fc2_dropout", "no dropout after fc2")]),
        ({"late_dropout": True}, [("predictions", "extra: dropout after the last FC (predictions)")]),
        ({"classes": 10}, [("predictions", "outputs 10 where 1,000 are specified")]),
        ({"pool_first": True}, [("block1_relu1", "order: ReLU stands after block1_pool, not before it")]),
        ({"swap": True}, [("block1_relu1", "order: ReLU stands before block1_conv1, not after it")]),
    ],
)
def test_each_difference_is_told(settings: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    """A missing, extra, changed or displaced layer is named, with its place and what is specified."""
    found = verified(**settings)

    assert told(found) == expected
    assert not found.agrees


def test_batch_norm_is_told_layer_by_layer() -> None:
    """A batch norm after each convolution is eight extra layers of A, and none of A-BN."""
    expected = ["extra: batch norm after block1_conv1", "extra: batch norm after block2_conv1"]

    assert [note for _, note in told(verified(norm=True))][:2] == expected
    assert len(told(verified(norm=True))) == 8
    assert told(verified("A-BN", norm=True)) == []


def test_another_stride_is_told() -> None:
    """A stride of 2 also makes the maps smaller: the image is another, and the stride is named."""
    notes = [note for _, note in told(verified(stride=2, side=4))]

    assert "stride 2 where 1 is specified" in notes


def test_a_model_for_other_images_is_told() -> None:
    """A model that takes 32×32 images only is compared there, and both sizes are named."""
    found = verified(side=1)
    (check,) = (check for check in found.checks if check.quantity == "input_shape")

    assert (check.stated, check.computed) == ((3, 32, 32), (3, 224, 224))
    assert "it takes 32×32×3, not 224×224×3" in check.note


def test_a_model_that_cannot_be_traced_is_not_certified() -> None:
    """Its weights are compared still; the first line says that it was not seen, and why, and it does not agree."""
    found = verified(factory="ByValue")
    (check,) = (check for check in found.checks if check.verdict is Verdict.UNCHECKED)

    assert check.quantity == "structure"
    assert "cannot be called on meta" in found.unseen
    assert not found.agrees
    assert found.summary == (12, 0, 1)  # 8 convs, 3 FC layers and the parameters
    page = render(verification_page((found,)), "text", Target(width=110))
    assert page.startswith(" ByValue cannot be traced: ")
    assert "RuntimeError: Tensor.item()" in page
    assert "These are of weights alone" in page
    assert (
        json.loads(render(verification_page((found,)), "json", Target()))["specs"][0]["untraced"]
        == found.unseen
    )


def test_a_model_that_is_no_chain_is_told() -> None:
    """A sum of two branches is named."""
    notes = [note for _, note in told(verified(factory="Residual"))]

    assert any("it is no chain of layers: add" in note for note in notes)


@pytest.mark.parametrize(
    ("settings", "spec", "exact", "classes", "norm"),
    [
        ({}, "A", True, 1000, False),
        ({"classes": 10}, "A", True, 10, False),
        ({"norm": True, "classes": 7}, "A-BN", True, 7, True),
        ({"skip": 4}, "A", False, 1000, False),
        ({"side": 1, "classes": 10}, "A", True, 10, False),
    ],
)
def test_identify_names_the_configuration(
    settings: dict[str, Any], spec: str, exact: bool, classes: int, norm: bool
) -> None:
    """The configuration, or the nearest; its classes, batch norm and image."""
    specs = tuple(load(name) for name in SHIPPED)
    found = identify_model(load_model(f"{MODULE}:{called('Other', **settings)}"), "Other", specs)

    assert found.report is not None
    assert (found.report.name, found.exact) == (spec, exact)
    assert found.report.graph.classes == classes
    assert any(row.kind == "bn" for row in found.report.rows) is norm
    assert found.report.graph.image == ((3, 32, 32) if settings.get("side") == 1 else (3, 224, 224))


def test_no_weights_are_allocated_where_the_factory_allows_it() -> None:
    """meta is the default device while the factory runs."""
    model = load_model(f"{MODULE}:Other").model

    assert {tensor.device.type for tensor in model.state_dict().values()} == {"meta"}


def test_a_factory_that_needs_values_is_called_again() -> None:
    """Where meta is not enough real weights are allocated, which is said; settings that it changes come back."""
    torch.manual_seed(3)
    state = torch.get_rng_state()
    found = verified(factory="NeedsValues")
    (check,) = (check for check in found.checks if check.quantity == "allocation")

    assert "real weights were allocated" in check.note
    assert told(found) == []
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_device() == torch.device("cpu")


def test_a_model_that_is_handed_in_is_left_as_it_was() -> None:
    """Modes, weights, statistics and hooks of a real model survive being traced."""
    model = Other(norm=True, classes=2)
    model.eval()
    model.top["a"].train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    state = torch.get_rng_state()
    found = verify_model(report_of("A-BN@classes=2"), Loaded(model=model), "mine")

    assert found.agrees
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("nothing", "expected package.module:factory"),
        ("no.such.module:x", "cannot import no.such.module"),
        (f"{MODULE}:Missing", "has no Missing"),
        (f"{MODULE}:Missing()", "has no Missing"),
        (f"{MODULE}:resdual", r"has no resdual; did you mean Residual\? it has Residual, .* and [0-9]+ more"),
        (f"{MODULE}:number.real.x", "has no number.real.x; it has no public names"),
        (f"{MODULE}:number", "neither a model nor anything that makes one"),
        (f"{MODULE}:makes_a_number", "makes an int, not a torch.nn.Module"),
        (f"{MODULE}:raises", r"failed at .*sample_models\.py:[0-9]+: ValueError: no weights today"),
        (f"{MODULE}:needs_an_argument", "missing 1 required positional argument"),
        (f"{MODULE}:made()", "is a model already"),
        (f"{MODULE}:Other(classes=open('x'))", "cannot read the arguments of .*they are literals"),
        (f"{MODULE}:Other(**dict())", r"cannot read the arguments of .*\*\* takes no literal"),
        (f"{MODULE}:Other(1", "cannot read the arguments of .*was never closed"),
        (f"{MODULE}:Other(1)(2)", "cannot read the arguments of .*it is not a call"),
        (f"{MODULE}:Other(1).to", "cannot read the arguments of .*it is not a call"),
        (f"{MODULE}:", "expected package.module:factory"),
        (":Other", "expected package.module:factory"),
        ("nothing.py:Other", "nothing.py: there is no such file"),
    ],
)
def test_a_model_that_cannot_be_had_is_wrong_use(reference: str, message: str) -> None:
    """What is wrong with the reference or its arguments is told in a line."""
    with pytest.raises(UsageError, match=message):
        load_model(reference)


def test_the_working_directory_is_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module beside the user is found, and the path is as before afterwards."""
    (tmp_path / "beside_me.py").write_text("import torch\ndef net(n): return torch.nn.Linear(n, 2)\n")
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    model = load_model("beside_me:net(3)").model

    assert isinstance(model, torch.nn.Linear)
    assert sys.path == path


def test_a_factory_takes_literals() -> None:
    """By position and by name, of any kind; none at all is a call, too."""
    for reference, classes in (
        (f"{MODULE}:Other(7)", 7),
        (f"{MODULE}:Other(classes=7, norm=True)", 7),
        (f"{MODULE}:Other()", 1000),
        (f"{MODULE}:takes_anything({{'a': [1, (2.5, None)]}}, b={{-3}})", 1000),
    ):
        model = load_model(reference).model
        assert isinstance(model, Other)
        assert model.top["c"].out_features == classes


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Files of code in a folder that is worked in: a function that writes one."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    yield write
    for name in set(sys.modules) - before:  # the next test may have another module of that name
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


NET = "import torch\ndef net(width=2): return torch.nn.Linear(width, 3)\n"


def test_a_file_names_its_model(written: Any) -> None:
    """By path: in a folder with a colon, beside modules that it imports, in a package, and called as something installed."""
    written("here/net.py", "from helper import net\n")
    written("here/helper.py", NET)
    written("a:b (1)/net.py", NET)
    written("pack/__init__.py", "")
    written("pack/inner/__init__.py", "")
    written("pack/parts.py", NET)
    written("pack/inner/nets.py", "from ..parts import net\nfrom . import more\n")
    written("pack/inner/more.py", "")
    written("json.py", NET)
    written(
        "data.py",
        "from dataclasses import dataclass\nimport torch\n@dataclass\nclass C:\n    x: 'int' = 2\n" + NET,
    )
    path = list(sys.path)
    for reference in (
        "here/net.py:net(width=5)",
        "a:b (1)/net.py:net(5)",
        "pack/inner/nets.py:net(5)",
        "pack.inner.nets:net(5)",
        "json.py:net(5)",
        "data.py:net(5)",
    ):
        model = load_model(reference).model
        assert isinstance(model, torch.nn.Linear)
        assert model.in_features == 5
        assert sys.path == path
    assert json.dumps(1) == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import sys\n\nsys.exit(3)\n", r"importing bad\.py ends the program at bad\.py:3 with 3"),
        ("raise SystemExit\n", r"ends the program at bad\.py:1$"),
        (
            "x = 1\nx.nothing\n",
            r"failed at bad\.py:2: AttributeError: 'int' object has no attribute 'nothing'",
        ),
        ("def f():\n    1 / 0\nf()\n", r"failed at bad\.py:2: ZeroDivisionError"),
        ("def f(:\n", r"failed at bad\.py:1: SyntaxError"),
        ("x = '\n", r"failed at bad\.py:1: SyntaxError"),
        (
            "import no_such_module\n",
            r"cannot import bad\.py: No module named 'no_such_module' failed at bad\.py:1",
        ),
        ("import torch\ntorch.zeros(2) @ torch.zeros(3)\n", r"failed at bad\.py:2: RuntimeError"),
        ("class E(BaseException): pass\nraise E('odd')\n", r"failed at bad\.py:2: E: odd"),
        (
            "class E(Exception):\n    def __str__(self): return self.x\nraise E\n",
            r"failed at bad\.py:3: E$",
        ),
        (
            "def __getattr__(name): raise ValueError(name)\n",
            r"looking for net in bad\.py failed at bad\.py:1: ValueError",
        ),
        ("def net(): return 1, 2\n", r"bad\.py:net makes a tuple, not a torch\.nn\.Module"),
        ("def net(): return None\n", r"bad\.py:net makes None"),
        ("net = 'x'\n", r"bad\.py:net is a str, neither a model"),
        ("def net():\n    quit()\n", r"bad\.py:net ends the program at bad\.py:2"),
        ("import argparse\nargparse.ArgumentParser().parse_args()\nnet = 3\n", "is an int, neither a model"),
        ("import os\nos.chdir('/')\nnet = 3\n", "is an int, neither a model"),
        ("print('hello')\nnet = 3\n", "is an int, neither a model"),
        ("\0", r"failed.*: (SyntaxError|ValueError)"),
        ("# -*- coding: nothing -*-\n", r"failed at .*bad\.py:[01]: SyntaxError"),
    ],
)
def test_code_that_fails_is_told_by_its_line(
    written: Any, text: str, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whatever it does when it is imported or called: a sentence and exit code 2, and nothing on stdout."""
    written("bad.py", text)
    arguments = list(sys.argv)
    with pytest.raises(UsageError, match=message):
        load_model("bad.py:net")
    assert sys.argv == arguments
    assert Path.cwd() == tmp_path
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main(["identify", "bad.py:net"])
    said = capsys.readouterr()

    assert stop.value.code == 2
    assert said.out == ""
    assert "Traceback" not in said.err


def test_control_c_in_somebodys_code_ends_the_program(written: Any) -> None:
    """It is no failure of the module."""
    written("slow.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load_model("slow.py:net")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["identify"], "Missing argument 'SOURCE'"),
        (
            ["identify", "nothing"],
            "it does not name a model: expected package.module:factory, file.py:factory or",
        ),
        (["identify", "nothing.pth"], "nothing.pth: there is no such file"),
        (["identify", "net.py"], "net.py is a file of code: name the factory in it, net.py:NAME"),
        (["identify", "net.py:net", "--key", "x"], "--key goes with a file of weights"),
        (["identify", "net.npz"], "cannot read net.npz as a checkpoint: expected one of .pth"),
        (["identify", "--model", "net.py:net"], "No such option: --model"),
    ],
)
def test_what_identify_takes(
    words: list[str], message: str, written: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model or a file of weights; anything else is wrong use."""
    written("net.py", NET)
    written("net.npz", "")
    with pytest.raises(SystemExit) as stop:
        main(words)

    assert stop.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_identify_never_certifies_what_was_not_seen(capsys: pytest.CaptureFixture[str]) -> None:
    """A model that cannot be traced, one without its ReLUs, one with tied weights, one with weights that it does not use."""
    for factory, code, verdict, told in (
        ("Other()", 0, "exact", ()),
        ("ByValue()", 1, "untraced", ()),
        ("Other(relu=False)", 1, "near", ("no ReLU after block3_conv2",)),
        ("tied()", 1, "near", ("stages.3.2.weight and stages.4.0.weight are one tensor",)),
        ("with_more()", 1, "near", ("55 parameters more than A has, in no layer that was seen",)),
    ):
        with pytest.raises(SystemExit) as stop:
            main(["identify", f"{MODULE}:{factory}", "-f", "json"])
        data = json.loads(capsys.readouterr().out)

        assert (stop.value.code or 0, data["verdict"], data["exact"]) == (
            code,
            verdict,
            verdict == "exact",
        ), factory
        assert tuple(difference["text"] for difference in data["differences"]) == told
        assert data["network"]["spec"] == "A"


def test_parameters_are_the_models_own() -> None:
    """Two convolutions of 512 filters with one weight: 2,359,296 values fewer than VGG-11, whatever the graph has."""
    found = identify_model(load_model(f"{MODULE}:tied()"), "mine", (load("A"),))

    assert found.subject.parameters == 132_863_336 - 512 * 512 * 9
    assert found.report is not None
    assert found.report.total.params == 132_863_336


def test_the_command_compares_and_exits(capsys: pytest.CaptureFixture[str]) -> None:
    """``verify A --against`` exits with 1 and tells the difference; ``identify`` names the network."""
    with pytest.raises(SystemExit) as stop:
        main(["verify", "A", "--against", f"{MODULE}:Other(skip=4)", "--format", "text"])
    out = capsys.readouterr().out

    assert stop.value.code == 1
    assert "missing: conv3-256 (block 3, second)" in out

    with pytest.raises(SystemExit) as stop:
        main(["identify", f"{MODULE}:Other(classes=10)", "--format", "json"])
    data = json.loads(capsys.readouterr().out)

    assert stop.value.code in (0, None)
    assert (data["verdict"], data["exact"], data["subject"]["name"]) == (
        "exact",
        True,
        f"{MODULE}:Other(classes=10)",
    )
    assert (data["network"]["spec"], data["network"]["classes"]) == ("A", 10)
    assert data["network"]["input"] == [3, 224, 224]


class Gate(torch.nn.Module):
    """A map split in two by its channels, one half through a convolution of its own, the other its gate."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.second = torch.nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        one, other = self.first(x).chunk(2, 1)
        made: torch.Tensor = one * self.second(other)
        return made


class Heads(torch.nn.Module):
    """Two outputs by name, each by a convolution of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.out = torch.nn.Conv2d(8, 5, 1)
        self.aux = torch.nn.Conv2d(8, 2, 1)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        maps = self.trunk(x)
        return {"out": self.out(maps), "aux": self.aux(maps)}


def shown(graph: Graph) -> list[tuple[str, tuple[int, ...]]]:
    """Each node's label and the values that it reads."""
    return [(node.layer.label, node.inputs) for node in graph.nodes]


def test_a_second_output_of_a_call_is_seen() -> None:
    """Each part of a split is a value, and a product has two factors."""
    assert shown(trace(Gate(), (3, 8, 8))) == [
        ("conv3-8", (0,)),
        ("split", (1,)),
        ("split", (1,)),
        ("conv3-4", (3,)),
        ("multiply", (2, 4)),
    ]


def test_all_outputs_of_a_model_count() -> None:
    """A dictionary's second output has layers too."""
    assert shown(trace(Heads(), (3, 8, 8))) == [("conv3-8", (0,)), ("conv1-5", (1,)), ("conv1-2", (1,))]


def test_values_that_nobody_reads_are_no_branch() -> None:
    """A pool that gives its indices too is a pool."""
    pool = torch.nn.MaxPool2d(2, return_indices=True)

    class Indexed(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = pool(x)[0]
            return found

    assert shown(trace(Indexed(), (3, 8, 8))) == [("maxpool", (0,))]


class Pair(torch.nn.Module):
    """Two images."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left + right


def test_a_model_of_two_inputs_is_refused_by_name() -> None:
    """What its forward takes is said, where torch would complain of a missing argument."""
    with pytest.raises(TraceError, match="its forward takes left, right, and is given one image"):
        trace(Pair(), (3, 8, 8))


def test_a_convolution_on_a_map_of_one_value_stays_one() -> None:
    """A gate's 1x1 convolutions are told as convolutions, and are FC layers only where such are specified."""

    class Gated(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk = torch.nn.Conv2d(3, 8, 3, padding=1)
            self.gate = torch.nn.Conv2d(8, 8, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            maps = self.trunk(x)
            gated: torch.Tensor = maps * self.gate(maps.mean((2, 3), keepdim=True)).sigmoid()
            return gated

    traced = trace(Gated(), (3, 8, 8))

    assert [label for label, _ in shown(traced)] == ["conv3-8", "avgpool", "conv1-8", "sigmoid", "multiply"]
    assert [layer.dense is not None for layer in known_layers(traced)] == [False, False, True, False, False]


def residual(*, shortcut_from: int) -> Graph:
    builder = Builder((4, 8, 8))
    builder.put(Conv(filters=4), builder.put(Conv(filters=4), builder.put(Conv(filters=4), 0)))
    builder.put(ReLU(), builder.put(Add(), 3, shortcut_from))
    return builder.graph()


def test_branches_are_compared_too() -> None:
    """A residual network built by vggstat is traced back to itself; a shortcut from elsewhere is told, with both names."""
    graph = residual(shortcut_from=1)
    wanted = known_layers(graph)

    assert match_layers(wanted, known_layers(trace(build_module(graph), graph.image))).differences == ()
    other = residual(shortcut_from=2)
    (difference,) = match_layers(wanted, known_layers(trace(build_module(other), graph.image))).differences
    assert (difference.layer, difference.text) == (
        "add4",
        "takes conv2 and conv3 where conv1 and conv3 is specified",
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(graph=branching())
def test_random_graphs_are_traced_back(graph: Graph) -> None:
    """Layers, edges, shapes and parameters of what vggstat builds are what the tracer sees."""
    assume(not any(isinstance(node.layer, Add) and len(node.inputs) > 2 for node in graph.nodes))  # two calls
    traced = trace(build_module(graph), graph.image)
    seen = [
        (node.layer.label, node.inputs, node.shape, [param.shape for param in node.params])
        for node in traced.nodes
    ]
    dropped = [node for node in graph.nodes if node.layer == Dropout(p=0)]
    if not dropped:  # a dropout of nothing is a call that returns its input
        assert seen == [
            (node.layer.label, node.inputs, node.shape, [param.shape for param in node.params])
            for node in graph.nodes
        ]
    assert match_layers(known_layers(graph), known_layers(traced)).differences == ()


def test_a_call_that_the_language_does_not_write_is_unknown_work() -> None:
    """A transposed convolution that enlarges by a border: its weights are seen, its MACs are not counted as none."""
    model = torch.nn.Sequential(torch.nn.ConvTranspose2d(3, 8, 3), torch.nn.ReLU())
    report = analyze(trace(model.to("meta"), (3, 8, 8)))
    (layer, _) = known_layers(report.graph)
    counted = report.counted(find_counting_rule("macs"))

    assert layer.name == "0"
    assert report.total.params == 3 * 3 * 3 * 8 + 8
    assert (counted.status, counted.total, counted.not_counted) == (
        "complete",
        8 * 8 * 3 * 9 * 8,  # each value that enters, by the weights of 8 filters
        (),
    )


def test_an_operation_that_nobody_has_counted_is_listed() -> None:
    """Its work is unknown, and so is every total with it: what is known stands beside, and the layer's name."""

    class Spectrum(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            spectrum: torch.Tensor = torch.fft.fft2(self.conv(x))
            return spectrum.abs()

    report = analyze(trace(Spectrum().to("meta"), (3, 8, 8)))
    counted = report.counted(find_counting_rule("macs"))

    assert (counted.status, counted.total, counted.known) == ("partial", None, 8 * 8 * 3 * 4)
    (left,) = counted.not_counted
    assert (left.name, left.why) == ("fft_fft2", ("other fft_fft2",))
    assert left.place.startswith(__file__)
    assert (report.total.macs, report.total.macs_not_counted) == (None, ("fft_fft2",))
    assert report.training_flops is None
    with pytest.raises(UsageError, match="does not know what fft_fft2 needs while it runs"):
        inference_peak(report.graph, Workload())


def test_script_is_refused() -> None:
    """TorchScript's interpreter makes calls that are not the layers': a graph of them would be wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # people's models still are
        scripted = torch.jit.script(torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU()))
    with pytest.raises(TraceError, match="inner is TorchScript"):
        trace(torch.nn.ModuleDict({"inner": scripted}), (3, 8, 8))


def test_a_model_half_on_meta_is_traced(capfd: pytest.CaptureFixture[str]) -> None:
    """Parts made at import have memory, and the rest has none; what torch logs of a failure is not printed."""
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3), torch.nn.Flatten(), torch.nn.Linear(8 * 36, 2, device="meta")
    )

    assert [label for label, _ in shown(trace(model, (3, 8, 8)))] == ["conv3-8", "flatten", "FC-2"]
    with pytest.raises(TraceError, match=r"same reduction dim|cannot be multiplied"):
        trace(model, (3, 9, 9))
    assert capfd.readouterr().err == ""


def test_parameters_that_no_layer_uses_are_told() -> None:
    """An auxiliary layer that the forward pass leaves out is counted by torch, and by nobody in the graph."""
    model = build_module(report_of("A").graph)
    model.add_module("unused", torch.nn.Linear(10, 5, device="meta"))
    found = verify_model(report_of("A"), Loaded(model=model), "mine")
    (check,) = (check for check in found.checks if check.quantity == "parameters in use")

    assert (check.verdict, check.computed) == (Verdict.UNCHECKED, 132_863_336)
    assert check.note.startswith("55 of 132,863,391 learned values belong to no layer that was seen")


class Talks(torch.nn.Module):
    """A forward pass that prints, and one that cannot be traced."""

    def __init__(self, *, by_value: bool = False) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, 3)
        self.by_value = by_value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        print("shape", x.shape)
        made: torch.Tensor = self.conv(x)
        return made if not self.by_value or x.sum() > 0 else x


def test_what_a_forward_pass_prints_is_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    """It goes to stderr, so that JSON stays JSON."""
    trace(Talks(), (3, 8, 8))
    said = capsys.readouterr()

    assert said.out == ""
    assert "shape" in said.err


def test_identify_says_what_it_could_not_see() -> None:
    """Where only weights are compared that is said, with the reason, on the page and in JSON."""
    found = identify_model(Loaded(model=Talks(by_value=True).to("meta")), "mine", (load("A"),))

    assert "cannot be called on meta" in found.subject.untraced
    page = identification_page(found)
    assert page.title.startswith(f"mine cannot be traced: {__file__}:")  # with the line that asks for a value
    data = identification_data(found)
    assert (data["verdict"], data["exact"]) == ("untraced", False)
    assert data["subject"]["untraced"] == found.subject.untraced


class Writes(torch.nn.Module):
    """A convolution, something written into a part of its map, a ReLU."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.conv, self.relu, self.way = torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), way
        self.aside = torch.nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        if self.way == "item":
            x[:, 0] = 0
        elif self.way == "slice":
            x[:, 0].mul_(3.0)
        elif self.way == "data":
            x.data.mul_(2)
        elif self.way == "view":
            x.flatten(1).sub_(1)
        elif self.way == "branch":
            x[:, :4].add_(self.aside(x))
        elif self.way == "same":  # nothing is written, though the result is the very tensor
            x = torch.nn.functional.dropout(x.view(x.shape), 0.0)
        made: torch.Tensor = self.relu(x)
        return made


@pytest.mark.parametrize(
    ("way", "seen"),
    [
        ("none", []),
        ("item", ["setitem"]),
        ("slice", ["getitem", "multiply", "overwrite"]),
        ("data", ["multiply", "overwrite"]),
        ("view", ["flatten", "sub", "overwrite"]),
        ("branch", ["split", "conv3-4", "add", "overwrite"]),
        ("same", []),
    ],
)
def test_what_is_written_into_a_map_is_seen(way: str, seen: list[str]) -> None:
    """By an index, through a slice, a view, or .data: the map that is read afterwards is another one."""
    traced = trace(Writes(way), (3, 8, 8))

    labels = [node.layer.label for node in traced.nodes if node.layer != Dropout(p=0)]
    assert labels == ["conv3-8", *seen, "ReLU"]


class Idioms(torch.nn.Module):
    """What the language has in a word, as people write it: branches in either order, a shuffle, a gate, chunks."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.stem = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.body = torch.nn.Conv2d(8, 8, 3, padding=1)
        self.side = torch.nn.Conv2d(8, 8, 1)
        self.few = torch.nn.Conv2d(4, 4, 3, padding=1, groups=4)
        self.gate = torch.nn.Conv2d(8, 8, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.stem(x))
        functional = torch.nn.functional
        made: torch.Tensor = x
        if self.way == "body first":
            made = self.body(x) + self.side(x)
        elif self.way == "shortcut first":
            side = self.side(x)
            made = side + self.body(x)
        elif self.way in ("chunk", "split", "index"):
            one, two = x[:, :4], x[:, 4:]
            if self.way != "index":
                one, two = x.chunk(2, 1) if self.way == "chunk" else torch.split(x, 4, dim=1)
            made = torch.cat((one, self.few(two)), 1)
        elif self.way == "shuffle":
            n, c, h, w = x.shape
            made = x.view(n, 2, c // 2, h, w).transpose(1, 2).contiguous().view(n, c, h, w)
        elif self.way == "gate":
            made = x * torch.sigmoid(self.gate(functional.adaptive_avg_pool2d(x, 1))).expand_as(x)
        elif self.way == "padding of nothing":
            made = functional.pad(x, [0, 0, 0, 0])
        elif self.way == "layer norm":
            made = functional.layer_norm(x.permute(0, 2, 3, 1), (8,)).permute(0, 3, 1, 2)
        return made


@pytest.mark.parametrize(
    ("way", "text"),
    [
        ("body first", "{residual: [conv3-8], shortcut: conv1-8, activation: none}"),
        ("shortcut first", "{residual: [conv3-8], shortcut: conv1-8, activation: none}"),
        ("chunk", "{branches: [[], [dwconv3 linear]], split: true}"),
        ("split", "{branches: [[], [dwconv3 linear]], split: true}"),
        ("index", "{branches: [[], [dwconv3 linear]], split: true}"),
        ("shuffle", "shuffle2"),
        ("gate", "{branches: [[], [gap, conv1-8 sigmoid]], join: multiply}"),
        ("padding of nothing", ""),
    ],
)
def test_what_people_write_is_what_the_language_has_in_a_word(way: str, text: str) -> None:
    """Edges decide and not the order of calls; a shuffle, chunks and a gate are recognised."""
    steps = ", ".join(filter(None, ("conv3-8", text)))
    wanted = known_layers(graph_of(f"name: x\ninput: [3, 8, 8]\nhead: none\nblocks: [[{steps}]]"))

    assert match_layers(wanted, known_layers(trace(Idioms(way), (3, 8, 8)))).differences == ()


def test_a_layer_norm_over_channels_is_seen() -> None:
    """Between two permutations; without weights of its own it is not the language's, which has them."""
    labels = [node.layer.label for node in trace(Idioms("layer norm"), (3, 8, 8)).nodes]
    own = trace(
        build_module(graph_of("name: x\ninput: [3, 8, 8]\nblocks: [[conv3-8, layer-norm]]")), (3, 8, 8)
    )

    assert labels == ["conv3-8", "ReLU", "LN"]
    assert [node.layer.label for node in own.nodes] == ["conv3-8", "ReLU", "LN"]


class InPlace(torch.nn.Module):
    """A map that is written over, which others have read before or read later."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.stem, self.norm = torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8)
        self.body = torch.nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        made: torch.Tensor
        if self.way == "read by a convolution":
            y = self.body(x)
            made = torch.relu_(x) + y
        elif self.way == "its own output is kept":
            made = torch.relu(x)
            made += self.body(made.detach())
        else:
            x = torch.relu_(self.norm(x))
            made = self.body(x)
            made += x
            made = torch.relu_(made)
        return made


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("read by a convolution", "writes over what body has kept"),
        ("its own output is kept", "writes over what relu has kept"),
        ("as in a ResNet", ""),
    ],
)
def test_what_torch_cannot_differentiate_is_told(way: str, words: str) -> None:
    """As torch says itself when it runs: a value is overwritten that a gradient needs."""
    overwritten = trace(InPlace(way), (3, 8, 8)).overwritten
    loss = InPlace(way)(torch.ones(2, 3, 8, 8)).sum()

    assert bool(overwritten) == bool(words)
    assert all(words in text for text in overwritten[:1])
    if words:
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            loss.backward()
    else:
        loss.backward()


def test_a_traced_script_is_refused() -> None:
    """Its forward has no signature to ask for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(torch.nn.Conv2d(3, 8, 3), torch.zeros(1, 3, 8, 8))  # type: ignore[no-untyped-call]
    with pytest.raises(TraceError, match="it is TorchScript"):
        trace(traced, (3, 8, 8))


def test_the_reason_is_that_of_the_networks_own_image() -> None:
    """A forward that returns nothing at 224 is said to, and not what went wrong on an image tried after it."""

    class Nothing(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = build_module(report_of("A@head=flatten").graph)

        def forward(self, x: torch.Tensor) -> None:
            self.inner(x)

    found = verify_model(report_of("A"), Loaded(model=Nothing()), "mine")

    assert "returns no tensor, but NoneType" in found.unseen


def test_a_value_that_is_taken_twice_is_told_so() -> None:
    """A map added to itself is no branch of another map."""
    builder = Builder((4, 8, 8))
    first = builder.put(Conv(filters=4), 0)
    builder.put(Add(), first, first)
    chain = Builder((4, 8, 8))
    chain.put(Conv(filters=4), 0)
    found = match_layers(known_layers(chain.graph()), known_layers(builder.graph())).differences

    assert [difference.text for difference in found] == [
        "extra: add after conv1",
        "it is no chain of layers: add in add2 takes the value before it more than once",
    ]


def test_a_head_that_helps_training_alone_is_told() -> None:
    """Its layers run where the model is trained, and count; that they do not run otherwise is said."""

    class Helped(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.trunk, self.aux = torch.nn.Conv2d(3, 4, 3), torch.nn.Conv2d(4, 2, 1)

        def forward(self, x: torch.Tensor) -> object:
            x = torch.relu(self.trunk(x))
            return (x, self.aux(x)) if self.training else x

    graph = trace(Helped().to("meta"), (3, 8, 8))

    assert [node.name for node in graph.nodes if node.params] == ["trunk", "aux"]
    assert len(graph.outputs) == 2
    assert graph.notes == ("In training mode; in evaluation these layers do not run: aux.",)
    assert trace(torch.nn.Conv2d(3, 4, 3).to("meta"), (3, 8, 8)).notes == ()


ODD = """
from torch import nn

class Odd(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 8, 3, padding=1), nn.Flatten(), nn.Linear(8 * 40 * 40, 10))
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["odd.py:Odd"], "cannot be traced"),  # 40 is no usual size
        (["odd.py:Odd@40"], "none of the networks"),
        (["odd.py:Odd", "--input", "40"], "none of the networks"),
        (["odd.py:Odd", "--input", "input=3x40x40"], "none of the networks"),
    ],
)
def test_identify_on_an_input_size(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.py").write_text(ODD)

    with pytest.raises(SystemExit) as ended:
        main(["identify", *arguments])

    assert ended.value.code == 1
    assert said in capsys.readouterr().out


def test_identify_takes_no_other_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["identify", "mynets:net@batch=3"])

    assert ended.value.code == 2
    assert "identify takes an input size after the @ and nothing else" in capsys.readouterr().err
