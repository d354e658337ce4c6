"""Files of weights: which network they are for, told by shapes and order."""

from __future__ import annotations

import json
import pickle
import random
import re
import subprocess
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.networks import SHIPPED, graph_of, report_of
from vggstat.cli.main import main
from vggstat.cost.check import Verdict, Verification
from vggstat.cost.identify import Identification, identify_weights, subject_of_file
from vggstat.cost.report import analyze
from vggstat.cost.weights import verify_weights
from vggstat.errors import InputError, UsageError
from vggstat.measure.module import build_module
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.views.identify import identification_data, identification_page
from vggstat.sources.checkpoint import read_state_dict
from vggstat.sources.spec import load, names
from vggstat.sources.state_dict import StateDict, StoredTensor, name_style
from vggstat.sources.stored_layers import stored_layers

SMALL = """
name: small
input: [3, 16, 16]
blocks:
  - [{conv: {filters: 4%(norm)s}}, {conv: {filters: 6%(norm)s}}, maxpool]
  - [{conv: {filters: 8%(norm)s}}, maxpool]
head: adaptive
classifier: [FC-12, FC-5, soft-max]
"""
REPORT = analyze(graph_of(SMALL % {"norm": ""}))
WITH_BN = analyze(graph_of(SMALL % {"norm": ", norm: batch"}))
# 8 maps of 4x4 after two pools: 128 inputs of the first FC layer
CAFFE = {
    "features.0": "conv1_1",
    "features.2": "conv1_2",
    "features.5": "conv2_1",
    "classifier.0": "fc6",
    "classifier.3": "fc7",
}
KERAS = {
    "features.0": "block1_conv1",
    "features.2": "block1_conv2",
    "features.5": "block2_conv1",
    "classifier.0": "fc1",
    "classifier.3": "predictions",
}

State = dict[str, Tensor]
SPECS = tuple(load(name) for name in names())


def identified(held: StateDict) -> Identification:
    """What the shipped networks make of a state dict."""
    stored = stored_layers(held)
    return identify_weights(stored, SPECS, subject_of_file(held, stored))


def held_by(argument: str) -> StateDict:
    """The tensors of a shipped network under torchvision's names."""
    tensors = tuple(
        StoredTensor(f"{node.torch_name}.{param.name}", param.shape, "F32")
        for node in report_of(argument).graph.nodes
        for param in node.params
    )
    return StateDict(origin="x", format="safetensors", layout="torch", tensors=tensors)


def state(report: Any = REPORT) -> State:
    model = build_module(report.graph, device="cpu")
    return {name: torch.zeros_like(tensor) for name, tensor in model.state_dict().items()}


def renamed(tensors: State, table: dict[str, str]) -> State:
    return {
        f"{table[name.rpartition('.')[0]]}.{name.rpartition('.')[2]}": tensor
        for name, tensor in tensors.items()
    }


def saved(path: Path, tensors: Any) -> str:
    torch.save(tensors, path)
    return str(path)


def told(found: Verification) -> list[tuple[str | None, str]]:
    return [
        (check.layer, check.note)
        for check in found.checks
        if check.verdict is Verdict.DISAGREES and check.quantity != "params"
    ]


def names_check(found: Verification) -> tuple[object, Verdict]:
    (check,) = (check for check in found.checks if check.quantity == "names")
    return check.stated, check.verdict


def test_torchvision_names_agree(tmp_path: Path) -> None:
    """A state dict of the very model agrees in every layer, in values and in names."""
    found = verify_weights(REPORT, read_state_dict(saved(tmp_path / "a.pth", state())))

    assert told(found) == []
    assert names_check(found) == ("torchvision", Verdict.AGREES)
    assert found.summary.agrees == 7  # 3 convs, 2 FC layers, parameters, names
    assert [check.quantity for check in found.checks if check.verdict is Verdict.UNCHECKED] == [
        "other settings"
    ]


@pytest.mark.parametrize(
    ("change", "style"),
    [
        (lambda tensors: renamed(tensors, CAFFE), "Caffe"),
        (lambda tensors: renamed(tensors, KERAS), "Keras"),
        (lambda tensors: {f"mine.{name}": tensor for name, tensor in tensors.items()}, "other"),
        (lambda tensors: {f"module.{name}": tensor for name, tensor in tensors.items()}, "torchvision"),
        (lambda tensors: {f"model.net.{name}": tensor for name, tensor in tensors.items()}, "torchvision"),
    ],
)
def test_renamed_files_agree_under_their_names(
    tmp_path: Path, change: Callable[[State], State], style: str
) -> None:
    """Other names are no difference, but load_state_dict would not take them: that is said."""
    found = verify_weights(REPORT, read_state_dict(saved(tmp_path / "a.pt", change(state()))))
    (check,) = (check for check in found.checks if check.quantity == "names")

    assert told(found) == []
    assert found.agrees
    assert names_check(found) == (style, Verdict.AGREES_UNDER)
    assert "renamed" in check.note


