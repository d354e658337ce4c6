"""The datasheet file: every figure has a source, and no figure is guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vggstat.cost import devices as module
from vggstat.cost.devices import datasheet_of, devices, find_device
from vggstat.cost.workload import find_dtype
from vggstat.errors import UsageError

WANTED = ("h100", "h200", "a100", "l4", "l40s", "rtx3090", "rtx4090", "rtx5090")


def test_the_well_known_devices_are_there() -> None:
    """Those that issue 5 names, each in four formats."""
    for name in WANTED:
        assert set(find_device(name).tflops) == {"bf16", "fp16", "tf32", "fp32"}


def test_every_cell_has_a_source_and_is_dense() -> None:
    """The source is one of the file's, and a halved figure says what it is half of."""
    data = json.loads(Path(module.__file__).with_name("devices.json").read_text())
    for device in data["devices"]:
        for name, cell in {**device["tflops"], "copy": device["gb_per_s"]}.items():
            assert cell["source"] in data["sources"], (device["name"], name)
            assert float(cell["value"]) > 0
            if "with sparsity" in cell.get("note", ""):
                stated = float(cell["note"].split()[0].replace(",", ""))
                assert stated == 2 * float(cell["value"]), (device["name"], name)


@pytest.mark.parametrize("device", devices(), ids=lambda device: device.name)
def test_figures_hang_together(device: module.Datasheet) -> None:
    """bf16 is as fast as fp16 and about twice tf32, and nothing is slower than strict fp32."""
    rate = {name: stated.number for name, stated in device.tflops.items()}

    assert rate["bf16"] == rate["fp16"]
    assert rate["bf16"] / rate["tf32"] == pytest.approx(2, rel=0.02)
    assert rate["fp32"] <= rate["tf32"]


def test_figures_that_are_quoted_elsewhere() -> None:
    """H200: 989 TFLOP/s dense and 4.8 TB/s; RTX 5090: 209.5 with float32 accumulation."""
    h200 = find_device("H200").ceilings(find_dtype("bf16"))

    assert (round(h200.flops_per_s / 1e12, 1), h200.bytes_per_s) == (989.5, 4.8e12)
    assert find_device("RTX 5090").tflops["bf16"].value == "209.5"
    assert "1,979 with sparsity" in h200.flops_source


def test_only_whole_names_are_recognized() -> None:
    """torch's name is compared whole: a Ti, a Max-Q or a MIG slice is another device."""
    assert datasheet_of("NVIDIA H200") is find_device("h200")
    for name in ("NVIDIA GeForce RTX 3090 Ti", "NVIDIA H200 MIG 1g.18gb", "Tesla T4", ""):
        assert datasheet_of(name) is None


@pytest.mark.parametrize(
    ("word", "message"), [("h300", "no datasheet on file for 'h300'"), ("", "no datasheet")]
)
def test_unknown_devices(word: str, message: str) -> None:
    """The message names what is on file."""
    with pytest.raises(UsageError, match=message):
        find_device(word)


def test_a_format_without_a_figure() -> None:
    """What is not on file is not derived from what is."""
    with pytest.raises(UsageError, match="no dense rate in int8"):
        find_device("h200").ceilings(find_dtype("int8"))
