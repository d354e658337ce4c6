"""The torch module of a graph: torchvision's names and print, and nothing of the caller's disturbed."""

from __future__ import annotations

import random
from inspect import signature

import pytest
import torch
from torch import nn

from tests.networks import SHIPPED, graph_of, report_of
from vggstat.cost.report import analyze
from vggstat.cost.workload import DTYPES
from vggstat.errors import UsageError
from vggstat.measure.module import as_torch_dtype, build_module, fill
from vggstat.net.ops.following import ACTIVATIONS
from vggstat.render.styles import find_style
from vggstat.render.styles.base import TableOptions

# torchvision.models.vgg16: cfg "D" with a MaxPool2d after each block (torchvision 0.28, models/vgg.py)
VGG16_CONVS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
VGG16_FCS = (0, 3, 6)


def torchvision_vgg(widths: list[int | str], *, batch_norm: bool = False) -> nn.Module:
    """torchvision's VGG, written out here: torchvision itself is not among what the tests need."""

    class VGG(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layers: list[nn.Module] = []
            channels = 3
            for width in widths:
                if width == "M":
                    layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
                    continue
                layers.append(nn.Conv2d(channels, int(width), kernel_size=3, padding=1))
                if batch_norm:
                    layers.append(nn.BatchNorm2d(int(width)))
                layers.append(nn.ReLU(inplace=True))
                channels = int(width)
            self.features = nn.Sequential(*layers)
            self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
            self.classifier = nn.Sequential(
                nn.Linear(512 * 7 * 7, 4096),
                nn.ReLU(True),
                nn.Dropout(),
                nn.Linear(4096, 4096),
                nn.ReLU(True),
                nn.Dropout(),
                nn.Linear(4096, 1000),
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))
            return logits

    with torch.device("meta"):
        return VGG()


WIDTHS_A: list[int | str] = [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]
WIDTHS_D: list[int | str] = [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"]


@pytest.mark.parametrize(
    ("name", "widths", "batch_norm"),
    [("A", WIDTHS_A, False), ("D", WIDTHS_D, False), ("A-BN", WIDTHS_A, True), ("D-BN", WIDTHS_D, True)],
)
def test_prints_and_loads_as_torchvision(name: str, widths: list[int | str], batch_norm: bool) -> None:
    """The print is torchvision's to the letter, and its state dict loads with strict=True."""
    model = build_module(report_of(name).graph)
    theirs = torchvision_vgg(widths, batch_norm=batch_norm)

    assert repr(model) == repr(theirs)
    assert model.load_state_dict(theirs.state_dict(), strict=True, assign=True)
    assert list(model.state_dict()) == list(theirs.state_dict())


def test_names_are_torchvisions() -> None:
    """D has features.0 to features.28 and classifier.0, 3 and 6, each with weight and bias."""
    names = [f"features.{i}" for i in VGG16_CONVS] + [f"classifier.{i}" for i in VGG16_FCS]
    expected = [f"{name}.{tensor}" for name in names for tensor in ("weight", "bias")]

    assert list(build_module(report_of("D").graph).state_dict()) == expected


EVERY_KIND = f"""
name: EveryKind
input: [3, 32, 32]
blocks:
  - [conv3-32/2 g1, dwconv3 relu6, conv3-8 linear, {", ".join(ACTIVATIONS)}]
  - [{{leaky-relu: {{slope: 0.2}}}}, {{elu: {{alpha: 0.5}}}}, {{gelu: {{approximate: tanh}}}}, maxpool3/2 ceil, avgpool3/1 same]
  - [bn, {{group-norm: {{groups: 2}}}}, lrn, shuffle2, upsample2, {{upsample: {{mode: bilinear}}}}, dropout0.2, gap]
classifier: [{{fc: {{features: 4, norm: batch}}}}, softmax, FC-3]
"""


@pytest.mark.parametrize(
    "name", [*SHIPPED, "D@head=gap", "D@head=conv", "D@head=none", "D@384", "every kind"]
)
def test_style_torch_is_the_print(name: str) -> None:
    """``table --style torch`` prints what ``print(model)`` prints (torch 2.13: older ones print no bias of a norm)."""
    report = analyze(graph_of(EVERY_KIND)) if name == "every kind" else report_of(name)
    page = find_style("torch")(report, TableOptions())
    text: str = page.shown[0].listing.text  # type: ignore[union-attr]
    if "bias" not in signature(nn.BatchNorm2d).parameters:
        text = text.replace("affine=True, bias=True", "affine=True")

    assert repr(build_module(report.graph)) == text.rstrip("\n")


def test_the_softmax_is_not_in_the_module() -> None:
    """A spec's closing softmax is left to the caller: the module ends in logits."""
    model = build_module(report_of("D").graph)

    assert not any(isinstance(module, nn.Softmax) for module in model.modules())


def test_everything_is_on_meta_by_default() -> None:
    """No value is allocated unless a device is asked for."""
    assert {tensor.device.type for tensor in build_module(report_of("D-BN").graph).state_dict().values()} == {
        "meta"
    }


def test_the_callers_settings_are_left_as_they_were() -> None:
    """Random state, default dtype and default device survive building and filling."""
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    torch.manual_seed(7)
    random.seed(7)
    state, python_state = torch.get_rng_state(), random.getstate()
    try:
        model = build_module(report_of("AlexNet").graph, device="cpu", dtype=torch.bfloat16)
        fill(model)

        assert torch.get_default_dtype() == torch.float64
        assert torch.get_default_device() == torch.device("meta")
        assert torch.equal(torch.get_rng_state(), state)
        assert random.getstate() == python_state
        assert {tensor.dtype for tensor in model.state_dict().values()} == {torch.bfloat16}
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)