def without(tensors: State, *layers: str) -> State:
    return {name: tensor for name, tensor in tensors.items() if name.rpartition(".")[0] not in layers}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda t: without(t, "classifier.3"),
            [("predictions", "truncated: it ends after fc1; missing: predictions")],
        ),
        (
            lambda t: without(t, "classifier.0", "classifier.3"),
            [("fc1", "no FC layers (a file without the top); missing: fc1, predictions")],
        ),
        (lambda t: without(t, "features.2"), [("block1_conv2", "missing: conv3-6 (block 1, second)")]),
        (
            lambda t: {**t, "classifier.6.weight": torch.zeros(3, 5), "classifier.6.bias": torch.zeros(3)},
            [("predictions", "extra: FC-3 after the last FC (predictions)")],
        ),
        (
            lambda t: {**t, "classifier.0.weight": torch.zeros(128, 12)},
            [("fc1", "transposed: its weight is 128×12")],
        ),
        (
            lambda t: {**t, "features.0.weight": torch.zeros(3, 3, 3, 4)},
            [("block1_conv1", "transposed: its weight is 3×3×3×4")],
        ),
        (
            lambda t: {name: tensor for name, tensor in t.items() if name != "features.5.bias"},
            [("block2_conv1", "no bias")],
        ),
        (
            lambda t: {**t, "classifier.3.weight": torch.zeros(10, 12), "classifier.3.bias": torch.zeros(10)},
            [("predictions", "outputs 10 where 5 are specified")],
        ),
        (
            lambda t: {**t, "features.5.weight": torch.zeros(8, 6, 5, 5)},
            [("block2_conv1", "kernel 5 where 3 is specified")],
        ),
    ],
)
def test_each_damage_is_told_apart(
    tmp_path: Path, change: Callable[[State], State], expected: list[tuple[str, str]]
) -> None:
    """Truncated, without the top, missing, extra, transposed, without bias, other classes, other kernels."""
    found = verify_weights(REPORT, read_state_dict(saved(tmp_path / "a.pth", change(state()))))

    assert told(found) == expected
    assert not found.agrees


def test_wrong_batch_norms_are_told() -> None:
    """Batch norms that are missing, not specified, of another width, or without statistics are told apart."""
    good = state(WITH_BN)
    wide = {
        **good,
        **{
            f"features.1.{name}": torch.zeros(9) for name in ("weight", "bias", "running_mean", "running_var")
        },
    }
    blind = {name: tensor for name, tensor in good.items() if not name.startswith("features.4.running")}

    def notes(report: Any, tensors: State) -> list[str]:
        held = StateDict(
            origin="x",
            format="torch file",
            layout="torch",
            tensors=tuple(
                StoredTensor(name, tuple(tensor.shape), "float32") for name, tensor in tensors.items()
            ),
        )
        return [note for _, note in told(verify_weights(report, held))]

    assert notes(WITH_BN, good) == []
    assert notes(WITH_BN, state()) == [
        f"no batch norm after block{place}" for place in ("1_conv1", "1_conv2", "2_conv1")
    ]
    assert notes(REPORT, good) == [
        f"extra: batch norm after block{place}" for place in ("1_conv1", "1_conv2", "2_conv1")
    ]
    assert notes(WITH_BN, wide) == ["channels 9 where 4 are specified"]
    assert notes(WITH_BN, blind) == ["no running statistics"]


def test_convolutional_fc_weights_agree(tmp_path: Path) -> None:
    """FC layers saved as convolutions hold the same weights: no difference."""
    tensors = state()
    tensors["classifier.0.weight"] = tensors["classifier.0.weight"].view(12, 8, 4, 4)
    tensors["classifier.3.weight"] = tensors["classifier.3.weight"].view(5, 12, 1, 1)

    assert told(verify_weights(REPORT, read_state_dict(saved(tmp_path / "a.pth", tensors)))) == []


def part_of(tmp_path: Path, content: Any, key: str | None = None) -> tuple[str, tuple[str, ...], str]:
    """The part that is read of a file, the others, and what stood before all names."""
    held = read_state_dict(saved(tmp_path / "a.pth", content), key)
    return held.part, held.others, held.prefix


@pytest.mark.parametrize(
    ("content", "part", "others", "prefix"),
    [
        (lambda s: s, "", (), ""),
        (lambda s: {"state_dict": s, "epoch": 3}, "state_dict", (), ""),
        (lambda s: {"ema": s, "model": s, "x": {"y": s}}, "model", ("ema", "x.y"), ""),
        (lambda s: {"small": {"a.weight": torch.zeros(2, 2)}, "large": s}, "large", ("small",), ""),
        (lambda s: {"mean": torch.zeros(3), "net": s}, "net", (), ""),
        (lambda s: {"runs": [{"model": s}, {"model": s}]}, "runs.0.model", ("runs.1.model",), ""),
        (
            lambda s: {f"module._orig_mod.{name}": item for name, item in s.items()},
            "",
            (),
            "module._orig_mod.",
        ),
        (
            lambda s: {f"{net}.{name}": item for net in ("student", "teacher") for name, item in s.items()},
            "",
            ("teacher",),
            "student.",
        ),
        (lambda s: {**s, "epoch": 3, "optimizer": {"state": {}, "param_groups": [], "x": s}}, "", (), ""),
        (lambda s: {**s, "model_ema": s}, "", ("model_ema",), ""),
        (lambda s: {"net": s, "optimizer_states": [{"master": s}], "amp": s}, "net", (), ""),
    ],
)
def test_the_likeliest_part_of_a_file_is_taken(
    tmp_path: Path, content: Callable[[State], Any], part: str, others: tuple[str, ...], prefix: str
) -> None:
    """By its name, then by its size; averages come last, an optimizer's state never, and the others are told."""
    assert part_of(tmp_path, content(state())) == (part, others, prefix)


