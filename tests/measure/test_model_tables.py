"""What a table says of a model beside its layers: formats, biases, settings, frozen parameters."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import vggstat
from vggstat.cost.report import Report
from vggstat.render.report_data import report_data
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.wanted import Wanted


def convolutions() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))


def notes_of(model: nn.Module) -> str:
    return " ".join(TorchSource(model=model, name="it").graph(Wanted(image=(3, 16, 16))).notes)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_format_of_parameters_is_told(dtype: torch.dtype) -> None:
    """Bytes are those of the format asked for, whatever the model is stored in."""
    model = convolutions().to("meta", dtype)
    name = str(dtype).removeprefix("torch.")

    assert f"parameters are in {name}; bytes here are those of --dtype" in notes_of(model)
    notes = report_data(vggstat.analyze(model, image=(3, 16, 16)))["model"]["notes"]
    assert any(name in note for note in notes)


def test_several_formats_are_told_with_their_values() -> None:
    """A first layer of 3 · 9 · 8 + 8 = 224 parameters, and a second one of 8 · 9 · 8 + 8 = 584 in half of the bytes."""

    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 8, 3), nn.Conv2d(8, 8, 3).half()

        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x).half())  # type: ignore[no-any-return]

    assert "float32 (224) and float16 (584)" in notes_of(Mixed().to("meta"))


def test_float32_is_not_told() -> None:
    assert "float32" not in notes_of(convolutions().to("meta"))


def tokens(model: nn.Module, shape: tuple[int, ...]) -> Report:
    return vggstat.analyze(model.to("meta"), inputs={"x": shape})


def test_biases_of_recurrent_layers_are_biases() -> None:
    """Two directions with two biases each, of four gates of 16: 2 · 2 · 4 · 16; weights (8 + 16) · 64 a direction."""

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.LSTM(8, 16, bidirectional=True, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x)[0]  # type: ignore[no-any-return]

    total = tokens(Recurrent(), (5, 8)).total
    assert (total.weights, total.biases) == (2 * (8 + 16) * 64, 2 * 2 * 64)


def test_biases_of_attention_are_biases() -> None:
    """``in_proj_bias`` of 3 · 8, ``out_proj.bias`` of 8, ``bias_k`` and ``bias_v`` of 8 each; weights (24 + 8) · 8."""

    class Attends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.MultiheadAttention(8, 2, batch_first=True, add_bias_kv=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.inner(x, x, x, need_weights=False)[0]  # type: ignore[no-any-return]

    total = tokens(Attends(), (5, 8)).total
    assert (total.weights, total.biases) == (32 * 8, 24 + 8 + 8 + 8)


def test_a_table_of_position_biases_is_a_weight() -> None:
    """Values are taken from it as from an embedding; what is left out as a bias is one value a channel."""

    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relative_position_bias_table = nn.Parameter(torch.empty(9, 8))

        def forward(self, x: Tensor) -> Tensor:
            return x + self.relative_position_bias_table[:5]

    total = tokens(Positions(), (5, 8)).total
    assert (total.weights, total.biases) == (9 * 8, 0)


CONVOLUTIONS: dict[str, tuple[nn.Module, tuple[int, ...], tuple[object, ...]]] = {
    "conv1d": (nn.Conv1d(4, 8, 5, 2, 1, 2, 2), (4, 64), (5, 2, 1, 2, 2)),
    "conv1d, padded to the same length": (nn.Conv1d(4, 8, 5, padding="same"), (4, 64), (5, 1, 2, 1, 1)),
    "conv3d": (nn.Conv3d(4, 8, (1, 3, 5), (1, 2, 2), (0, 1, 2)), (4, 8, 16, 16), ((1, 3, 5), (1, 2, 2), (0, 1, 2), 1, 1)),
    "transposed 1d": (nn.ConvTranspose1d(4, 8, 4, 3, 1, groups=2), (4, 16), (4, 3, 1, 1, 2)),
    "transposed 3d": (nn.ConvTranspose3d(4, 8, 2, 2), (4, 4, 4, 4), (2, 2, 0, 1, 1)),
    "transposed 2d": (nn.ConvTranspose2d(4, 8, 3, 2, 1, 1, dilation=2), (4, 8, 8), (3, 2, 1, 2, 1)),
}  # fmt: skip


@pytest.mark.parametrize("form", list(CONVOLUTIONS))
def test_convolutions_of_any_rank_have_their_settings(form: str) -> None:
    """Kernel, stride, padding, dilation and groups, one number where they are the same along all axes."""
    module, shape, settings = CONVOLUTIONS[form]
    row = vggstat.analyze(module.to("meta"), inputs={"input": shape}).rows[1]

    assert (row.kernel, row.stride, row.padding, row.dilation, row.groups) == settings


def test_another_stride_of_a_signal_is_another_layer() -> None:
    """Both make 32 values of 64: (64 − 2) / 2 + 1, and (64 + 2 · 16 − 33) / 2 + 1 rounded down."""
    strided, wide = nn.Conv1d(4, 8, 2, 2), nn.Conv1d(4, 8, 2, 2, 16, dilation=32)
    rows = [
        vggstat.analyze(module.to("meta"), inputs={"input": (4, 64)}).rows[1] for module in (strided, wide)
    ]

    assert rows[0].output_shape == rows[1].output_shape
    assert (rows[0].padding, rows[0].dilation) != (rows[1].padding, rows[1].dilation)