def test_a_failure_gives_the_default_dtype_back() -> None:
    """The default dtype comes back when building fails half way."""
    graph = report_of("A").graph
    broken = graph.nodes[0].replace(torch_name="features.")
    with pytest.raises(KeyError):
        build_module(graph.replace(nodes=(broken, *graph.nodes[1:])), dtype=torch.bfloat16)

    assert torch.get_default_dtype() == torch.float32


def test_dtypes_without_layers_are_refused() -> None:
    """torch runs no convolution in fp8 or int8; tf32 is stored as float32."""
    torch_dtypes = {}
    for dtype in DTYPES:
        if dtype.short in ("fp8", "int8"):
            with pytest.raises(UsageError, match=dtype.name):
                as_torch_dtype(dtype)
        else:
            torch_dtypes[dtype.short] = as_torch_dtype(dtype)

    assert torch_dtypes == {
        "fp32": torch.float32,
        "tf32": torch.float32,
        "fp16": torch.float16,
        "bf16": torch.bfloat16,
    }


def test_filled_weights_keep_values_in_range() -> None:
    """Random weights give finite outputs of ordinary size, the same for the same seed."""
    graph = report_of("A").graph
    model = build_module(graph, device="cpu").eval()
    fill(model, seed=3)
    image = torch.ones(1, 3, 224, 224)
    with torch.inference_mode():
        output = model(image)

        assert torch.isfinite(output).all()
        assert 0.01 < float(output.std()) < 100
        fill(model, seed=3)
        assert torch.equal(model(image), output)


@pytest.mark.parametrize(
    "name", ["train", "forward", "float", "children", "steps", "type", "append", "train_"]
)
def test_units_may_be_called_like_what_torch_modules_have(name: str) -> None:
    """It gets a name of its own in torch, beside that of another unit, and runs: 3 · 9 · 3 weights in each."""
    other = "train" if name == "train_" else "other"
    units = "\n".join(
        f"    - {{name: {unit}, residual: [conv3-3, conv3-3]}}" for unit in (name, other)
    ).replace("    -", "  - -", 1)
    graph = graph_of(
        f"name: n\ninput: [3, 8, 8]\ndefaults: {{conv: {{bias: false}}}}\nblocks:\n{units}\nhead: none"
    )
    model = build_module(graph, device="cpu")

    assert model.eval()(torch.zeros(2, 3, 8, 8)).shape == (2, 3, 8, 8)
    assert sum(parameter.numel() for parameter in model.parameters()) == 4 * 81