def test_a_key_chooses(tmp_path: Path) -> None:
    """A path with points to a part, or to what begins the names of its tensors; else what there is."""
    tensors = {f"{net}.{name}": item for net in ("one", "two") for name, item in state().items()}
    content = {"model": tensors, "a.b": state()}

    assert part_of(tmp_path, content)[:2] == ("model", ("a.b",))
    assert part_of(tmp_path, content, "a.b")[:2] == ("a.b", ("model",))
    assert part_of(tmp_path, content, "model.two")[0] == "model.two"
    held = read_state_dict(saved(tmp_path / "a.pth", content), "model.two")
    assert [tensor.name for tensor in held.tensors] == list(state())
    flat = safetensors(tmp_path / "a.safetensors", *entries(tensors))
    assert len(read_state_dict(flat, "two").tensors) == len(state())
    for path, key, message in (
        (saved(tmp_path / "a.pth", content), "nothing", "tensors are in model, a.b"),
        (saved(tmp_path / "a.pth", content), "model.three", "they begin with one, two"),
        (flat, "three", "they begin with one, two"),
    ):
        with pytest.raises(UsageError, match=message):
            read_state_dict(path, key)


def test_a_model_that_was_pickled_whole_is_read_as_data(tmp_path: Path) -> None:
    """Its modules' names, its parameters and its buffers, in files of either format; its class is not looked for."""

    class Local(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 4, 3)
            self.norm = torch.nn.BatchNorm2d(4)
            self.register_buffer("table", torch.zeros(7))

        def __reduce__(self) -> Any:
            return exec, ("raise SystemExit('code was run')",), self.__dict__

    for settings in ({}, {"_use_new_zipfile_serialization": False}):
        torch.save({"model": Local()}, tmp_path / "a.pth", **settings)
        held = read_state_dict(str(tmp_path / "a.pth"))

        assert (held.part, [tensor.name for tensor in held.tensors]) == (
            "model",
            ["table", *(f"conv.{role}" for role in ("weight", "bias"))]
            + [
                f"norm.{role}"
                for role in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
            ],
        )
        assert stored_layers(held).learned == 4 * 27 + 4 + 2 * 4


def test_a_tensor_with_two_names_counts_once(tmp_path: Path) -> None:
    """Weights that are tied share their memory in a file: D has 138,357,544 parameters, and 589,824 fewer with one tied pair."""
    tensors = state(report_of("D"))
    tensors["features.14.weight"] = tensors["features.12.weight"]
    found = identified(read_state_dict(saved(tmp_path / "a.pth", tensors)))

    assert found.subject.parameters == 138_357_544 - 256 * 256 * 9
    assert found.subject.tied == (("features.12.weight", "features.14.weight"),)
    assert (found.is_near, found.agrees) == (True, False)
    assert [difference.text for difference in found.differences] == [
        "features.12.weight and features.14.weight are one tensor"
    ]


def test_parameters_are_those_of_the_file() -> None:
    """FC layers of 512, 512 and 10 behind D's convolutions: 15,245,130, whatever the nearest network has."""
    trunk = [tensor for tensor in held_by("D").tensors if tensor.name.startswith("features")]
    top = [
        StoredTensor(f"{name}.{role}", shape, "F32")
        for name, width in (("classifier.1", 512), ("classifier.4", 512), ("classifier.6", 10))
        for role, shape in (("weight", (width, 512)), ("bias", (width,)))
    ]
    found = identified(StateDict(origin="x", format="f", layout="torch", tensors=(*trunk, *top)))

    # 14,714,688 of the convolutions, 2·(512·512 + 512), 512·10 + 10
    assert found.subject.parameters == 15_245_130
    assert found.report is not None
    assert (found.report.name, found.agrees, found.agreement.weighted, found.agreement.of) == (
        "D",
        False,
        14,
        16,
    )


def a_page(found: Identification) -> str:
    return render(identification_page(found), "text", Target(width=110))


def test_what_is_near_to_nothing_is_said_so_without_differences() -> None:
    """The first line says what it is not, and why, with its own figures."""
    tensors = tuple(StoredTensor(f"c{n}.weight", (48, 48, 3, 3), "F32") for n in range(20))
    found = identified(StateDict(origin="x.pth", format="f", layout="torch", tensors=tensors))

    # 20·48·48·9
    assert (
        a_page(found)
        .replace("\n ", " ")
        .startswith(
            " x.pth is none of the networks that ship, nor near one: it has 20 weight layers and 414,720 parameters; "
            "none of these layers is in any of them"
        )
    )
    assert (found.differences, identification_data(found)["verdict"]) == ((), "none")


def test_json_says_whose_figures_they_are() -> None:
    """``subject`` is what was given, ``network`` the one it is nearest to."""
    tensors = [tensor for tensor in held_by("D").tensors if not tensor.name.startswith("features.28.")]
    data = identification_data(identified(held_by("D").replace(tensors=tuple(tensors))))

    assert (data["verdict"], data["exact"]) == ("near", False)
    assert (data["subject"]["compared"], data["subject"]["layers"]) == ("weights", 15)
    assert data["subject"]["parameters"] == 138_357_544 - (512 * 512 * 9 + 512)
    assert data["network"]["parameters"] == 138_357_544
    assert (data["network"]["layers_in_common"], data["network"]["layers_of_the_larger"]) == (15, 16)
    assert [difference["text"] for difference in data["differences"]] == [
        "missing: conv3-512 (block 5, third)"
    ]


def test_a_page_shows_a_few_differences_and_says_how_many_there_are() -> None:
    """Those of one sort are one line; JSON has all."""
    biased = [
        tensor for tensor in held_by("E-BN").tensors if not re.fullmatch(r"features.\d+.bias", tensor.name)
    ]
    found = identified(held_by("E-BN").replace(tensors=tuple(biased)))
    lines = [line for line in a_page(found).splitlines() if line.startswith(" ✗")]

    assert len(found.differences) > 16
    assert len(lines) <= 8


def test_a_file_of_weights_is_not_exact() -> None:
    """Its weights may be those of D; what they do not show is said."""
    found = identified(held_by("D"))

    assert (found.agrees, found.exact) == (True, False)
    assert a_page(found).startswith(" x: its weights are those of D (VGG-16)\n")
    assert "What weights do not show was not compared: the way from layer" in a_page(found)


@pytest.mark.parametrize(
    ("argument", "named"),
    [
        ("D@head=gap,classes=10", "D@head=gap,classes=10"),
        ("D@32,head=flatten", "D@32,head=flatten"),
        ("D", "D"),
    ],
)
def test_the_network_is_named_as_an_argument(argument: str, named: str) -> None:
    """What is otherwise than in its spec stands behind an @: the same argument makes the same table."""
    assert identified(held_by(argument)).variant == named


class Evil:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return exec, ("raise SystemExit('code was run')",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"epoch": 3}, "it holds a dict without tensors"),
        ([torch.zeros(2)], "it holds a list without tensors by name"),
        ({"a": Evil()}, r"exec would run code"),
        (
            {"optimizer": {"state": {0: {"exp_avg": torch.zeros(3, 3)}}, "param_groups": []}},
            "without tensors",
        ),
        ({}, "it holds no tensors"),
    ],
)
def test_a_file_without_weights_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    """With an explanation, and no code of it is run."""
    with pytest.raises(InputError, match=message):
        read_state_dict(saved(tmp_path / "a.pth", content))


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    """Cut off, empty, missing, a folder, or of an unknown kind: one line each."""
    whole = Path(saved(tmp_path / "whole.pth", state())).read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "pickle.pth").write_bytes(pickle.dumps({"a": 1}))
    (tmp_path / "folder.pth").mkdir()
    for name in ("cut", "empty", "pickle", "folder", "missing"):
        with pytest.raises(InputError, match=name):
            read_state_dict(str(tmp_path / f"{name}.pth"))
    with pytest.raises(UsageError, match=r"expected one of \.pth"):
        read_state_dict(str(tmp_path / "weights.npz"))


def test_old_torch_files_are_read(tmp_path: Path) -> None:
    """Files of torch before 1.6 are no zips: they are read on meta, and that is said."""
    path = tmp_path / "old.pth"
    torch.save(state(), path, _use_new_zipfile_serialization=False)
    held = read_state_dict(str(path))

    assert told(verify_weights(REPORT, held)) == []
    assert "old torch file" in held.note


def safetensors(path: Path, header: dict[str, Any] | bytes, data: int) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(data))
    return str(path)


def entries(tensors: State) -> tuple[dict[str, Any], int]:
    """A header as the safetensors library writes it: sorted by name."""
    made: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name in sorted(tensors):
        end = at + 4 * tensors[name].numel()
        made[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": [at, end]}
        at = end
    return made, at


def test_safetensors_are_read_from_their_header(tmp_path: Path) -> None:
    """Its tensors are sorted by name, classifier before features: the order is found again."""
    held = read_state_dict(safetensors(tmp_path / "a.safetensors", *entries(state())))

    assert held.tensors[0].name == "classifier.0.bias"
    assert told(verify_weights(REPORT, held)) == []
    assert names_check(verify_weights(REPORT, held)) == ("torchvision", Verdict.AGREES)


def test_damaged_safetensors_are_refused(tmp_path: Path) -> None:
    """Cut off, too long, no JSON, twice the same name, sizes that do not fit: one line each."""
    header, size = entries(state())
    wrong = {**header, "features.0.bias": {**header["features.0.bias"], "shape": [5]}}
    path = tmp_path / "a.safetensors"
    for content, data, message in (
        (header, size - 1, "cut off"),
        (header, size + 1, "but it holds"),
        (wrong, size, "features.0.bias' makes no sense"),
        (b"{", 0, "is not JSON"),
        (b"[1]", 0, "no JSON object"),
        (b'{"a": {}, "a": {}}', 0, "stands there twice"),
        (b"[" * 100_000, 0, "is not JSON"),
        ({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, 4, "makes no sense"),
        ({"a": {"dtype": "F32", "shape": [True], "data_offsets": [0, 4]}}, 4, "makes no sense"),
        ({"a": 3}, 0, "makes no sense"),
    ):
        safetensors(path, content, data)
        with pytest.raises(InputError, match=message):
            read_state_dict(str(path))
    for content in (b"", b"\xff" * 20, (10**6).to_bytes(8, "little") + b"{}"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.safetensors"):
            read_state_dict(str(path))


def keras_file(path: Path, tensors: State, *, version: int) -> str:
    """Weights as Keras writes them: axes height, width, in, out; (in, out) for FC layers."""
    h5py = pytest.importorskip("h5py")
    convs = denses = 0
    with h5py.File(path, "w") as file:
        for layer, name in KERAS.items():
            weight = tensors[f"{layer}.weight"].numpy()
            kernel = weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight.T
            bias = tensors[f"{layer}.bias"].numpy()
            if version == 2:
                file.attrs["layer_names"] = [name.encode() for name in KERAS.values()]
                group = file.create_group(name)
                group.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
                group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = kernel, bias
                continue
            word, number = ("conv2d", convs) if weight.ndim == 4 else ("dense", denses)
            convs, denses = convs + (weight.ndim == 4), denses + (weight.ndim == 2)
            group = file.create_group(f"layers/{word}_{number}/vars" if number else f"layers/{word}/vars")
            group["0"], group["1"] = kernel, bias
            file.require_group("optimizer/vars")
    return str(path)


@pytest.mark.parametrize(("version", "name"), [(2, "a.h5"), (3, "a.weights.h5")])
def test_keras_files_agree(tmp_path: Path, version: int, name: str) -> None:
    """Keras's files are read in Keras's axes and under Keras's names."""
    held = read_state_dict(keras_file(tmp_path / name, state(), version=version))
    found = verify_weights(REPORT, held)

    assert told(found) == []
    assert names_check(found) == ("Keras", Verdict.AGREES_UNDER)


def test_a_keras_file_with_torch_axes_is_transposed(tmp_path: Path) -> None:
    """A kernel that was stored in torch's axes is told, by layer."""
    tensors = state()
    tensors["features.5.weight"] = (
        torch.zeros(3, 3, 6, 8).permute(2, 3, 0, 1).reshape(6, 8, 3, 3).permute(2, 3, 0, 1)
    )
    tensors["features.5.weight"] = torch.zeros(3, 3, 8, 6)
    held = read_state_dict(keras_file(tmp_path / "a.h5", tensors, version=2))

    assert told(verify_weights(REPORT, held)) == [("block2_conv1", "transposed: its weight is 8×6×3×3")]


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_name_their_network_in_any_order_and_under_any_names(name: str) -> None:
    """The tensors of each shipped network, shuffled, under names that only say which belong together."""
    rng = random.Random(name)
    held = held_by(name)
    layers = {tensor.name.rpartition(".")[0]: f"x{rng.getrandbits(40):x}" for tensor in held.tensors}
    renamed = [
        tensor._replace(name=f"{layers[tensor.name.rpartition('.')[0]]}.{tensor.name.rpartition('.')[2]}")
        for tensor in held.tensors
    ]
    rng.shuffle(renamed)
    found = identified(held.replace(tensors=tuple(renamed)))

    assert found.report is not None
    assert found.agrees
    assert name in (found.report.name, *found.twins)
    assert found.subject.parameters == found.report.total.params == report_of(name).total.params
    assert found.twins == (("A-LRN",) if name in ("A", "A-LRN") else ())  # LRN holds no tensors
    assert found.report.graph.head == load(found.report.name).head


@pytest.mark.parametrize("name", ["A", "C", "E", "D-BN", "AlexNet"])
def test_weights_sorted_by_name_are_the_same(name: str) -> None:
    """As .safetensors has them: the classifier before the features, 10 before 2."""
    held = held_by(name)
    found = identified(held.replace(tensors=tuple(sorted(held.tensors))))

    assert (found.report and found.report.name, found.agrees) == (name, True)
    assert name_style(held) == "torchvision"


def test_an_order_that_is_seen_counts() -> None:
    """Configuration C ends its third block in a convolution of one pixel: first in it, in a file whose layers chain, is other."""
    held = held_by("C")
    swapped = {"features.12": "features.14", "features.14": "features.12"}
    moved = [
        tensor._replace(name=f"{swapped.get(layer, layer)}.{role}")
        for tensor in held.tensors
        for layer, _, role in (tensor.name.rpartition("."),)
    ]
    found = identified(held.replace(tensors=tuple(sorted(moved))))

    assert (found.report and found.report.name, found.is_near, found.agrees) == ("C", True, False)


def test_an_order_that_only_could_be_does_not_count() -> None:
    """MobileNetV1 with its depthwise convolutions first: each could be a grouped one on the one before, and is not."""
    names: dict[str, str] = {}
    for tensor in held_by("MobileNetV1").tensors:
        layer = tensor.name.rpartition(".")[0]
        words = {4: "depthwise" if tensor.shape[1:2] == (1,) else "pointwise", 2: "top", 1: "norm", 0: ""}
        names.setdefault(layer, f"{words[len(tensor.shape)]}{len(names):03}")
    moved = [
        tensor._replace(name=f"{names[layer]}.{role}")
        for tensor in held_by("MobileNetV1").tensors
        for layer, _, role in (tensor.name.rpartition("."),)
    ]

    assert identified(held_by("MobileNetV1").replace(tensors=tuple(sorted(moved)))).agrees


@pytest.mark.parametrize(
    "name",
    ["A", "D", "E-BN", "ResNet-18", "ResNet-34", "ResNet-50", "MobileNetV1", "MobileNetV2", "DenseNet-121"],
)
def test_a_network_of_half_the_width_is_not_near(name: str) -> None:
    """It has layers of all the shapes but one, each in the place of another: up to 62 % of them agree in number."""
    narrow = [
        tensor._replace(
            shape=tuple(side if side < 16 or side == 1000 else side // 2 for side in tensor.shape)
        )
        for tensor in held_by(name).tensors
    ]
    found = identified(held_by(name).replace(tensors=tuple(narrow)))

    assert not found.is_near
    assert found.differences == ()


@pytest.mark.parametrize(
    ("name", "change", "difference"),
    [
        ("D", lambda t: t.name.startswith("features.14.") and "gone", "missing: conv3-256 (block 3, third)"),
        ("E-BN", lambda t: t.name.startswith("features.1.") and "gone", "no batch norm after block1_conv1"),
        (
            "ResNet-18",
            lambda t: t.shape == (64, 3, 7, 7) and t._replace(shape=(64, 3, 3, 3)),
            "kernel 3 where 7 is specified",
        ),
        ("ResNet-50", lambda t: t.shape in ((1000, 2048), (1000,)) and "gone", ""),
        (
            "D",
            lambda t: t.name == "features.0.weight" and t._replace(shape=(64, 1, 3, 3)),
            "inputs 1 where 3 are specified",
        ),
    ],
)
def test_what_is_near_is_told_with_what_differs(
    name: str, change: Callable[[StoredTensor], Any], difference: str
) -> None:
    """A layer less, another kernel, another image: one difference; without its top a network is itself."""
    assert any(map(change, held_by(name).tensors))
    changed = [change(tensor) or tensor for tensor in held_by(name).tensors]
    tensors = tuple(tensor for tensor in changed if tensor != "gone")
    found = identified(held_by(name).replace(tensors=tensors))

    assert found.is_near
    assert found.report is not None
    assert found.report.name == name
    assert [one.text for one in found.differences] == ([difference] if difference else [])


def test_identify_finds_image_and_classes_from_the_weights() -> None:
    """512 inputs of the first FC layer are a 1×1 map: a VGG for 32×32 images, here with ten classes."""
    report = identified(held_by("D@32,head=flatten,classes=10")).report

    assert report is not None
    assert (report.name, report.graph.image, report.graph.classes) == ("D", (3, 32, 32), 10)


@pytest.mark.parametrize(
    "sign",
    ["1" * 5_000, "0" * 5_000, "²", "٣", "1a" * 20_000],
    ids=["long", "zeros", "power", "arabic", "many"],
)
def test_numbers_in_names_may_be_of_any_kind(sign: str) -> None:
    """Python's ``int`` reads neither 5,000 digits nor a power: layers are put in order all the same, and soon."""
    named = [f"conv2d_{number}{sign}.weight" for number in (2, 1)]
    tensors = tuple(StoredTensor(name=name, shape=(4, 3, 3, 3), dtype="float32") for name in named)
    held = StateDict(origin="x", format="safetensors", layout="torch", tensors=tensors)

    orders = [[layer.name for layer in order] for order in stored_layers(held).orders]
    assert orders[0] == [f"conv2d_2{sign}", f"conv2d_1{sign}"]
    assert sorted(orders[0]) in orders


def test_the_command_compares_and_exits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``verify --against`` exits with 1 and names the layer."""
    spec = tmp_path / "small.yaml"
    spec.write_text(SMALL % {"norm": ""})
    path = saved(tmp_path / "a.pth", without(state(), "classifier.3"))
    with pytest.raises(SystemExit) as stop:
        main(["verify", str(spec), "--against", path, "--format", "text"])
    out = capsys.readouterr().out

    assert stop.value.code == 1
    assert "truncated: it ends after fc1; missing: predictions" in out


@pytest.mark.parametrize(
    "content", [b"", b"hello\n" * 9, pickle.dumps([1, 2])], ids=["empty", "text", "plain"]
)
def test_files_that_torch_did_not_write(
    content: bytes, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    """In words, not as the byte or the exception that torch stumbled over; and without torch's own warnings."""
    pytest.importorskip("torch")
    path = tmp_path / "weights.pth"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"not a file that torch.save wrote|it holds a list") as caught:
        read_state_dict(str(path))
    assert not re.search(r"EOFError|: \d+$", str(caught.value))
    assert not recwarn.list


def zipped(
    path: Path, body: bytes, records: dict[str, bytes] | None = None, *, compressed: bool = False
) -> str:
    """An archive as torch.save writes it, around these bytes as its pickle."""
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", kind) as archive:
        archive.writestr("a/data.pkl", body)
        for name, data in (records or {}).items():
            archive.writestr(f"a/{name}", data)
    return str(path)


START = b"\x80\x02}X\x01\x00\x00\x00a"
"""The beginning of a pickle of a dictionary, up to its first key."""
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n(%sK\x00K%c\x85K\x01\x85\x89NtRs."
STORAGE = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuK%ctQ"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"cbuiltins\nbytearray\n(J\xff\xff\xff\x7ftRs.", r"builtins\.bytearray would run code"),
        (b"ctorch\nFloatStorage\n(J\xff\xff\xff\x7ftRs.", r"torch\.FloatStorage would run code"),
        (b"cos\nsystem\n(X\x02\x00\x00\x00lstRs.", r"os\.system would run code"),
        (b"r\xff\xff\xff\x7fs.", "makes no sense in a pickle"),
        (b"X\xff\xff\xff\x7fabs.", "it ends in the middle"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fs.", "it ends in the middle"),
        (b"(" * 400_000, "makes no sense"),
        (b"]" * 400_000, "makes no sense"),
        (b"\xfe.", "is no step of a pickle"),
        (TENSOR % (STORAGE % 4, 5), "reaches over 5 values of the 4 that it lies in"),
        (TENSOR % (b"N", 4), "a tensor without a storage"),
        (TENSOR % (STORAGE % 3, 3), "has 16 bytes, and 12 are described"),
    ],
)
def test_a_pickle_gets_nothing_that_it_asks_for(body: bytes, message: str, tmp_path: Path) -> None:
    """Gigabytes, code, a memo of billions of places: a file costs what it has bytes, and is refused in a sentence."""
    path = zipped(tmp_path / "a.pth", START + body, {"data/0": bytes(16)})
    tracemalloc.start()
    with pytest.raises(InputError, match=message):
        read_state_dict(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 100_000_000


def test_a_tensor_in_a_pickle_of_any_protocol(tmp_path: Path) -> None:
    """What is refused above is refused for what is wrong with it."""
    right = zipped(tmp_path / "a.pth", START + TENSOR % (STORAGE % 4, 4), {"data/0": bytes(16)})
    torch.save({"a": torch.zeros(2, 3)}, tmp_path / "b.pth", pickle_protocol=4)

    for path, shape in ((right, (4,)), (str(tmp_path / "b.pth"), (2, 3))):
        (tensor,) = read_state_dict(path).tensors
        assert tensor[:3] == ("a", shape, "float32")


def test_formats_of_tensors(tmp_path: Path) -> None:
    """Those with a storage class of their own, and those without; parameters, views and scalars."""
    tensors = {
        str(dtype): torch.zeros(3, dtype=dtype) for dtype in (torch.bfloat16, torch.bool, torch.float8_e4m3fn)
    }
    tensors |= {
        "parameter": torch.nn.Parameter(torch.zeros(2)),
        "view": torch.zeros(4, 3).t()[1:],
        "scalar": torch.tensor(1),
    }
    for settings in ({}, {"_use_new_zipfile_serialization": False}):
        torch.save(tensors, tmp_path / "a.pth", **settings)
        held = read_state_dict(str(tmp_path / "a.pth"))

        assert [(tensor.name, tensor.shape, f"torch.{tensor.dtype}") for tensor in held.tensors] == [
            (name, tuple(tensor.shape), str(tensor.dtype)) for name, tensor in tensors.items()
        ]


def test_archives_that_torch_save_did_not_write(tmp_path: Path) -> None:
    """A compressed pickle may be any size; a TorchScript archive is a program; a zip may hold anything."""
    (tmp_path / "bomb").mkdir()
    bomb = zipped(tmp_path / "bomb" / "a.pth", b"N" * 150_000_000 + b".", compressed=True)
    script = zipped(tmp_path / "script.pth", START + b"Ns.", {"constants.pkl": b"N."})
    with zipfile.ZipFile(tmp_path / "zip.pth", "w") as archive:
        archive.writestr("readme.txt", "nothing")

    assert Path(bomb).stat().st_size < 400_000
    for path, message in (
        (bomb, "is compressed"),
        (script, "a TorchScript archive"),
        ("zip.pth", "it has no data.pkl"),
    ):
        with pytest.raises(InputError, match=message):
            read_state_dict(str(tmp_path / path))


def test_a_state_dict_is_read_without_torch(tmp_path: Path) -> None:
    """Reading a file of weights needs no torch, and takes no time for its import."""
    path = saved(tmp_path / "a.pth", state())
    read = f"from vggstat.sources.checkpoint import read_state_dict; read_state_dict({path!r})"
    code = f"import sys; {read}; print('torch' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        ({"a": {"dtype": [], "shape": [1], "data_offsets": [0, 4]}}, 4, "makes no sense"),
        ({"a": {"dtype": {}, "shape": [1], "data_offsets": [0, 4]}}, 4, "makes no sense"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [True, 4]}}, 4, "makes no sense"),
        ({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0.0, 4]}}, 4, "makes no sense"),
        (
            {"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}},
            8,
            "'a' begin after a gap of 4 bytes",
        ),
        (
            {
                name: {"dtype": "F32", "shape": [2], "data_offsets": [at, at + 8]}
                for name, at in (("a", 0), ("b", 4))
            },
            12,
            "'b' begin in the last 4 bytes of another tensor",
        ),
        (
            {"__metadata__": [], "a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}},
            4,
            "no object of texts",
        ),
    ],
)
def test_tensors_of_safetensors_stand_one_after_the_other(
    header: dict[str, Any], data: int, message: str, tmp_path: Path
) -> None:
    """The format allows neither overlap nor gap, and its fields have types."""
    with pytest.raises(InputError, match=message):
        read_state_dict(safetensors(tmp_path / "a.safetensors", header, data))


def test_a_file_of_very_many_layers_is_near_to_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """4,900 tensors in 0.3 MB were aligned with each network for a minute."""
    header = {f"t{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(4_900)}
    path = safetensors(tmp_path / "a.safetensors", header, 0)
    start = time.monotonic()
    for words, code, said in (
        (["identify", path], 1, "none of these layers is in any of them"),
        (["verify", "A", "--against", path], 2, "A has 11: nothing is near"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(words)

        assert stop.value.code == code
        written = capsys.readouterr()
        assert said in " ".join((written.out + written.err).split())
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_more_tensors_than_any_network_has(name: str, tmp_path: Path) -> None:
    """They are counted before anything is made of them."""
    path = tmp_path / name
    if name == "a.pth":
        torch.save({f"t{i}": torch.zeros(0) for i in range(5_001)}, path)
    else:
        entry = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
        safetensors(path, {f"t{i}": entry for i in range(5_001)}, 0)
    with pytest.raises(InputError, match="more than 5,000 tensors"):
        read_state_dict(str(path))


def _crafted(kind: str, file: Any, h5py: Any) -> None:
    match kind:
        case "dangling":
            file["layers/x"] = h5py.SoftLink("/nowhere")
        case "looping":
            file["layers/x"] = h5py.SoftLink("/layers/x")
        case "external":
            file["layers/x"] = h5py.ExternalLink("other.h5", "/")
        case "listed external":
            file.attrs["layer_names"] = [b"x"]
            file["x"] = h5py.ExternalLink("other.h5", "/")
        case "listed deep":
            file.attrs["layer_names"] = [b"x"]
            file.create_group("x").attrs["weight_names"] = [b"y/z"]
            file["x/y"] = h5py.SoftLink("/")
            file["z"] = [1.0]
        case "scalar names":
            file.attrs["layer_names"] = "conv"
        case "numbers":
            file.attrs["layer_names"] = [1, 2]
        case "twice":
            file.attrs["layer_names"] = [b"x", b"x"]
        case "empty names":
            file.attrs["layer_names"] = h5py.Empty("f4")
        case "no text":
            file.attrs["layer_names"] = [b"\xff\xfe"]
            file.create_group("x")
        case "dataset":
            file.attrs["layer_names"] = [b"x"]
            file["x"] = [1.0]
        case "model_weights":
            file["model_weights"] = [1.0]
        case "empty":
            file["x"] = h5py.Empty("f4")
        case "raw":
            file.create_dataset("x", shape=(4,), dtype="f4", external=[("/etc/passwd", 0, 16)])
        case "virtual":
            layout = h5py.VirtualLayout(shape=(4,), dtype="f4")
            layout[:] = h5py.VirtualSource("other.h5", "x", shape=(4,))
            file.create_virtual_dataset("x", layout)
        case "type":
            file["x"] = np.dtype("f4")
        case "deep":
            file["/".join("g" * 100)] = [1.0]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("dangling", "'x' is a link, which Keras does not write"),
        ("looping", "'x' is a link"),
        ("external", "'x' is a link"),
        ("listed external", "'x' is a link"),
        ("listed deep", "'y/z' is a link"),
        ("scalar names", "layer_names is no list of names"),
        ("twice", "layer_names has 'x' twice"),
        ("empty names", "layer_names is no list of names"),
        ("numbers", "layer_names has an entry that is no name"),
        ("no text", "layer_names has an entry that is no name"),
        ("dataset", "the layer 'x' is no group"),
        ("model_weights", "model_weights is no group"),
        ("empty", "'x' holds nothing"),
        ("raw", "'x' has its values in other files"),
        ("virtual", "'x' has its values in other files"),
        ("type", "'x' is no dataset"),
        ("deep", "nested more than 64 deep"),
    ],
)
def test_keras_files_with_what_keras_does_not_write(kind: str, message: str, tmp_path: Path) -> None:
    """Links out of a file and within it, lists that are none, things of another kind: never followed, always told."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret/vars/0"] = [1.0, 2.0]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        _crafted(kind, file, h5py)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        read_state_dict(str(tmp_path / "a.h5"))

    assert "secret" not in str(caught.value)


def test_a_group_with_many_names_is_gone_through_once(tmp_path: Path) -> None:
    """A hard link makes a group a member of itself: it ends all the same."""
    h5py = pytest.importorskip("h5py")
    path = keras_file(tmp_path / "a.weights.h5", state(), version=3)
    once = read_state_dict(path).tensors
    with h5py.File(path, "r+") as file:
        file["layers/again"] = file["layers"]

    assert read_state_dict(path).tensors == once


def test_broken_checkpoints_end_in_words() -> None:
    """A small run of the fuzzer; the large one is ``python -m tests.benchmarks.fuzz_checkpoints``."""
    pytest.importorskip("h5py")
    from tests.benchmarks import fuzz_checkpoints

    tally = fuzz_checkpoints.fuzz(runs=250, seed=1)

    assert tally.failures == []
    assert tally.counts["read"] > 10
    assert tally.counts["refused"] > 100


ELSEWHERE: dict[str, Callable[[str, bool], str]] = {
    "Flax's collections": lambda name, kept: f"{'batch_stats' if kept else 'params'}.{name}",
    "a word for buffers": lambda name, kept: f"buffers.{name}" if kept else name,
    "a module inside": lambda name, kept: re.sub(r"\.(\w+)$", r".stats.\1", name) if kept else name,
}


@pytest.mark.parametrize("renamed", ELSEWHERE.values(), ids=ELSEWHERE)
@pytest.mark.parametrize("name", ["ResNet-18", "MobileNetV2", "DenseNet-121"])
def test_statistics_may_stand_under_names_of_their_own(
    name: str, renamed: Callable[[str, bool], str]
) -> None:
    """A batch norm's statistics are no second norm: they go with the scale and shift of as many channels."""
    tensors = tuple(
        tensor._replace(name=renamed(f"model.own.{tensor.name}", ".running_" in tensor.name))
        for tensor in held_by(name).tensors
        if not tensor.name.endswith("num_batches_tracked")
    )
    found = identified(StateDict(origin="x", format="f", layout="torch", tensors=tensors))
    norms = sum(row.kind == "bn" for row in report_of(name).rows)

    assert (found.agrees, found.report and found.report.name) == (True, name)
    assert found.subject.layers.norms == norms
    assert found.subject.parameters == report_of(name).total.params


def test_what_agrees_in_its_weights_alone_is_not_called_far() -> None:
    """Norms whose tensors are called g, b, m and v are not known for norms: 20 of them, with 80 vectors."""
    roles = {"weight": "g", "bias": "b", "running_mean": "m", "running_var": "v"}
    tensors = [
        tensor._replace(name=f"{owner}.{roles[role]}") if len(tensor.shape) == 1 and owner != "fc" else tensor
        for tensor in held_by("ResNet-18").tensors
        for owner, _, role in (tensor.name.rpartition("."),)
        if role in roles
    ]
    found = identified(StateDict(origin="x", format="f", layout="torch", tensors=tuple(tensors)))

    assert not found.is_near
    assert (
        a_page(found)
        .replace("\n ", " ")
        .startswith(
            " x is none of the networks that ship: 21 of 21 weight layers have the shapes of ResNet-18's, but too much else differs"
        )
    )
